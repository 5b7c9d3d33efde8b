"""The command ``twinwire``: finds its subcommands through the entry-point group and runs one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from twinwire import __version__
from twinwire.commands import GROUP, Command
from twinwire.errors import SpecError, TwinwireError
from twinwire.spec import check, load


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 differs or not certified, 2 wrong usage, 3 inconclusive."""
    parser = _parser()
    args = parser.parse_args(argv)
    command: Command = args.command
    try:
        return command.run(args)
    except SpecError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except TwinwireError as error:
        print(f"twinwire {command.name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"twinwire {command.name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; there is nobody left to tell.
        sys.stderr.close()
        return 141


def _parser() -> argparse.ArgumentParser:
    description = "Spec-driven code generation and conformance tests for paged feeds that speak JSON and XML."
    parser = argparse.ArgumentParser(prog="twinwire", description=description)
    parser.add_argument("--version", action="version", version=f"twinwire {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    commands: list[Command] = [point.load() for point in entry_points(group=GROUP)]
    for command in sorted(commands, key=lambda item: (item.order, item.name)):
        sub = subparsers.add_parser(command.name, help=command.help, description=command.help)
        command.configure(sub)
        sub.set_defaults(command=command)
    return parser


def _configure_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a spec file: OpenAPI 3.1 with x-feed, YAML or JSON")


def _validate(args: argparse.Namespace) -> int:
    bad = 0
    for path in args.specs:
        try:
            problems = check(load(path))
        except SpecError as error:
            problems = error.problems
        for problem in problems:
            print(problem)
        bad += bool(problems)
    return 2 if bad else 0


validate = Command("validate", "print the problems of specs, or nothing", _configure_validate, _validate, order=10)
