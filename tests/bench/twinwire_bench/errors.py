"""What can go wrong in a bench run."""

from __future__ import annotations


class BenchError(Exception):
    """The bench cannot measure, or cannot write what it measured; the message says why."""

    exit_code = 2


class WrongValuesError(BenchError):
    """A peer decoded a page to other values than those that were written into it."""

    exit_code = 1


class SkippedError(Exception):
    """A section has nothing to compare with on this machine; the message says why."""
