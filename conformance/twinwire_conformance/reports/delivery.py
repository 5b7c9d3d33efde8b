"""The delivery of reports: the place of each requested report, checked before the run and written after it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from twinwire.errors import UsageError
from twinwire_conformance.reports.output import Output
from twinwire_conformance.reports.registry import WRITERS
from twinwire_conformance.reports.results import Results


class Delivery:
    """The reports that one run was asked for.

    Args:
        files: The file of each report, by the option of its writer.
        recording: The file that the run is recorded in, which no report may share; None without one.
        taken: The program that uses standard output itself, so that no report may go there; empty when it is free.

    Raises:
        UsageError: A file cannot be written, two reports have the same place, or standard output is taken.
    """

    def __init__(self, files: Mapping[str, str], recording: str | None = None, taken: str = "") -> None:
        self._outputs = {option: Output(path) for option, path in files.items()}
        places = [*self._outputs.values(), *([] if recording is None else [Output(recording)])]
        standard = sum(place.is_standard for place in places)
        if standard and taken:
            raise UsageError(f"{taken} writes to standard output itself", "name a file for the report")
        if standard > 1:
            raise UsageError("two reports were sent to standard output", "name a file for one of them")
        by_file: dict[Path, Output] = {}
        for place in places:
            if place.is_device:
                # A device such as /dev/null or a named pipe takes several reports, one after the other.
                continue
            first = by_file.setdefault(Path(place.path).resolve(), place)
            if first is not place:
                raise UsageError(f"two reports were sent to {first.path!r}", "name another file for one of them")
        self.stream: TextIO = sys.stderr if standard else sys.stdout
        """The stream for people: standard error when a report goes to standard output."""

    def write(self, results: Results) -> None:
        """Write every report. One that cannot be written does not cost the others. Raises UsageError after the last."""
        failed: UsageError | None = None
        for writer in WRITERS:
            output = self._outputs.get(writer.option)
            if output is None:
                continue
            try:
                output.write(writer.render(results, output.path))
            except UsageError as error:
                failed = failed or error
        if failed is not None:
            raise failed
