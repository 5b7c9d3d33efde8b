"""From a spec file to a directory: load, check, build, emit, guard, and then the tree."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from twinwire import tree
from twinwire.emit import emit
from twinwire.errors import SpecError, UsageError
from twinwire.guard import guard
from twinwire.ir import Contract, build, pack
from twinwire.schemas import json_schema, provenance, xsd
from twinwire.spec.check import review
from twinwire.spec.document import Document
from twinwire.spec.source import load, uncollected
from twinwire.templating import Artifact

Http = Literal["httpx", "httpx2"]

DEFAULT_SPEC = Path("spec/products-images.yaml")
DEFAULT_OUT = Path("generated")
COPY_NAME = "contract.json"


@dataclass(frozen=True, slots=True)
class Generated:
    """What a run generated from ``source``, and how the directory ``root`` differed from it.

    ``copy`` is the contract's copy, when that differed; ``ignored`` the number of warnings of the spec.
    """

    root: Path
    artifacts: Sequence[Artifact]
    source: str
    changes: tree.Changes
    copy: Path | None = None
    ignored: int = 0

    def __bool__(self) -> bool:
        return bool(self.changes or self.copy)


def generate(spec: Path, out: Path, *, http: Http = "httpx", check: bool = False) -> Generated:
    """Generate the SDK of a spec into a directory, or with ``check`` only compare.

    With both paths at their defaults, the copy of the spec that ``[tool.twinwire]`` in pyproject.toml asks for is kept
    current too. Raises SpecError, UsageError, and OSError when the disk refuses.
    """
    if spec == DEFAULT_SPEC and not spec.exists():
        raise UsageError(f"there is no {spec} here", "name a spec: twinwire generate SPEC --out DIR")
    with uncollected():
        report = review(document := load(spec))
        if report.problems:
            raise SpecError(report.problems)
        contract = build(document)
        source = provenance(contract.origin)
        artifacts = emit(contract, http)
        guard(artifacts)
    copy = _contract_copy() if (spec, out) == (DEFAULT_SPEC, DEFAULT_OUT) else None
    work = tree.diff if check else tree.write
    with tree.placed(copy, _packed(document, contract), check=check) if copy is not None else nullcontext(False) as differs:
        changes = work(out, artifacts, source)
    return Generated(out, artifacts, source, changes, copy if differs else None, len(report.warnings))


def _packed(document: Document, contract: Contract) -> bytes:
    return pack(document, {"json": json_schema(contract), "xml": xsd(contract)})


def _contract_copy() -> Path | None:
    settings = Path("pyproject.toml")
    if not settings.exists():
        return None
    try:
        folder = tomllib.loads(settings.read_text("utf-8")).get("tool", {}).get("twinwire", {}).get("contract")
    except ValueError as error:
        raise UsageError(f"{settings} cannot be read: {error}") from error
    if folder is None:
        return None
    path = Path(folder) if isinstance(folder, str) else Path("..")
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(f"tool.twinwire.contract in {settings} is {folder!r}", "name a directory below this one")
    return path / COPY_NAME
