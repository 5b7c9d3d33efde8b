"""Reports derive from one registry: their options, their places, and what each is made from."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance import cli
from twinwire_conformance.reports import delivery
from twinwire_conformance.reports.delivery import Delivery
from twinwire_conformance.reports.registry import WRITERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reports.md").read_text("utf-8")
OPTIONS = [writer.option for writer in WRITERS]


def test_every_report_has_an_option_of_certify_and_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["certify", "--help"])
    shown = capsys.readouterr().out
    command = [sys.executable, "-m", "pytest", "-p", "twinwire_conformance.plugin", "--help"]
    under_pytest = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    for writer in WRITERS:
        assert f"--{writer.option} F" in shown
        assert f"--target-{writer.option}=F" in under_pytest


def test_every_report_is_in_the_documents() -> None:
    assert [option for option in OPTIONS if f"`--{option} " not in PAGE] == []


@pytest.mark.parametrize("option", OPTIONS)
def test_a_report_shares_its_place_with_nothing(option: str, tmp_path: Path) -> None:
    place = str(tmp_path / "r")
    with pytest.raises(UsageError, match="two reports were sent to"):
        Delivery({option: place}, place)
    with pytest.raises(UsageError, match="two reports were sent to standard output"):
        Delivery({option: "-"}, "/dev/stdout")
    with pytest.raises(UsageError, match="pytest writes to standard output itself"):
        Delivery({option: "-"}, taken="pytest")
    assert Delivery({option: "-"}).stream is sys.stderr
    assert Delivery({option: place}).stream is sys.stdout


def test_a_report_that_cannot_be_written_does_not_cost_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "WRITERS", (WRITERS[0], replace(WRITERS[0], option="second")))
    files = {"report-json": "/dev/full", "second": str(tmp_path / "r")}
    monkeypatch.setattr(cli, "Delivery", lambda _files, har: Delivery(files, har))
    assert main(["certify", "--reference", "--select", "HTTP-04", "--report-json", "r"]) == 2
    assert "No space left" in capsys.readouterr().err
    assert json.loads((tmp_path / "r").read_text("utf-8"))["verdict"] == "partial"


def test_pytest_writes_the_reports_of_the_session(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "twinwire_conformance.plugin"]
    command += ["--pyargs", "twinwire_conformance.suite", "--target-reference", "--target-select", "HTTP-04,HTTP-01"]
    named = [word for option in OPTIONS for word in (f"--target-{option}", str(tmp_path / option))]
    done = subprocess.run([*command, *named], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(OPTIONS)
    refused = subprocess.run(
        [*command, f"--target-{OPTIONS[0]}", "-"], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "pytest writes to standard output itself (name a file for the report)" in refused.stderr
