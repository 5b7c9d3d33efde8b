"""Decode a spec file with positions, and check it."""
