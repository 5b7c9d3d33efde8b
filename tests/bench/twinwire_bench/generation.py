"""Section: from our spec to code on disk, by `twinwire generate` and by openapi-python-client."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import openapi_python_client as peer
from openapi_python_client.config import Config, ConfigFile, MetaType

from twinwire.errors import TwinwireError
from twinwire.pipeline import generate
from twinwire_bench.errors import BenchError
from twinwire_bench.measure import Cell, measure
from twinwire_bench.project import SPEC, run_tool
from twinwire_bench.report import Table

OURS = "twinwire generate"
PEER = "openapi-python-client generate"
PEER_BARE = f"{PEER}, no hooks"
CLIENT = "bench_openapi_client"
IN_PROCESS, COMMAND = "in one process", "as a command"
NOTE = (
    "Both read the same spec and write a whole project into an empty directory; ours also writes the XML codec, the XSD and "
    "the JSON Schema. openapi-python-client formats what it wrote by running ruff twice; *no hooks* leaves that out."
)

Way = Callable[[Path], object]


def run(workdir: Path, cap: float) -> Table:
    """Time both generators, each call into a directory of its own."""
    bare = workdir / "no-hooks.yaml"
    bare.write_text("post_hooks: []\n", encoding="utf-8")
    ways: dict[tuple[str, str], Way] = {
        (OURS, IN_PROCESS): twinwire,
        (PEER, IN_PROCESS): partial(openapi_python_client, hooks=True),
        (PEER_BARE, IN_PROCESS): partial(openapi_python_client, hooks=False),
        (OURS, COMMAND): lambda out: run_tool("twinwire", "generate", str(SPEC), "--out", str(out)),
        (PEER, COMMAND): _peer_command,
        (PEER_BARE, COMMAND): lambda out: _peer_command(out, "--config", str(bare)),
    }
    places = (workdir / f"generated-{number}" for number in itertools.count())
    cells = [Cell(*place, partial(_into_a_new_place, way, places)) for place, way in ways.items()]
    rows, columns = (OURS, PEER, PEER_BARE), (IN_PROCESS, COMMAND)
    return Table("Generating code", NOTE, OURS, rows, columns, measure(cells, cap), ("openapi-python-client", "ruff"))


def twinwire(out: Path) -> None:
    """Run our generator in this process. Raises BenchError."""
    try:
        generate(SPEC, out)
    except TwinwireError as error:
        raise BenchError(f"twinwire generate: {error}") from error


def openapi_python_client(out: Path, *, hooks: bool) -> None:
    """Run openapi-python-client in this process, with or without its formatting hooks. Raises BenchError.

    Its package is ``out / CLIENT``.
    """
    settings = ConfigFile(package_name_override=CLIENT, post_hooks=None if hooks else [])
    config = Config.from_sources(settings, MetaType.SETUP, SPEC, "utf-8", True, out)
    with contextlib.redirect_stdout(io.StringIO()):
        errors = peer.generate(config=config)
    if errors:
        raise BenchError(f"openapi-python-client: {errors[0].header} {errors[0].detail}")


def _peer_command(out: Path, *options: str) -> None:
    run_tool("openapi-python-client", "generate", "--path", str(SPEC), "--output-path", str(out), "--meta", "setup", *options)


def _into_a_new_place(way: Way, places: Iterator[Path]) -> None:
    way(next(places))
