"""The SDK as a distribution: built, installed where nothing else is, and used as its README says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from twinwire.cli import main

ROOT = Path(__file__).parents[2]
THEIRS = {
    "httpx": {"httpx", "httpcore", "anyio", "certifi", "h11", "idna", "typing-extensions"},
    "httpx2": {"httpx2", "httpcore2", "anyio", "truststore", "h11", "idna", "typing-extensions"},
}
# httpcore is named for its floor.
DIRECT = {"httpx": ["httpcore", "httpx"], "httpx2": ["httpx2"]}


@contextmanager
def served() -> Iterator[str]:
    code = "import sys; from twinwire.cli import main; sys.exit(main(['serve', '--products', '60']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.mark.parametrize("http", list(THEIRS))
def test_a_wheel_installs_into_an_empty_environment_and_runs_the_readme_s_example(http: str, tmp_path: Path) -> None:
    project = tmp_path / "sdk"
    assert main(["generate", str(ROOT / "spec/products-images.yaml"), "--out", str(project), "--http", http]) == 0
    requirements = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [re.split("[^a-z0-9]", requirement)[0] for requirement in requirements] == [*DIRECT[http], "msgspec", "pybase64"]

    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = str(home / "bin/python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = tmp_path / "wheels"
    constraints = ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(project)], check=True)
    (wheel,) = wheels.iterdir()
    subprocess.run([*pip, "install", *constraints, str(wheel)], check=True)
    command = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format", "json"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    installed = {package["name"].lower().replace("_", "-") for package in json.loads(listed)}
    assert installed - {"pip", "setuptools"} == {"product-images", "msgspec", "pybase64", *THEIRS[http]}

    (example,) = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text("utf-8"), re.DOTALL)[:1]
    (tmp_path / "example.py").write_text(example, "utf-8")
    with served() as url:
        done = subprocess.run(
            [python, "-W", "error", "example.py", url], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
        )
    assert re.fullmatch(r"50 entries; continue from -?\d+\n", done.stdout)
