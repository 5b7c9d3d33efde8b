"""Where the bench finds this project's spec and schemas, runs tools on them, and imports what the tools generate."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

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
