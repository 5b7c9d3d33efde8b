"""Destinations of reports: regular files, replaced atomically; pipes and devices; standard output."""

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
"""Seconds to wait for a pipe's reader to open the pipe, and between two reads."""
PIPE_LONGEST = 600.0
"""Seconds within which the reader of a pipe must have read the whole report."""

_NAMED = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_MAX_LINKS = 40
_HINT = "name a file in a directory that can be written"


class Output:
    """The destination of a report. A name that ends in ``.gz`` compresses the report.

    ``-`` is standard output, as are the system's names for it. A regular file is replaced at the end and keeps its mode. Any
    other file (a named pipe, a device, a symbolic link, ``>(...)`` of a shell) is written in place, because a replacement
    would destroy it.

    The check before the run does not open existing files: opening a pipe waits for a reader, and closing it again ends the
    reader's input.

    Args:
        path: The name of the file, or ``-``.

    Raises:
        UsageError: The report could not be written after the run.
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
        """Return whether the report goes to standard output, which then must carry no other output."""
        return self._descriptor == 1

    @property
    def is_device(self) -> bool:
        """Return whether the report goes to a device such as ``/dev/null``, which several reports may share."""
        mode = self._mode()
        return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)

    def _mode(self) -> int:
        """Return the mode of the existing file, 0 without one."""
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
        """Yield the binary stream for a report. A regular file is replaced at the end. Raises UsageError."""
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
            # Opening /dev/fd/N by name would restart at offset 0 of a regular file and overwrite earlier output.
            handle = os.dup(self._descriptor)
        elif stat.S_ISFIFO(self._mode()):
            handle = _open_pipe(self.path)
        else:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        mode = os.fstat(handle).st_mode
        # The reader of a pipe or socket may stop reading, and a plain write would then block without a time limit.
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
                # The mode of a report may restrict its readers, so the draft gets it before it replaces the report.
                _take_after(draft, os.stat(self.path))  # noqa: PTH116
            self._put(draft)
        finally:
            draft.unlink(missing_ok=True)

    def _put(self, draft: Path) -> None:
        try:
            # A rename is atomic: a reader sees the old report or the whole new one.
            draft.replace(self.path)
        except OSError as error:
            # A single file mounted into a container is a mount point, which rename cannot replace.
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
            # A dangling symbolic link, whose target would be created in a directory that is not writable.
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    def _draft(self) -> Path:
        """Create an empty file beside the report with the default mode, so that a rename stays on one file system."""
        draft = Path(self.path).parent / f".twinwire-{secrets.token_hex(8)}"
        draft.open("xb").close()
        return draft


def _descriptor(path: str) -> int | None:
    """Return the file descriptor that a path denotes, directly or through symbolic links; None for other paths."""
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
    """Return whether a path exists and is not a regular file, for example a pipe, a device or a symbolic link."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _stays(path: str) -> bool:
    """Return whether a file must be written in place because its directory is not writable."""
    return os.path.exists(path) and not os.access(os.path.dirname(path) or ".", os.W_OK)  # noqa: PTH110, PTH120


def _take_after(draft: Path, old: os.stat_result) -> None:
    """Copy the mode, and if possible the owner, of the replaced file to its draft."""
    with contextlib.suppress(OSError, AttributeError):
        # Only root may change owners, and Windows has no os.chown.
        os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode))


def _open_pipe(path: str) -> int:
    """Open a named pipe for writing. Raises OSError without a reader in time; a blocking open has no time limit."""
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
    """A writable pipe or socket with a limit on the time that its reader may take."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._end = time.monotonic() + PIPE_LONGEST
        self._over = ""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Buffer) -> int:
        """Write the next piece once there is room. Raises OSError when the reader has stopped reading."""
        # A write of up to PIPE_BUF bytes does not block once poll reports room. O_NONBLOCK would change the pipe for the
        # process that shares it.
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
        # BufferedWriter flushes on close. The error is raised again at once, without another wait.
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
    # Without file name and time in the gzip header, the same report has the same bytes.
    with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packed:
        yield packed  # type: ignore[misc]
