"""What a subcommand is. Packages offer theirs in the entry-point group ``twinwire.commands``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

GROUP = "twinwire.commands"


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: ``configure`` declares its arguments, ``run`` does it and returns the exit code.

    ``run`` may raise TwinwireError: the command line prints it as one clear line and exits with its code.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    order: int = 50
