"""The type of a subcommand. Packages register theirs in the entry-point group ``twinwire.commands``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

GROUP = "twinwire.commands"


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand of ``twinwire``.

    ``configure`` declares its arguments, and ``run`` executes it and returns the exit code. ``run`` may raise TwinwireError:
    the command line prints it as one line and exits with its code. ``order`` sorts the commands in the help text.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    order: int = 50
