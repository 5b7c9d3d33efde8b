"""A hostile body costs a client at most five times ``max_bytes``, as the operating system counts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from decoding_memory import BODIES

SCRIPT = Path(__file__).parents[1] / "support" / "decoding_memory.py"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory a process took at most")
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_takes_at_most_five_times_max_bytes(name: str) -> None:
    done = subprocess.run([sys.executable, SCRIPT, name], capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) <= 5, done.stderr
