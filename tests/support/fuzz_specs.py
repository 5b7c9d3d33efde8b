"""Fuzzing of `validate` and `generate` with mutated specs.

    python tests/support/fuzz_specs.py --specs 2000 --seed 1

A mutant must not cause a traceback, take long, write outside the output directory, or produce an SDK that cannot be imported.
Each mutant runs in a child process, forked from one that has loaded all modules. A mutant with a finding is printed, and saved
in the directory --keep.
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
    """Return the problem that a spec causes in `validate` or `generate`, or None."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "spec.yaml").write_bytes(raw)
        # A fork is much faster than a new interpreter, and a crash of the child does not end the run.
        child = os.fork()
        if not child:
            _child(work)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = (work / "said").read_text("utf-8", "replace") if (work / "said").exists() else ""
        if status in (-signal.SIGPROF, -signal.SIGALRM):
            return f"took more than {SECONDS} seconds"
        strangers = {path.name for path in work.iterdir()} - {"spec.yaml", "said", "out"}
        if strangers:
            return f"wrote {strangers}"
        return None if status == 0 else said or f"ended with {status}"


def _child(work: Path) -> None:
    """Process one spec in the child. Write a problem to the file `said` and exit with 1."""
    fault: str | None
    try:
        os.chdir(work)
        # CPU time, so that a busy machine causes no findings. The alarm ends a child that waits without using the CPU.
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
    # Both commands must agree: exit code 0 for a usable spec, 2 for an unusable one.
    if (valid, made) not in ((0, 0), (2, 2)):
        return f"validate exits with {valid}, generate with {made}: {err.getvalue()[:500]}"
    if valid:
        shown = out.getvalue()
        return None if shown.startswith("spec.yaml:") and len(shown) < 1_000_000 else f"printed {shown[:200]!r}"
    [package] = [path.parent.name for path in (work / "out").glob("*/__init__.py")]
    sys.path.insert(0, str(work / "out"))
    for module in ("client", "codec", "models"):
        importlib.import_module(f"{package}.{module}")
    return None


def run(specs: int, *, seed: int = 0, keep: Path | None = None) -> list[str]:
    """Return the problems that mutants cause, each with the mutant's number.

    Args:
        specs: The number of mutants.
        seed: The seed of all random choices.
        keep: A directory for the mutants that cause problems.
    """
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


# Modules that are loaded before the fork are not loaded again in every child.
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
