"""The oracle: the responses that are expected of the target, learnt from its own responses."""
