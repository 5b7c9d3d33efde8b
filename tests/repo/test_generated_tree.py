"""The committed SDK is the output of the generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinwire.cli import main

ROOT = Path(__file__).parents[2]


def test_the_generated_tree_and_the_copy_of_the_contract_are_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["generate", "--check"]) == 0, capsys.readouterr().out
