"""`make bench`: measures the generated SDK and the generator against their peers, in one run, as ratios."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from twinwire_bench.errors import BenchError, SkippedError
from twinwire_bench.project import SCRIPTS
from twinwire_bench.report import PAGE, Table, document, facts, replace_between_markers
from twinwire_bench.sections import SECTIONS


def main() -> int:
    """Run the sections and return the exit code: 0 measured, 1 a peer yields wrong values, 2 wrong usage."""
    arguments = _parser().parse_args()
    # Peers run the `ruff` that the path finds; in a virtual environment that is not activated it finds none.
    os.environ["PATH"] = f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        if arguments.update:
            # Better to hear of a missing marker now than after minutes of measuring.
            _with_tables(arguments.update, "")
        tables = _tables(arguments.section or list(SECTIONS), arguments.cap)
        if tables:
            print(facts(tables))
        if arguments.json:
            arguments.json.write_text(json.dumps(_results(tables), indent=2) + "\n", encoding="utf-8")
        if arguments.update:
            arguments.update.write_text(_with_tables(arguments.update, document(tables)), encoding="utf-8")
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, BenchError) else 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--section", action="append", choices=list(SECTIONS), help="measure only this section; may be repeated")
    parser.add_argument(
        "--cap", type=float, default=3.0, metavar="S", help="seconds to spend on each cell (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument(
        "--update",
        type=Path,
        nargs="?",
        const=PAGE,
        metavar="FILE",
        help="replace the tables between the bench markers of a file (default: docs/benchmarks.md)",
    )
    return parser


def _tables(names: list[str], cap: float) -> list[Table]:
    tables: list[Table] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            try:
                tables.append(SECTIONS[name](Path(scratch), cap))
            except SkippedError as error:
                print(f"skipped {name}: {error}", end="\n\n", flush=True)
                continue
        # At once, so that a section that fails does not take the others' figures with it.
        print(tables[-1].markdown(), end="\n\n", flush=True)
    return tables


def _with_tables(path: Path, content: str) -> str:
    return replace_between_markers(path.read_text(encoding="utf-8"), content)


def _results(tables: list[Table]) -> dict[str, object]:
    return {"facts": facts(tables), "sections": [table.json() for table in tables]}


if __name__ == "__main__":
    sys.exit(main())
