"""SDKs of fictional contracts, generated into a directory and imported for the duration of a with block."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from twinwire import naming
from twinwire.emit import emit
from twinwire.ir import Contract
from twinwire.output_check import guard


@contextmanager
def package(contract: Contract, root: Path) -> Iterator[ModuleType]:
    """Generate the SDK of a contract below `root` and yield its package; unload it at the end."""
    artifacts = emit(contract)
    guard(artifacts)
    for artifact in artifacts:
        path = root / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text, "utf-8")
    name = naming.package(contract.origin.title)
    sys.path.insert(0, str(root))
    # The import system caches directory listings with a resolution of one second on some file systems.
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(root))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]
