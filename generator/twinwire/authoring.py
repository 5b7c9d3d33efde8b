"""The subcommands ``validate`` and ``generate``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from twinwire import tree
from twinwire.commands import Command
from twinwire.errors import Problem, SpecError, listing
from twinwire.pipeline import DEFAULT_OUT, DEFAULT_SPEC, Generated
from twinwire.pipeline import generate as run_pipeline
from twinwire.spec.check import review
from twinwire.spec.source import load

# Enough to recognise a change; `git diff` shows the rest.
MAX_DIFF_LINES = 20


def _configure_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a spec file: OpenAPI 3.1 with x-feed, YAML or JSON")


def _validate(args: argparse.Namespace) -> int:
    bad = 0
    for path in args.specs:
        warnings: list[Problem] = []
        try:
            report = review(load(path))
            problems, warnings = report.problems, report.warnings
        except SpecError as error:
            problems = error.problems
        # Warnings are about the use of a spec, so a spec with problems has none.
        for line in listing(problems) if problems else listing(warnings, "warning"):
            print(line)
        bad += bool(problems)
    return 2 if bad else 0


validate = Command("validate", "print the problems and warnings of specs, or nothing", _configure_validate, _validate, order=10)


def _configure_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", nargs="?", type=Path, default=DEFAULT_SPEC, help="a spec file (%(default)s)")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=DEFAULT_OUT, help="the directory of the SDK project (%(default)s)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if DIR differs from the output")
    parser.add_argument("--http", choices=("httpx", "httpx2"), default="httpx", help="the SDK's HTTP library (%(default)s)")


def _generate(args: argparse.Namespace) -> int:
    done = run_pipeline(args.spec, args.out, http=args.http, check=args.check)
    if done.ignored:
        noun = "keyword is" if done.ignored == 1 else "keywords are"
        print(f"{args.spec}: {done.ignored} {noun} ignored; twinwire validate lists them", file=sys.stderr)
    for line in _check_lines(done) if args.check else _write_lines(done):
        print(line)
    # Without --check the differences have just been written, so they are not a failure.
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
