"""Section: what it costs to import the generated SDK, in an interpreter of its own each time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twinwire_bench.errors import BenchError
from twinwire_bench.measure import Cell, Timing, measure
from twinwire_bench.project import run_python
from twinwire_bench.report import Table, milliseconds

BARE, MODELS = "nothing", "product_images.models"
COLUMN = "a new interpreter"
STATEMENTS = {
    MODELS: "import product_images.models",
    BARE: "pass",
    "msgspec": "import msgspec",
    "the codecs": "from product_images import decode_json, decode_xml",
    "the clients, and with them the HTTP library": "from product_images import Client",
}
NOTE = "Bytecode is compiled before. msgspec is what the models are made of; the HTTP library loads with the first client."


def run(workdir: Path, cap: float) -> Table:
    """Time the imports, and check that the models do without the HTTP library."""
    loaded = run_python(f"{STATEMENTS[MODELS]}; import sys; print(*sys.modules)").split()
    if "httpx" in loaded:
        raise BenchError(f"{STATEMENTS[MODELS]} brings in the HTTP library")
    timings = measure([Cell(row, COLUMN, partial(run_python, code)) for row, code in STATEMENTS.items()], cap)
    return Table("Importing", NOTE, MODELS, tuple(STATEMENTS), (COLUMN,), timings, ("msgspec", "httpx"), figures(timings))


def figures(timings: dict[tuple[str, str], Timing]) -> dict[str, str]:
    """Return what the models cost over a bare interpreter."""
    seconds = timings[MODELS, COLUMN].best - timings[BARE, COLUMN].best
    return {f"{MODELS} over a bare interpreter": milliseconds(max(seconds, 0.0))}
