"""The command ``twinwire validate``: its output, exit code, and escapes for the terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main

SPECS = Path(__file__).parents[1] / "specs"
MINIMAL = SPECS / "good" / "minimal.yaml"
DANGLING = SPECS / "bad" / "dangling-ref.yaml"


def test_a_good_spec_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(MINIMAL), str(SPECS / "good" / "modes.yaml")]) == 0
    assert capsys.readouterr() == ("", "")


def test_problems_are_printed_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(DANGLING)]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert out.split("\n") == [
        f"{DANGLING}:33:25: dangling-ref: there is no 'Prat' in components/schemas",
        "              items: {$ref: '#/components/schemas/Prat'}",
        "                            ^",
        "    hint: did you mean 'Part'?",
        "",
    ]


def test_every_spec_is_looked_at_and_one_bad_one_is_enough(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["validate", str(tmp_path / "missing.yaml"), str(MINIMAL), str(DANGLING), str(tmp_path)]
    assert main(arguments) == 2
    out = capsys.readouterr().out
    assert out.count(": unreadable: ") == 2
    assert out.count(": dangling-ref: ") == 1


def test_escape_sequences_of_a_spec_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [SPECS / "bad" / "syntax-control-character.yaml", SPECS / "bad" / "escape-sequence-in-name.yaml"]
    assert main(["validate", *map(str, paths)]) == 2
    assert "\x1b" not in capsys.readouterr().out


def test_an_output_that_cannot_show_a_character_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("openapi: 3.1.0\ninfo: {title: t, version: 'ключ'}\nпути: {}\n", encoding="utf-8")
    # An ASCII terminal, as in a container without a locale.
    command = [
        sys.executable,
        "-X",
        "utf8=0",
        "-c",
        "from twinwire.cli import main; raise SystemExit(main())",
        "validate",
        str(path),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={"PYTHONIOENCODING": "ascii", "PATH": ""}
    )
    assert done.returncode == 2
    assert "spec.yaml:" in done.stdout
    assert "\\u" in done.stdout
    assert done.stderr == ""
