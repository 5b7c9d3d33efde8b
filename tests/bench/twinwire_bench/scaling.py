"""Section: how the cost of decoding grows, in time and in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import product_images
from twinwire_bench import values
from twinwire_bench.measure import Cell, Timing, measure
from twinwire_bench.pages import Page, images_page
from twinwire_bench.project import run_python
from twinwire_bench.report import Table, times
from twinwire_bench.values import require_equal

SMALL, USUAL = "50 products, images of 20 kB", "500 products, images of 20 kB"
LARGE, HUGE = "10 products, images of 2 MB", "one image of 100 MB"
DECODERS: Mapping[str, Callable[[bytes], Any]] = {"JSON": product_images.decode_json, "XML": product_images.decode_xml}
PAGES: Mapping[str, Callable[[], Page]] = {
    USUAL: images_page,
    SMALL: partial(images_page, 50),
    LARGE: partial(images_page, 10, 2_000_000),
    HUGE: partial(images_page, 1, 100_000_000, 1),
}
NOTE = (
    "Ours alone; in brackets the ratio to the page of 500 products. The memory is that of a process that reads the page from "
    "a file and decodes it: what was allocated at most, as tracemalloc counts, over the size of the page and of its images."
)
# The operating system's own count begins, for a child, with what its parent had.
PEAK = """
import sys, tracemalloc
from product_images import decode_json, decode_xml
decode = {"JSON": decode_json, "XML": decode_xml}[sys.argv[2]]
tracemalloc.start()
with open(sys.argv[1], "rb") as file:
    result = decode(file.read())
print(tracemalloc.get_traced_memory()[1])
"""


def run(workdir: Path, cap: float) -> Table:
    """Check that the pages' values come out, then time them, and weigh the usual one."""
    cells: list[Cell] = []
    sizes: dict[tuple[str, str], int] = {}
    found: dict[str, str] = {}
    for row, make in PAGES.items():
        page = make()
        for column, decode in DECODERS.items():
            body = page.json if column == "JSON" else page.xml
            require_equal(f"{row}, {column}", values.of_objects(decode(body)), page.values)
            cells.append(Cell(row, column, partial(decode, body)))
            sizes[row, column] = len(body)
            if row == USUAL:
                found[f"peak memory, {column}"] = _peak(workdir / "page", column, body, page)
    timings = measure(cells, cap)
    for column in DECODERS:
        found |= growth(timings, sizes, column)
    return Table("Decoding pages of other sizes", NOTE, USUAL, tuple(PAGES), tuple(DECODERS), timings, ("pybase64",), found)


def _peak(file: Path, column: str, body: bytes, page: Page) -> str:
    file.write_bytes(body)
    held = len(body) + sum(len(image.content) for product in page.values.products for image in product.images)
    return times(int(run_python(PEAK, str(file), column)) / held)


def growth(timings: Mapping[tuple[str, str], Timing], sizes: Mapping[tuple[str, str], int], column: str) -> dict[str, str]:
    """Return how the time per byte changes with ten times the products, and with a hundred times the bytes of an image."""

    def per_byte(row: str) -> float:
        return timings[row, column].best / sizes[row, column]

    return {
        f"time per byte at 500 products over that at 50, {column}": times(per_byte(USUAL) / per_byte(SMALL)),
        f"time per byte with images of 2 MB over that with 20 kB, {column}": times(per_byte(LARGE) / per_byte(USUAL)),
    }
