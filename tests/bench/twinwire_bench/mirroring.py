"""Section: the images of a feed from a server to a directory, by `python -m product_images mirror` and by aria2c."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from twinwire_bench.errors import BenchError, SkippedError, WrongValuesError
from twinwire_bench.measure import Cell, Timing, measure
from twinwire_bench.project import COMPILED, sdk_environment, served
from twinwire_bench.report import Table

OURS = "python -m product_images mirror --parallel 8"
PEER = "aria2c -j8, from the feed to the disk"
BARE = "aria2c -j8 alone"
# Entries and the bytes of an image; an entry has about two images.
SIZES = {"300 products, images of 20 kB": (300, 20_000), "20 products, images of 2 MB": (20, 2_000_000)}
NOTE = (
    "Whole commands with eight connections, each into a new directory, from one server in a process of its own, on loopback. "
    "All must have the same files in the end, byte by byte. The mirror reads the feed, keeps a manifest and synchronises each "
    "file with the disk. To aria2c the first of its rows adds what it lacks of that: the links are read from the feed, and the "
    "files synchronised, eight at a time; a manifest, checks and directories of its own it has not. Removing the directory of "
    "the round before is no longer measured: it is no part of the work, and ext4 takes longer to make files after many were "
    "removed. The mirror runs in an environment of the SDK and what it requires: the bench's own holds click and rich, and "
    "where they are, httpx loads its command line. The server answers one request at a time and takes half of aria2c's time "
    "for images of 20 kB and most of it for those of 2 MB, so that no client can be much faster there."
)
_SYNCHRONISERS = 8


def run(workdir: Path, cap: float) -> Table:
    """Time both on the same server. Raises SkippedError where aria2c is not installed."""
    peer = shutil.which("aria2c")
    if peer is None:
        raise SkippedError("aria2c is not installed, and is what the mirror is compared with")
    timings: dict[tuple[str, str], Timing] = {}
    python = sdk_environment(workdir / "sdk")
    for column, (products, size) in SIZES.items():
        with served("--products", str(products), "--image-bytes", str(size)) as url:
            scratch = workdir / str(size)
            scratch.mkdir()
            links = scratch / "links"
            links.write_text(link_list(url), encoding="utf-8")
            targets = (scratch / str(number) for number in itertools.count())
            ways: dict[str, Callable[[], Path]] = {
                OURS: partial(_mirror, python, url, targets),
                PEER: partial(_fetch_from_feed, peer, url, targets),
                BARE: partial(_fetch, peer, links, targets),
            }
            _require_equal({row: way() for row, way in ways.items()})
            timings |= measure([Cell(row, column, way, _empty) for row, way in ways.items()], 2 * cap)
        shutil.rmtree(scratch)
    return Table("Mirroring images", NOTE, OURS, (OURS, PEER, BARE), tuple(SIZES), timings, ("httpx",))


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


def _mirror(python: Path, url: str, targets: Iterator[Path]) -> Path:
    target = next(targets)
    options = ["--mode", "URL", "--parallel", "8", "--allow-private", "--count", "500", "--quiet"]
    _command([str(python), "-m", "product_images", "mirror", url, str(target), *options])
    return target


def _fetch_from_feed(peer: str, url: str, targets: Iterator[Path]) -> Path:
    links = next(targets)
    links.write_text(link_list(url), encoding="utf-8")
    target = _fetch(peer, links, targets)
    with ThreadPoolExecutor(_SYNCHRONISERS) as pool:
        list(pool.map(_synchronise, target.iterdir()))
    _synchronise(target)
    return target


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fetch(peer: str, links: Path, targets: Iterator[Path]) -> Path:
    target = next(targets)
    _command([peer, "-q", "-j8", "--no-conf", "-i", str(links), "-d", str(target)])
    return target


def _command(command: list[str]) -> None:
    done = subprocess.run(command, env=COMPILED, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise BenchError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")


def _empty(directory: Path) -> None:
    """Give back the space of a directory's files, and keep the files: see the note."""
    for path in directory.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)


def _require_equal(directories: dict[str, Path]) -> None:
    found = {row: contents(directory) for row, directory in directories.items()}
    ours = found[OURS]
    for row, theirs in found.items():
        if not ours or ours != theirs:
            raise WrongValuesError(f"{OURS} has {ours.total()} files and {row} {theirs.total()}, or other bytes in them")


def contents(directory: Path) -> Counter[str]:
    """Return the hashes of the images in a directory, and how often each is there."""
    found = (path for path in directory.rglob("*") if path.is_file() and ".mirror" not in path.parts)
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in found)
