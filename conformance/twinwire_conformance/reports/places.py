"""Places of failures in the spec file, with paths relative to the repository."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from twinwire_conformance.model import Result
from twinwire_conformance.reports.results import Results

PACKAGED_SPEC = "spec/products-images.yaml"
"""The file of the packaged spec in this project's own repository."""

_PACKAGED_COPY = "twinwire_conformance/data/contract.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A range within one line of a file. Line and columns count from 1, columns in UTF-16 code units; ``end`` is exclusive."""

    uri: str
    line: int
    column: int
    end: int


class SpecFile:
    """The file that the places of failures refer to.

    It is the spec given by the caller, or the packaged spec if the working directory contains the same file. Otherwise it is
    the packaged copy of the contract, whose line numbers differ from the spec's.
    """

    def __init__(self, results: Results) -> None:
        self._operation = results.contract.operation.path
        found = _readable(results.spec_file or PACKAGED_SPEC)
        same = found is not None and hashlib.sha256(found).hexdigest() == results.contract.origin.sha256
        self._has_lines = found is not None and same
        if found is None or (results.spec_file is None and not same):
            self.uri = _PACKAGED_COPY
            found = (files("twinwire_conformance") / "data" / "contract.json").read_bytes()
        else:
            self.uri = _relative(results.spec_file or PACKAGED_SPEC)
        # YAML line numbers count these line breaks only; str.splitlines also splits at form feeds and U+2028.
        self._lines = re.split("\r\n|\r|\n", found.decode("utf-8", "replace"))

    def place(self, result: Result) -> Place:
        """Return the place of the parameter or member behind a failure, or that of the operation."""
        index = result.spec_line - 1 if self._has_lines and result.spec_line else self._find(result.spec_name)
        if index is None or index >= len(self._lines):
            index = self._find(self._operation) or 0
        text = self._lines[index]
        indent = len(text) - len(text.lstrip())
        start = _units(text[:indent]) + 1
        return Place(self.uri, index + 1, start, max(_units(text.rstrip()) + 1, start + 1))

    def _find(self, key: str) -> int | None:
        """Return the index of the first line that begins with a mapping key, or None."""
        pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*:""")
        return next((index for index, line in enumerate(self._lines) if pattern.match(line)), None) if key else None


def _readable(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError):
        return None


def _relative(path: str) -> str:
    """Return the URI of a file, relative if it is within the working directory, else absolute."""
    file, here = Path(path).resolve(), Path.cwd().resolve()
    return quote(file.relative_to(here).as_posix()) if file.is_relative_to(here) else file.as_uri()


def _units(text: str) -> int:
    # SARIF counts columns in UTF-16 code units, as its columnKind declares.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
