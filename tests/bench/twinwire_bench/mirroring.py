"""Section: the images of a feed from a server to a directory, by `python -m product_images mirror` and by aria2c."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from twinwire_bench.errors import BenchError, SkippedError, WrongValuesError
from twinwire_bench.measure import Cell, Timing, measure
from twinwire_bench.project import COMPILED, served
from twinwire_bench.report import Table

OURS = "python -m product_images mirror --parallel 8"
PEER = "aria2c -j8"
# Entries and the bytes of an image; an entry has about two images.
SIZES = {"300 products, images of 20 kB": (300, 20_000), "20 products, images of 2 MB": (20, 2_000_000)}
NOTE = (
    "Whole commands, with the removal of the directory of the round before, from one server in a process of its own, on "
    "loopback. The mirror also reads the feed, keeps a manifest and synchronises each file with the disk; aria2c is given the "
    "list of the links. Both must have the same files in the end, byte by byte."
)


def run(workdir: Path, cap: float) -> Table:
    """Time both on the same server. Raises SkippedError where aria2c is not installed."""
    peer = shutil.which("aria2c")
    if peer is None:
        raise SkippedError("aria2c is not installed, and is what the mirror is compared with")
    timings: dict[tuple[str, str], Timing] = {}
    for column, (products, size) in SIZES.items():
        with served("--products", str(products), "--image-bytes", str(size)) as url:
            scratch = workdir / str(size)
            scratch.mkdir()
            links = scratch / "links"
            links.write_text(link_list(url), encoding="utf-8")
            ways = {OURS: partial(_mirror, url, scratch / "mirror"), PEER: partial(_fetch, peer, links, scratch / "aria2c")}
            _require_equal({row: way() for row, way in ways.items()})
            timings |= measure([Cell(row, column, way) for row, way in ways.items()], 2 * cap)
    return Table("Mirroring images", NOTE, OURS, (OURS, PEER), tuple(SIZES), timings, ("httpx",))


def link_list(url: str) -> str:
    """Return the links of a feed as aria2c takes them: one a line, each with the name of its file below it."""
    lines: list[str] = []
    token = ""
    while True:
        with urlopen(f"{url}/products/images?options=URL&count=500&token={token}") as answer:
            result = json.load(answer)
        links = [image["imageURL"] for product in result["product"] for image in product.get("imagesURL") or ()]
        lines += itertools.chain.from_iterable((link, f"  out={len(lines)}-{number}") for number, link in enumerate(links))
        token = result["token"]
        if not result["queuecount"]:
            return "\n".join([*lines, ""])


def _mirror(url: str, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    options = ["--mode", "URL", "--parallel", "8", "--allow-private", "--count", "500", "--quiet"]
    _command([sys.executable, "-m", "product_images", "mirror", url, str(target), *options])
    return target


def _fetch(peer: str, links: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    _command([peer, "-q", "-j8", "--no-conf", "-i", str(links), "-d", str(target)])
    return target


def _command(command: list[str]) -> None:
    done = subprocess.run(command, env=COMPILED, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise BenchError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")


def _require_equal(directories: dict[str, Path]) -> None:
    ours, peer = (contents(directory) for directory in directories.values())
    if not ours or ours != peer:
        raise WrongValuesError(f"{OURS} has {sum(ours.values())} files and {PEER} {sum(peer.values())}, or other bytes in them")


def contents(directory: Path) -> Counter[str]:
    """Return the hashes of the images in a directory, and how often each is there."""
    found = (path for path in directory.rglob("*") if path.is_file() and ".mirror" not in path.parts)
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in found)
