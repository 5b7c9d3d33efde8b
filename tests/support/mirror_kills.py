"""A mirror that is killed at random moments, again and again, and what must hold after each of them.

    python tests/support/mirror_kills.py --kills 200

A reference server runs here, with a feed that changes meanwhile; the mirror runs in a process of its own, in both modes
and by both clients by turns, and is sent SIGKILL. When a run gets through, the feed is held still, one more run must
find everything, and the next round begins in an empty directory.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx

from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

_ASYNCHRONOUS = """
import asyncio, sys
from product_images import AsyncClient, mirror_async

async def main(url, directory, mode, count):
    async with AsyncClient(url) as client:
        await mirror_async(client, directory, mode=mode, count=int(count), parallel=3, prefetch=1)

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Clock:
    """The clock of a feed, which can be held."""

    held: float | None = None

    def __call__(self) -> float:
        return time.monotonic() if self.held is None else self.held

    def hold(self) -> None:
        self.held = time.monotonic()


@dataclass
class Tally:
    """What happened: kills, those of them after which a lot was stored, runs that got through, and images compared."""

    kills: int = 0
    after_progress: int = 0
    half_done: int = 0
    rounds: int = 0
    images: int = 0
    asked: list[str | None] = field(default_factory=list)
    first_asked: float = 0.0


def state(directory: Path) -> tuple[str | None, list[sqlite3.Row], set[str]]:
    """Return the token, the images and the announced files of a manifest; nothing where there is none yet."""
    path = directory / ".mirror/manifest.sqlite"
    if not path.exists():
        return None, [], set()
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None, [], set()
        (token,) = db.execute("SELECT token FROM mirror").fetchone()
        removals = {row[0] for row in db.execute("SELECT path FROM removals")}
        return token, db.execute("SELECT * FROM images").fetchall(), removals


def files(directory: Path) -> dict[str, bytes]:
    """Return the images in a directory by path, without the mirror's own files."""
    found = (path for path in directory.rglob("*") if path.is_file())
    relative = {path.relative_to(directory).as_posix(): path for path in found}
    return {name: path.read_bytes() for name, path in relative.items() if not name.startswith(".mirror/")}


def check_interrupted(directory: Path, tally: Tally) -> str | None:
    """Check what must hold at any moment: the manifest is whole, its files are there, and no file is unaccounted for."""
    token, rows, announced = state(directory)
    there = files(directory)
    assert len({row["path"] for row in rows}) == len(rows)
    for row in rows:
        content = there.pop(row["path"])
        # The reference server's images do not change, so a file that is written again is the same.
        assert (row["size"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest()), row["path"]
    assert set(there) <= announced, set(there) - announced
    tally.half_done += bool(there)
    return token


def expected(url: str) -> Iterator[tuple[str, int, str, bytes]]:
    """Yield every image of the feed, as a plain client reads it: entry, sequence, file name, bytes."""
    token = ""
    while True:
        result: dict[str, Any] = json.loads(
            httpx.get(f"{url}/products/images", params={"token": token, "count": 500}).raise_for_status().content
        )
        for product in result["product"]:
            for image in (product.get("images") or {}).get("image") or ():
                content = base64.b64decode(image["binaryimage"])
                yield str(product["product_id"]), image["sequence"], image["imagefilename"], content
        token = result["token"]
        if not result["queuecount"]:
            return


def check_complete(directory: Path, url: str) -> int:
    """Check that manifest and files are what the feed holds, each image once, and return how many they are."""
    _, rows, announced = state(directory)
    there = files(directory)
    assert not announced
    manifest = [(row["entry"], row["position"], row["filename"], there.pop(row["path"])) for row in rows]
    assert not there
    assert sorted(manifest) == sorted(expected(url))
    assert not any((directory / ".mirror/tmp").iterdir())
    return len(manifest)


def run(kills: int, *, seed: int = 0, products: int = 400, live: float = 20.0) -> Tally:
    """Kill mirrors so many times. Raises AssertionError as soon as something does not hold."""
    draw, tally, clock = random.Random(seed), Tally(), Clock()
    app = create_app(packaged_contract(), products=products, live=live, latency_ms=3, images=True, clock=clock)

    async def logged(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/products/images":
            query = parse_qs(scope["query_string"].decode())
            tally.first_asked = tally.first_asked or time.monotonic()
            tally.asked.append(query.get("token", [None])[0])
        await app(scope, receive, send)

    with running(logged) as url:
        before, while_asking = _measure(url, tally)

        def delay() -> float:
            # Now and then before it has begun, when the manifest is just being made.
            return draw.uniform(0.1, before) if draw.random() < 0.2 else before + draw.uniform(0, while_asking / 2)

        while tally.kills < kills:
            clock.held = None
            with tempfile.TemporaryDirectory() as folder:
                _round(Path(folder), url, draw, tally, clock, delay, kills)
    return tally


def _measure(url: str, tally: Tally) -> tuple[float, float]:
    """Return how long a run takes until it asks, and from then on, on this machine as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        assert _start(url, Path(folder), "URL", 10).wait() == 0
        return tally.first_asked - started, time.monotonic() - tally.first_asked


def _round(
    directory: Path, url: str, draw: random.Random, tally: Tally, clock: Clock, delay: Callable[[], float], kills: int
) -> None:
    token: str | None = None
    while tally.kills < kills:
        mode, count = draw.choice(["binary", "URL"]), draw.choice([3, 4, 10, 15, 25])
        tally.asked.clear()
        process = _start(url, directory, mode, count)
        try:
            code = process.wait(delay())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            tally.kills += 1
            before, token = token, check_interrupted(directory, tally)
            tally.after_progress += token != before
            _check_asked(before, token, tally.asked)
        else:
            assert code == 0, code
            break
    clock.hold()
    assert _start(url, directory, "binary", 50).wait() == 0
    tally.images += check_complete(directory, url)
    tally.rounds += 1


def _check_asked(before: str | None, after: str | None, asked: list[str | None]) -> None:
    """A run begins where the manifest says, goes forward only, and stores only what the lots it asked for led to."""
    numbers = [int(token or 0) for token in asked]
    assert not asked or asked[0] == before, (before, asked)
    assert numbers == sorted(set(numbers)), asked
    assert int(before or 0) <= int(after or 0)
    # What is stored is what some lot was asked with next, or the token of the last lot that was asked for.
    assert after == before or after in asked[1:] or int(after or 0) > numbers[-1], (before, after, asked)


def _start(url: str, directory: Path, mode: str, count: int) -> subprocess.Popen[bytes]:
    if count % 2:
        return subprocess.Popen([sys.executable, "-c", _ASYNCHRONOUS, url, directory, mode, str(count)])
    options = ["--mode", mode, "--count", str(count), "--quiet", "--parallel", "3"]
    return subprocess.Popen([sys.executable, "-m", "product_images", "mirror", url, directory, *options])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--live", type=float, default=20.0, help="entries of the feed that change a second, 0 for none")
    options = parser.parse_args()
    began = time.monotonic()
    done = run(options.kills, seed=options.seed, live=options.live)
    print(
        f"{done.kills} kills in {done.rounds} rounds, {done.after_progress} of them after a lot was stored, "
        f"{done.half_done} with a lot half done; {done.images} images compared, {time.monotonic() - began:.0f} s"
    )
