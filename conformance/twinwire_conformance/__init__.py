"""A black-box conformance suite for paged JSON/XML feeds, driven by the spec."""
