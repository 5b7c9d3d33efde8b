"""Places for a report: a regular file, which is replaced whole or not at all; a pipe or a device; standard output."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import os
import re
import secrets
import select
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from twinwire.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

PIPE_PATIENCE = 30.0
"""Seconds to wait at the end of a run for a reader of a named pipe, and later for one that has stopped reading."""
PIPE_LONGEST = 600.0
"""Seconds in which a reader must have taken all of a report from a pipe, however steadily it reads."""

_NAMED = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_MAX_LINKS = 40
_HINT = "name a file in a directory that can be written"


class Output:
    """A place for a report. A name that ends in ``.gz`` has it compressed.

    ``-`` is standard output, and so are the names that the system has for it. A regular file is replaced at the end and
    keeps its mode; what is not a regular file (a named pipe, a device, the target of a symbolic link, ``>(...)`` of a
    shell) is written in place, because replacing it would destroy it.

    Raises UsageError at once when the report could not be written after the run. That is found out without opening
    anything that exists: opening a pipe waits for a reader, and closing it again ends its input.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = _descriptor(path)
        if self.is_standard:
            return
        try:
            if self._descriptor is not None:
                os.fstat(self._descriptor)
            else:
                self._probe()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"the report cannot be written to {path!r}: {reason}", _HINT) from error

    @property
    def is_standard(self) -> bool:
        """Return whether the report goes to standard output, so that other output must not."""
        return self._descriptor == 1

    @property
    def is_device(self) -> bool:
        """Return whether the report goes to a device, such as ``/dev/null``, which any number of reports may."""
        mode = self._mode()
        return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)

    def _mode(self) -> int:
        """Return the mode of what is at the place, 0 when nothing is there."""
        try:
            return (os.stat(self.path) if self._descriptor is None else os.fstat(self._descriptor)).st_mode  # noqa: PTH116
        except OSError:
            return 0

    def write(self, text: str) -> None:
        """Write a text. Raises UsageError."""
        with self.stream() as stream:
            stream.write(text.encode("utf-8"))

    @contextmanager
    def stream(self) -> Iterator[IO[bytes]]:
        """Yield the stream that a report is written to; a regular file takes its place at the end. Raises UsageError."""
        if self.is_standard:
            with _packed(sys.stdout.buffer, self.path) as stream:
                yield stream
            sys.stdout.buffer.flush()
            return
        try:
            in_place = self._descriptor is not None or _is_special(self.path) or _stays(self.path)
            with self._in_place() if in_place else self._replaced() as stream:
                yield stream
        except OSError as error:
            raise UsageError(f"the report could not be written to {self.path!r}: {error.strerror or error}") from error

    @contextmanager
    def _in_place(self) -> Iterator[IO[bytes]]:
        if self._descriptor is not None:
            # Not opened by its name, which for a regular file would begin at its start again.
            handle = os.dup(self._descriptor)
        elif stat.S_ISFIFO(self._mode()):
            handle = _open_pipe(self.path)
        else:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        mode = os.fstat(handle).st_mode
        waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        with (
            io.BufferedWriter(_Patient(handle)) if waits else os.fdopen(handle, "wb") as stream,
            _packed(stream, self.path) as packed,
        ):
            yield packed

    @contextmanager
    def _replaced(self) -> Iterator[IO[bytes]]:
        draft = self._draft()
        try:
            with draft.open("wb") as stream, _packed(stream, self.path) as packed:
                yield packed
            with contextlib.suppress(FileNotFoundError):
                _take_after(draft, os.stat(self.path))  # noqa: PTH116
            self._put(draft)
        finally:
            draft.unlink(missing_ok=True)

    def _put(self, draft: Path) -> None:
        try:
            draft.replace(self.path)
        except OSError as error:
            # A file that is mounted by itself, as containers do it, cannot be replaced.
            if error.errno not in (errno.EBUSY, errno.EXDEV):
                raise
            with draft.open("rb") as whole, Path(self.path).open("wb") as place:
                shutil.copyfileobj(whole, place)

    def _probe(self) -> None:
        file = Path(self.path)
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if file.exists():
            if stat.S_ISSOCK(file.stat().st_mode):
                raise OSError(errno.ENXIO, "Is a socket")
            if not os.access(file, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not _is_special(self.path):
            if not _stays(self.path):
                self._draft().unlink()
        elif not file.exists() and not os.access(os.path.dirname(os.path.realpath(file)), os.W_OK):  # noqa: PTH120
            # A symbolic link to a file that is not there yet.
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    def _draft(self) -> Path:
        """Create an empty file beside the report, with the mode that a new file gets."""
        draft = Path(self.path).parent / f".twinwire-{secrets.token_hex(8)}"
        draft.open("xb").close()
        return draft


def _descriptor(path: str) -> int | None:
    """Return the number of the open file that a path names, itself or as a symbolic link, or None when it names a file."""
    for _ in range(_MAX_LINKS):
        if path in _NAMED:
            return _NAMED[path]
        found = re.fullmatch(r"/(?:dev|proc/self)/fd/([0-9]{1,9})", path, re.ASCII)
        if found:
            return int(found[1])
        try:
            path = str(Path(path).parent / Path(path).readlink())
        except (OSError, ValueError):
            return None
    return None


def _is_special(path: str) -> bool:
    """Return whether a path is there and is not a regular file: a pipe, a device, or a symbolic link to whatever."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _stays(path: str) -> bool:
    """Return whether a file can be written but not replaced, because its directory cannot be written."""
    return os.path.exists(path) and not os.access(os.path.dirname(path) or ".", os.W_OK)  # noqa: PTH110, PTH120


def _take_after(draft: Path, old: os.stat_result) -> None:
    """Give a draft the owner, where that is allowed, and the mode of the file that it replaces."""
    with contextlib.suppress(OSError, AttributeError):
        # Not every system has owners.
        os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode))


def _open_pipe(path: str) -> int:
    """Open a named pipe for writing. Raises OSError when no reader comes in time: opening it plainly would wait without end."""
    end = time.monotonic() + PIPE_PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > end:
                raise OSError(errno.ENXIO, f"nothing read from the pipe within {PIPE_PATIENCE:g} s") from error
            time.sleep(0.05)
        else:
            return handle


class _Patient(io.RawIOBase):
    """A pipe or socket to write to, whose reader is waited for a limited time."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._end = time.monotonic() + PIPE_LONGEST
        self._over = ""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Buffer) -> int:
        """Write as much as there is room for, and wait for room. Raises OSError when the reader has stopped reading."""
        # So much never blocks where there is room at all. Whoever passed the pipe to us may not want it to be non-blocking.
        piece = memoryview(data)[: select.PIPE_BUF]
        while not self._over:
            patience = min(PIPE_PATIENCE, self._end - time.monotonic())
            poll = select.poll()
            poll.register(self._handle, select.POLLOUT)
            if patience > 0 and poll.poll(patience * 1000):
                with contextlib.suppress(BlockingIOError):
                    return os.write(self._handle, piece)
            elif time.monotonic() < self._end:
                self._over = f"its reader has read nothing for {PIPE_PATIENCE:g} s"
            else:
                self._over = f"its reader did not take all of it within {PIPE_LONGEST:g} s"
        # At once when it is closed, which would write what is left.
        raise OSError(errno.ETIMEDOUT, self._over)

    def close(self) -> None:
        """Close the descriptor."""
        if not self.closed:
            os.close(self._handle)
        super().close()


@contextmanager
def _packed(stream: IO[bytes], path: str) -> Iterator[IO[bytes]]:
    if not path.endswith(".gz"):
        yield stream
        return
    # Without a name and a time, so that the same report gives the same bytes.
    with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packed:
        yield packed  # type: ignore[misc]
