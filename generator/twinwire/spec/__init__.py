"""The spec: reading it with positions, and checking it."""
