"""The steps from a spec file to an SDK project: load, check, build, emit, guard, write."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from twinwire import output_dir
from twinwire.emit import emit
from twinwire.errors import SpecError, UsageError
from twinwire.ir import Contract, build, pack
from twinwire.output_check import guard
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
    """The result of a run: the artifacts, and how the directory ``root`` differed from them.

    ``source`` is the provenance line of the spec. ``copy`` is the path of the contract's copy if that differed, else None.
    ``ignored`` is the number of warnings of the spec.
    """

    root: Path
    artifacts: Sequence[Artifact]
    source: str
    changes: output_dir.Changes
    copy: Path | None = None
    ignored: int = 0

    def __bool__(self) -> bool:
        return bool(self.changes or self.copy)


def generate(spec: Path, out: Path, *, http: Http = "httpx", check: bool = False) -> Generated:
    """Generate the SDK of a spec into a directory.

    With both paths at their defaults, the copy of the contract that ``[tool.twinwire]`` in pyproject.toml names is updated
    too.

    Args:
        spec: The spec file.
        out: The directory of the SDK project.
        http: The HTTP library that the SDK uses.
        check: Only compare; write nothing.

    Raises:
        SpecError: The spec cannot be decoded, or has problems.
        UsageError: A path cannot be used.
        OSError: A file cannot be written.
    """
    if spec == DEFAULT_SPEC and not spec.exists():
        raise UsageError(f"there is no {spec} here", "pass a spec: twinwire generate SPEC --out DIR")
    with uncollected():
        report = review(document := load(spec))
        if report.problems:
            raise SpecError(report.problems)
        contract = build(document)
        source = provenance(contract.origin)
        artifacts = emit(contract, http)
        guard(artifacts)
    # A spec generated elsewhere must not replace the contract that this repository ships.
    copy = _contract_copy() if (spec, out) == (DEFAULT_SPEC, DEFAULT_OUT) else None
    # The copy is moved into place last: if writing the SDK fails, both stay as they were.
    work = output_dir.diff if check else output_dir.write
    with (
        output_dir.placed(copy, _packed(document, contract), check=check) if copy is not None else nullcontext(False) as differs
    ):
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
        raise UsageError(f"{settings} cannot be read: {error}", "correct the TOML") from error
    if folder is None:
        return None
    path = Path(folder) if isinstance(folder, str) else Path("..")
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"tool.twinwire.contract in {settings} is {folder!r}", "set it to a relative path below this directory"
        )
    return path / COPY_NAME
