"""The command ``twinwire`` itself: its help, its exit code for wrong usage, and the time that it takes to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main

ROOT = Path(__file__).parents[2]


def test_a_named_command_is_loaded_without_the_suite() -> None:
    # In a process of its own: the test session has imported the suite already.
    script = (
        "import sys; from twinwire.cli import main; main(['validate', sys.argv[1]]); "
        "print([name for name in ('hypothesis', 'starlette', 'twinwire_conformance') if name in sys.modules])"
    )
    command = [sys.executable, "-c", script, str(ROOT / "spec/products-images.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["--no-such-option"], ["generate", "--http", "requests"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: twinwire" in capsys.readouterr().err


def test_the_help_lists_every_command_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    places = [out.index(f"\n    {name} ") for name in ("validate", "generate", "certify")]
    assert places == sorted(places)
