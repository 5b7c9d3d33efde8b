"""Where the bench finds this project's spec and schemas, runs tools on them, and imports what the tools generate."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement

from twinwire_bench.errors import BenchError

ROOT = Path(__file__).parents[3]
SPEC = ROOT / "spec" / "products-images.yaml"
XSD = ROOT / "generated" / "product_images" / "schemas" / "ImagesResult.xsd"
SCRIPTS = Path(sysconfig.get_path("scripts"))
# Installed packages come compiled; ours may be compiled too, whatever the caller's shell says.
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_tool(name: str, *arguments: str, cwd: Path | None = None) -> None:
    """Run a command of this environment, quietly. Raises BenchError with what it said when it fails."""
    done = subprocess.run([SCRIPTS / name, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{name} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")


def import_from(directory: Path, name: str) -> ModuleType:
    """Import a module or package that was generated into a directory."""
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    return importlib.import_module(name)


def run_python(code: str, *arguments: str) -> str:
    """Run code in an interpreter of its own and return what it printed. Raises BenchError when it fails."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=COMPILED, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"python -c {code!r:.80} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def sdk_environment(directory: Path) -> Path:
    """Make a virtual environment of the SDK and what it requires, as its users have it, and return its interpreter.

    The bench's own environment holds click and rich, for whose sake the HTTP library loads a command line of its own, and
    the SDK by way of an import hook.
    """
    venv.create(directory, symlinks=True)
    python = directory / "bin" / "python"
    where = Path(sysconfig.get_path("purelib", vars={"base": str(directory), "platbase": str(directory)}))
    project = tomllib.loads((ROOT / "generated" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for source in {ROOT / "generated" / "product_images", *_packages(project["dependencies"])}:
        (where / source.name).symlink_to(source)
    return python


def _packages(requirements: Iterable[str]) -> set[Path]:
    """Return the installed packages and modules of these requirements, and of what they require."""
    found: set[Path] = set()
    seen: set[str] = set()
    left = list(requirements)
    while left:
        requirement = Requirement(left.pop())
        if requirement.name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(requirement.name)
        installed = metadata.distribution(requirement.name)
        left += installed.requires or ()
        names = {path.parts[0] for path in installed.files or () if path.parts[0] not in ("..", "__pycache__")}
        found |= {Path(str(installed.locate_file(name))) for name in names}
    return found


@contextmanager
def served(*options: str) -> Iterator[str]:
    """Run the reference server in a process of its own for the length of a with block, and give its URL."""
    command = [str(SCRIPTS / "twinwire"), "serve", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    try:
        if server.stdout is None:
            raise BenchError("twinwire serve has no output")
        url = server.stdout.readline().strip()
        if not url.startswith("http://127.0.0.1:"):
            raise BenchError(f"twinwire serve printed {url!r} instead of its URL")
        yield url
    finally:
        server.terminate()
        server.communicate()
