"""The behaviour of every generated SDK: copied into each beside its data, and never imported by twinwire itself."""
