"""The delivery of reports, whose files are checked before the run and written after it."""

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
    """The reports requested for one run.

    Args:
        files: The file of each report, by the option of its writer.
        recording: The file of the recording, which no report may share; None without one.
        taken: The program that uses standard output itself, so that no report may go there; empty without one.

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
        # Several reports may go to the same device, such as /dev/null.
        for place in (place for place in places if not place.is_device):
            # Paths are resolved, because two names may denote one file (./r.xml and r.xml, or a symbolic link).
            first = by_file.setdefault(Path(place.path).resolve(), place)
            if first is not place:
                raise UsageError(f"two reports were sent to {first.path!r}", "name another file for one of them")
        self.stream: TextIO = sys.stderr if standard else sys.stdout
        """The stream for people: standard error when a report goes to standard output."""

    def write(self, results: Results) -> None:
        """Write every report, even when another one cannot be written.

        Raises:
            UsageError: A report could not be written. It is raised after the last report.
        """
        failed: UsageError | None = None
        for writer in WRITERS:
            output = self._outputs.get(writer.option)
            if output is None:
                continue
            try:
                output.write(writer.render(results, output.path))
            except UsageError as error:
                failed = failed or error
            except Exception as error:
                # A defect in one writer must not prevent the other reports or the verdict on the screen.
                what = f"internal error: {type(error).__name__}: {error}"
                failed = failed or UsageError(f"--{writer.option} could not be written: {what}", "please report it")
        if failed is not None:
            raise failed
