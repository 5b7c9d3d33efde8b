"""The command ``twinwire``: finds its subcommands through the entry-point group and runs one."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from twinwire import __version__, tree
from twinwire.commands import GROUP, Command
from twinwire.errors import SpecError, TwinwireError
from twinwire.pipeline import DEFAULT_OUT, DEFAULT_SPEC, Generated
from twinwire.pipeline import generate as run_pipeline
from twinwire.spec import check, load

MAX_DIFF_LINES = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 differs or not certified, 2 wrong usage, 3 inconclusive."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name in a spec or an answer may hold what the terminal's encoding does not.
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
        # The reader of our output has gone, as `| head` does; there is nobody left to tell.
        sys.stderr.close()
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"twinwire {command.name}: {where}{error.strerror or error}", file=sys.stderr)
        return 2


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
    # The suite and its libraries take a second to import, so a command that is named is loaded alone.
    named = [point for point in points if point.name in wanted]
    commands: list[Command] = [point.load() for point in named or points]
    return sorted(commands, key=lambda item: (item.order, item.name))


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


def _configure_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", nargs="?", type=Path, default=DEFAULT_SPEC, help="a spec file (%(default)s)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=DEFAULT_OUT, help="where the SDK project goes (%(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when DIR is not what would be written")
    parser.add_argument("--http", choices=("httpx", "httpx2"), default="httpx", help="the SDK's HTTP library (%(default)s)")


def _generate(args: argparse.Namespace) -> int:
    done = run_pipeline(args.spec, args.out, http=args.http, check=args.check)
    for line in _check_lines(done) if args.check else _write_lines(done):
        print(line)
    return int(args.check and bool(done))


def _write_lines(done: Generated) -> Iterator[str]:
    changes = done.changes
    for verb, paths in (("wrote", changes.missing), ("rewrote", changes.edited), ("removed", changes.stale)):
        yield from (f"{verb} {done.root / path}" for path in paths)
    yield from (f"left alone {done.root / path}, which is not generated" for path in changes.foreign)
    if done.copy:
        yield f"rewrote {done.copy}"
    written = len(changes.missing) + len(changes.edited)
    yield f"{done.root}: {written} written, {len(changes.stale)} removed, {changes.unchanged} unchanged"


def _check_lines(done: Generated) -> Iterator[str]:
    changes = done.changes
    for word, paths in (("missing", changes.missing), ("stale", (*changes.stale, *changes.foreign))):
        yield from (f"{word}: {done.root / path}" for path in paths)
    for path in changes.edited:
        yield f"edited: {done.root / path}"
        lines = tree.unified(done.root, done.artifacts, path, done.source)
        yield from (f"    {line:.160}" for line in lines[:MAX_DIFF_LINES])
        if len(lines) > MAX_DIFF_LINES:
            yield f"    ... and {len(lines) - MAX_DIFF_LINES} more lines"
    if done.copy:
        yield f"edited: {done.copy} is not a copy of the spec"
    yield f"{done.root}: differs; run twinwire generate" if done else f"{done.root}: current, {changes.unchanged} files"


generate = Command("generate", "write the SDK project and the schemas of a spec", _configure_generate, _generate, order=20)
