"""Mutated specs: none may end in a traceback, take long, write outside of its directory, or give an SDK that does not import.

    python tests/support/fuzz_specs.py --specs 2000 --seed 1

Every mutant is validated and generated in a process of its own, forked from one that has loaded all it needs. One that fails
is printed, and kept in the file named by --keep.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from orders_spec import TEXT as ORDERS
from spec_mutants import mutant
from twinwire.cli import main

SECONDS = 10


def fault_of(raw: bytes) -> str | None:
    """Return what is wrong with how a spec is validated and generated; None when nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "spec.yaml").write_bytes(raw)
        child = os.fork()
        if not child:
            _child(work)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = (work / "said").read_text("utf-8", "replace") if (work / "said").exists() else ""
        if status in (-signal.SIGPROF, -signal.SIGALRM):
            return f"takes more than {SECONDS} seconds"
        strangers = {path.name for path in work.iterdir()} - {"spec.yaml", "said", "out"}
        if strangers:
            return f"writes {strangers}"
        return None if status == 0 else said or f"ends with {status}"


def _child(work: Path) -> None:
    """Do the work of one spec, and exit with 1 after writing down what is wrong."""
    fault: str | None
    try:
        os.chdir(work)
        # Of the processor, so that a busy machine makes no findings; what waits for nothing at all ends too.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(20 * SECONDS)
        fault = _work(work)
    except BaseException:
        fault = traceback.format_exc()
    if fault:
        (work / "said").write_text(fault, "utf-8", "backslashreplace")
    os._exit(bool(fault))


def _work(work: Path) -> str | None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        valid, made = main(["validate", "spec.yaml"]), main(["generate", "spec.yaml", "--out", "out"])
    if (valid, made) not in ((0, 0), (2, 2)):
        return f"validate exits with {valid}, generate with {made}: {err.getvalue()[:500]}"
    if valid:
        shown = out.getvalue()
        return None if shown.startswith("spec.yaml:") and len(shown) < 1_000_000 else f"says {shown[:200]!r}"
    [package] = [path.parent.name for path in (work / "out").glob("*/__init__.py")]
    sys.path.insert(0, str(work / "out"))
    for module in ("client", "codec", "models"):
        importlib.import_module(f"{package}.{module}")
    return None


def run(specs: int, *, seed: int = 0, keep: Path | None = None) -> list[str]:
    """Return what is wrong with so many mutants, each finding with its number."""
    draw = random.Random(seed)
    _warm_up()
    findings = []
    for number in range(specs):
        raw = mutant(draw)
        fault = fault_of(raw)
        if fault:
            findings.append(f"mutant {number} of seed {seed}: {fault}")
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.yaml").write_bytes(raw)
    return findings


def _warm_up() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        (Path(folder) / "spec.yaml").write_text(ORDERS, "utf-8")
        assert main(["generate", f"{folder}/spec.yaml", "--out", f"{folder}/out"]) == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a directory for the mutants with a finding")
    options = parser.parse_args()
    began = time.monotonic()
    found = run(options.specs, seed=options.seed, keep=options.keep)
    print(*found, sep="\n")
    print(f"{options.specs} specs, {len(found)} findings, {time.monotonic() - began:.0f} s")
    sys.exit(bool(found))
