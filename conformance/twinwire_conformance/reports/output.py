"""Where a report goes: a file that is there whole or not at all, or standard output."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from twinwire.errors import UsageError


class Output:
    """A place for a report; ``-`` is standard output, and a name that ends in ``.gz`` has it compressed.

    Raises UsageError at once when the file could not be written after the run.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if path == "-":
            return
        try:
            if Path(path).is_dir():
                raise IsADirectoryError(21, "Is a directory")
            self._draft().unlink()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            hint = "name a file in a directory that can be written"
            raise UsageError(f"the report cannot be written to {path!r}: {reason}", hint) from error

    def write(self, text: str) -> None:
        """Write a text. Raises UsageError."""
        with self.stream() as stream:
            stream.write(text.encode("utf-8"))

    @contextmanager
    def stream(self) -> Iterator[IO[bytes]]:
        """Yield what a report is written to; the file takes its place at the end. Raises UsageError."""
        if self.path == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        draft = None
        try:
            draft = self._draft()
            with _opened(draft, self.path) as stream:
                yield stream
            draft.chmod(0o644)
            draft.replace(self.path)
        except OSError as error:
            raise UsageError(f"the report could not be written to {self.path!r}: {error.strerror or error}") from error
        finally:
            if draft is not None:
                draft.unlink(missing_ok=True)

    def _draft(self) -> Path:
        file = Path(self.path)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(handle)
        return Path(name)


@contextmanager
def _opened(draft: Path, path: str) -> Iterator[IO[bytes]]:
    with draft.open("wb") as stream:
        if not path.endswith(".gz"):
            yield stream
            return
        # Without a name and a time, so that the same report gives the same bytes.
        with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packed:
            yield packed  # type: ignore[misc]
