"""The bench: what is measured, by whom, and how. ``run.py`` beside this package is its command."""
