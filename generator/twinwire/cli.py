"""The command line ``twinwire``, which loads its subcommands from an entry-point group."""

from __future__ import annotations

import argparse
import gc
import io
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from twinwire import __version__
from twinwire.commands import GROUP, Command
from twinwire.errors import SpecError, TwinwireError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        argv: The arguments without the program name; None for those of the process.

    Returns:
        The exit code: 0 success, 1 files differ or the server is not certified, 2 wrong usage, 3 inconclusive,
        130 interrupted, 141 the reader closed the pipe.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name in a spec or a response may contain characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    args = _parser(arguments[:1]).parse_args(arguments)
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
        # The reader closed the pipe, as `| head` does. Closing stderr keeps Python from reporting the failed flush.
        sys.stderr.close()
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"twinwire {command.name}: {where}{error.strerror or error}", file=sys.stderr)
        return 2


def script() -> int:
    """Run the command line as the console script and return its exit code."""
    code = main()
    # At exit Python runs a garbage collection over every object, which takes a tenth of a second and frees nothing useful.
    gc.freeze()
    return code


def _parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    description = "Spec-driven code generation and conformance tests for paged feeds that speak JSON and XML."
    parser = argparse.ArgumentParser(prog="twinwire", description=description)
    parser.add_argument("--version", action="version", version=f"twinwire {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _commands(wanted):
        sub = subparsers.add_parser(command.name, help=command.help, description=command.help)
        command.configure(sub)
        sub.set_defaults(command=command)
    return parser


def _commands(wanted: Sequence[str]) -> list[Command]:
    points = entry_points(group=GROUP)
    # The conformance kit and its libraries take a second to import, so a named command is loaded alone.
    named = [point for point in points if point.name in wanted]
    commands: list[Command] = [point.load() for point in named or points]
    return sorted(commands, key=lambda item: (item.order, item.name))
