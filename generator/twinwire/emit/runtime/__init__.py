"""The hand-written part of every generated SDK: copied into it beside the generated data, never imported by twinwire."""
