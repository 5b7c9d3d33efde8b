"""The oracle: what the target must answer, learnt from the target itself."""
