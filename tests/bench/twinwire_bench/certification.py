"""Section: a whole run against one server, by `twinwire certify` and by schemathesis on our own spec."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path

from twinwire_bench.errors import BenchError
from twinwire_bench.measure import Cell, measure
from twinwire_bench.project import COMPILED, SCRIPTS, SPEC, served
from twinwire_bench.report import Table

OURS = "twinwire certify, standard"
QUICK = "twinwire certify, quick"
PEER = "schemathesis, all checks, 100 examples"
PEER_AFRESH = "schemathesis, likewise, in an empty directory"
COLUMN = "reference server, 1,200 products"
NOTE = (
    "The server runs in a process of its own, on loopback, and is sound: both of our profiles must certify it, else the bench "
    "stops. schemathesis is given our spec; its findings are not judged here. It keeps tables and examples in `.hypothesis` of "
    "the working directory and is about twice as fast when it finds them; a fresh checkout in CI has none, as in the last row."
)


def run(workdir: Path, cap: float) -> Table:
    """Time whole commands against one server."""
    with served("--products", "1200") as url:
        peer = ("schemathesis", "run", str(SPEC), "--url", url, "--checks", "all", "-n", "100", "--seed", "1")
        ways = {
            OURS: ("twinwire", "certify", url, "--profile", "standard", "--seed", "1"),
            QUICK: ("twinwire", "certify", url, "--profile", "quick", "--seed", "1"),
            PEER: peer,
            PEER_AFRESH: peer,
        }
        expected = {OURS: (0,), QUICK: (0,), PEER: (0, 1), PEER_AFRESH: (0, 1)}
        run_in = {PEER_AFRESH: _afresh}
        cells = [
            Cell(row, COLUMN, partial(run_in.get(row, _command), words, expected[row], workdir)) for row, words in ways.items()
        ]
        # A command takes seconds, so that three rounds of it tell more of the machine than of it.
        timings = measure(cells, 4 * cap)
        return Table("Testing a server", NOTE, OURS, tuple(ways), (COLUMN,), timings, ("schemathesis",))


def _command(words: tuple[str, ...], expected: tuple[int, ...], workdir: Path) -> None:
    name, *arguments = words
    command = [str(SCRIPTS / name), *arguments]
    done = subprocess.run(command, cwd=workdir, env=COMPILED, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode not in expected:
        raise BenchError(f"{name} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")


def _afresh(words: tuple[str, ...], expected: tuple[int, ...], workdir: Path) -> None:
    with tempfile.TemporaryDirectory(dir=workdir) as empty:
        _command(words, expected, Path(empty))
