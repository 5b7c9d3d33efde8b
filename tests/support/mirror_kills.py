"""Kill a mirror at random moments and check its directory after each kill.

    python tests/support/mirror_kills.py --kills 200

A reference server runs in this process with a feed that changes. The mirror runs in a child process, in both content modes and
with both clients, and gets SIGKILL. When a run completes, the feed is stopped, one more run must find every image, and the next
round starts with an empty directory.
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

# The command line runs the synchronous client, so the asynchronous one needs a script.
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
    """The clock of a feed; it can be stopped."""

    held: float | None = None

    def __call__(self) -> float:
        return time.monotonic() if self.held is None else self.held

    def hold(self) -> None:
        self.held = time.monotonic()


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        kills: The number of kills.
        after_progress: Kills after which the manifest had a new token.
        half_done: Kills that left announced files of an unfinished page.
        rounds: The number of runs that completed.
        images: The number of images compared.
        asked: The tokens that the current run has requested.
        first_asked: The time of the first request.
    """

    kills: int = 0
    after_progress: int = 0
    half_done: int = 0
    rounds: int = 0
    images: int = 0
    asked: list[str | None] = field(default_factory=list)
    first_asked: float = 0.0


def state(directory: Path) -> tuple[str | None, list[sqlite3.Row], set[str]]:
    """Return the token, the images and the announced files of a manifest; empty values if it does not exist."""
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
    """Check the invariants of an interrupted mirror and return its token.

    The manifest is intact, its files exist, and every other file is announced.
    """
    token, rows, announced = state(directory)
    there = files(directory)
    assert len({row["path"] for row in rows}) == len(rows)
    for row in rows:
        content = there.pop(row["path"])
        # The reference server's images do not change, so a file that is written again has the same content.
        assert (row["size"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest()), row["path"]
    assert set(there) <= announced, set(there) - announced
    tally.half_done += bool(there)
    return token


def expected(url: str) -> Iterator[tuple[str, int, str, bytes]]:
    """Yield every image of the feed as a plain client receives it: entry, sequence, file name, bytes."""
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
    """Check that the manifest and the files equal the feed, each image once. Return the number of images."""
    _, rows, announced = state(directory)
    there = files(directory)
    assert not announced
    manifest = [(row["entry"], row["position"], row["filename"], there.pop(row["path"])) for row in rows]
    assert not there
    assert sorted(manifest) == sorted(expected(url))
    assert not any((directory / ".mirror/tmp").iterdir())
    return len(manifest)


def run(kills: int, *, seed: int = 0, products: int = 400, live: float = 20.0) -> Tally:
    """Kill mirrors a number of times.

    Args:
        kills: The number of kills.
        seed: The seed of all random choices.
        products: The number of entries of the feed.
        live: Modified entries per second.

    Raises:
        AssertionError: A mirror's directory was damaged.
    """
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
            # One kill in five comes before the first request, while the manifest is created.
            return draw.uniform(0.1, before) if draw.random() < 0.2 else before + draw.uniform(0, while_asking / 2)

        while tally.kills < kills:
            clock.held = None
            with tempfile.TemporaryDirectory() as folder:
                _round(Path(folder), url, draw, tally, clock, delay, kills)
    return tally


def _measure(url: str, tally: Tally) -> tuple[float, float]:
    """Return the seconds until a run's first request and from then to its end, on this machine under its current load."""
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
    """Check that a run starts at the manifest's token, only moves forward, and stores only tokens that pages led to."""
    numbers = [int(token or 0) for token in asked]
    assert not asked or asked[0] == before, (before, asked)
    assert numbers == sorted(set(numbers)), asked
    assert int(before or 0) <= int(after or 0)
    # The stored token was requested next, or is the token of the last page that was requested.
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
    parser.add_argument("--live", type=float, default=20.0, help="modified entries per second, 0 for none")
    options = parser.parse_args()
    began = time.monotonic()
    done = run(options.kills, seed=options.seed, live=options.live)
    print(
        f"{done.kills} kills in {done.rounds} rounds, {done.after_progress} of them after a page was stored, "
        f"{done.half_done} with an unfinished page; {done.images} images compared, {time.monotonic() - began:.0f} s"
    )
