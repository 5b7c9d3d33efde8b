"""The SDK's types, as the type checkers of those who use it see them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("typing_cases.py")
BIN = Path(sys.executable).parent


def run(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # pyright looks for packages where the first `python` of the path has them.
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_every_public_type_is_known(tmp_path: Path) -> None:
    done = run(tmp_path, "pyright", "--ignoreexternal", "--outputjson", "--verifytypes", "product_images")
    found = json.loads(done.stdout)["typeCompleteness"]
    assert found["moduleName"] == "product_images"
    assert found["exportedSymbolCounts"]["withKnownType"] > 100
    incomplete = [symbol["name"] for symbol in found["symbols"] if symbol["isExported"] and not symbol["isTypeKnown"]]
    assert incomplete == []
    assert found["completenessScore"] == 1.0


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_typing_cases_hold(checker: str, tmp_path: Path) -> None:
    path = tmp_path / CASES.name
    path.write_text(CASES.read_text("utf-8"), "utf-8")
    settings = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": True, "enableTypeIgnoreComments": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    options = ["--strict", "--warn-unused-ignores", "--cache-dir", str(tmp_path / "cache")] if checker == "mypy" else []
    done = run(tmp_path, checker, *options, path.name)
    assert done.returncode == 0, done.stdout + done.stderr
