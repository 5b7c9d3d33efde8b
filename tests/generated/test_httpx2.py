"""The SDK made for httpx2 does over real connections what the one for httpx does: its tests run against it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Those that need no mock of httpx.
SUITES = ("test_live.py", "test_mirror_links.py", "test_mirror_partial.py")


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("httpx2")
    assert main(["generate", str(ROOT / "spec/products-images.yaml"), "--out", str(out), "--http", "httpx2"]) == 0
    return out


def test_it_imports_nothing_of_httpx(sdk: Path) -> None:
    code = (
        "import sys, product_images; product_images.Client('http://127.0.0.1:9'); product_images.mirror;"
        "print(product_images.__file__, *sys.modules)"
    )
    where, *modules = in_sdk(sdk, "-c", code).stdout.split()
    assert Path(where).is_relative_to(sdk)
    assert "httpx2" in modules
    assert not {"httpx", "httpcore"} & set(modules)


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_passes(sdk: Path, suite: str) -> None:
    done = in_sdk(sdk, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(HERE / suite))
    assert " passed" in done.stdout


def in_sdk(sdk: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(sdk)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
