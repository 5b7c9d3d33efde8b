"""Kill `twinwire generate` at random moments and check the output directory after each kill.

    python tests/support/generate_kills.py --kills 200 --seed 3

A directory holds the SDK of one spec and files of its user. A process that generates the SDK of another spec into it gets
SIGKILL, alternately at a random time and at a random file operation. If the directory can be exchanged atomically, it must hold
one complete SDK at once; if it is the process's working directory, after the next run. No staging directory may remain after
that run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from orders_spec import TEXT as ORDERS
from twinwire.cli import main
from twinwire.spec.check import check
from twinwire.spec.source import load

# A new title moves the whole package; a new description changes files without moving them.
SPECS = {
    "orders": ORDERS,
    "renamed": ORDERS.replace("title: Order events", "title: Purchase events"),
    "described": ORDERS.replace("description: An order & its <lines>.", "description: An order."),
}
# The user's own files, some of them in directories that the generator writes to.
OWN = {
    "notes.txt": b"mine",
    ".git/objects/ab/cdef": b"\0\1",
    ".git/HEAD": b"ref: refs/heads/main\n",
    "order_events.egg-info/PKG-INFO": b"Name: order-events\n",
    "order_events/__pycache__/models.cpython-311.pyc": b"\0",
    "order_events/local.py": b"x = 1\n",
}


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        kills: The number of kills.
        old: Kills that left the old SDK.
        new: Kills that left the new SDK.
        mixed: Kills that left a mixture.
        stages: Kills that left a staging directory.
        ended: Kills that came after the end of the process.
    """

    kills: int = 0
    old: int = 0
    new: int = 0
    mixed: int = 0
    stages: int = 0
    ended: int = 0


def files(root: Path) -> dict[str, bytes]:
    """Return the files of a directory by path, without staging directories."""
    found = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_bytes() for name, path in found.items() if not name.parts[0].startswith(".twinwire-")}


def stages(root: Path) -> list[Path]:
    """Return the staging directories in a directory and beside it."""
    return [*root.glob(".twinwire-*-*"), *root.glob(".twinwire-?*[!n]"), *root.parent.glob(".twinwire-*")]


def run(kills: int, *, seed: int = 0) -> Tally:
    """Kill a number of runs.

    Args:
        kills: The number of kills.
        seed: The seed of all random choices.

    Raises:
        AssertionError: An output directory was damaged.
    """
    draw, tally = random.Random(seed), Tally()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, text in SPECS.items():
            (work / f"{name}.yaml").write_text(text, "utf-8")
            # Load what is slow to load once, before the fork.
            assert not check(load(work / f"{name}.yaml"))
        wanted = {name: _generated(work, name) for name in SPECS}
        for inside in (False, True):
            operations, seconds = _measure(work / f"measured-{inside}", work, inside)
            while tally.kills < kills * (inside + 1) // 2:
                _round(work, draw, tally, wanted, inside=inside, operations=operations, seconds=seconds)
    return tally


def _generated(work: Path, name: str) -> dict[str, bytes]:
    root = work / "wanted" / name
    assert _wait(_start(work, name, root, inside=False)) == 0
    return files(root)


def _prepared(root: Path, work: Path, name: str) -> None:
    assert _wait(_start(work, name, root, inside=False)) == 0
    for path, content in OWN.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def _measure(root: Path, work: Path, inside: bool) -> tuple[int, float]:
    """Return the number of file operations of a run and its duration in seconds."""
    _prepared(root, work, "orders")
    counted = work / "counted"
    began = time.monotonic()
    assert _wait(_start(work, "renamed", root, inside=inside, counted=counted)) == 0
    return int(counted.read_text()), time.monotonic() - began


def _round(
    work: Path,
    draw: random.Random,
    tally: Tally,
    wanted: dict[str, dict[str, bytes]],
    *,
    inside: bool,
    operations: int,
    seconds: float,
) -> None:
    before, after = draw.sample(sorted(SPECS), 2)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        root = Path(folder) / "out"
        _prepared(root, work, before)
        # Alternate between a random time and a random file operation: the first finds slow steps, the second every step.
        if tally.kills % 2:
            child = _start(work, after, root, inside=inside)
            time.sleep(draw.uniform(0, seconds))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        else:
            child = _start(work, after, root, inside=inside, last=draw.randrange(operations))
        tally.ended += _wait(child) == 0
        tally.kills += 1
        held = {name for name, content in wanted.items() if files(root) == {**content, **OWN}}
        tally.old += before in held
        tally.new += after in held
        tally.mixed += not held & {before, after}
        assert inside or held & {before, after}, f"neither {before} nor {after}: {sorted(files(root))}"
        tally.stages += bool(stages(root))
        assert _wait(_start(work, after, root, inside=inside)) == 0
        assert files(root) == {**wanted[after], **OWN}
        assert not stages(root), stages(root)


def _start(work: Path, name: str, root: Path, *, inside: bool, last: int | None = None, counted: Path | None = None) -> int:
    """Generate in a child process, and return its process id.

    Args:
        work: The directory with the specs.
        name: The spec.
        root: The output directory.
        inside: Make the output directory the working directory, which cannot be exchanged.
        last: The number of the file operation before which the child kills itself.
        counted: A file for the number of file operations.
    """
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if inside:
            os.chdir(root)
        numbers = count()

        # An audit hook sees every file operation of the interpreter, those of libraries included.
        def audit(event: str, _: tuple[object, ...]) -> None:
            if event.startswith(("os.", "open", "shutil.", "ctypes.")) and next(numbers) == last:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(audit)
        code = main(["generate", str(work / f"{name}.yaml"), "--out", "." if inside else str(root)])
        if counted is not None:
            counted.write_text(str(next(numbers)))
    finally:
        os._exit(code)


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.monotonic()
    done = run(options.kills, seed=options.seed)
    print(
        f"{done.kills} kills, {done.ended} of them after the end of the run: {done.old} left the old SDK, {done.new} the new "
        f"one, {done.mixed} a mixture that the next run repaired; {done.stages} left a stage, none after the next run; "
        f"{time.monotonic() - started:.0f} s"
    )
