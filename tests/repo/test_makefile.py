"""The Makefile: its commands name the right targets."""

from __future__ import annotations

from pathlib import Path

from twinwire.cli import main

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text("utf-8")


def test_make_certify_names_its_target() -> None:
    # `certify` without a target is wrong usage: an unset variable in CI must not certify the reference server by accident.
    commands = [line.split() for line in MAKEFILE.splitlines() if "/twinwire certify" in line]
    assert commands == [["$(BIN)/twinwire", "certify", "--reference"]]
    assert main([*commands[0][1:], "--profile", "quick"]) == 0
