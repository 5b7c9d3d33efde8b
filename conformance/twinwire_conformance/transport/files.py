"""Files that a caller names: read whole, within bounds of size and time, whatever they are."""

from __future__ import annotations

import errno
import gzip
import io
import os
import select
import stat
from typing import Final, cast

from twinwire_conformance.transport.deadline import ExchangeDeadline

MAX_BYTES: Final = 256 * 1024 * 1024
"""The largest file, and the largest text that a compressed one expands to, in bytes."""
PATIENCE: Final = 60.0
"""The seconds in which a pipe or a device must have come to its end."""
_STEP: Final = 1024 * 1024


class TooLarge(Exception):
    """A file is larger than it may be."""


def read_file(path: str) -> bytes:
    """Return the bytes of a file, unpacked when its name ends in ``.gz``.

    Raises:
        OSError: It cannot be read.
        TooLarge: It has, or expands to, more than ``MAX_BYTES``.
        TimeoutError: It did not end in time.
        EOFError: It is compressed and lacks its end.
    """
    # Opening a pipe plainly would wait for a writer without end.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with _Bounded(handle) as raw, io.BufferedReader(cast("io.RawIOBase", raw), _STEP) as stream:
        if not path.endswith(".gz"):
            return _whole(stream)
        with gzip.GzipFile(fileobj=stream) as unpacked:
            return _whole(unpacked)


def _whole(stream: io.BufferedIOBase) -> bytes:
    taken = io.BytesIO()
    while piece := stream.read(_STEP):
        taken.write(piece)
        if taken.tell() > MAX_BYTES:
            raise TooLarge(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
        if taken.tell() == len(piece) and piece.lstrip()[:1] not in (b"{", b"\xef", b""):
            raise ValueError("it does not begin with an object")
    return taken.getvalue()


class _Bounded(io.RawIOBase):
    """A file descriptor that is read for a limited time and up to a limited size."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._deadline = ExchangeDeadline(PATIENCE)
        self._size = 0
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            os.close(handle)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        self._waits = not stat.S_ISREG(mode)
        self._pipe = stat.S_ISFIFO(mode)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read what is there, and wait for it where it may still come. Raises TimeoutError and TooLarge."""
        while True:
            if self._deadline.is_over:
                raise TimeoutError(f"it did not end within {PATIENCE:g} s")
            if self._waits:
                select.select([self._handle], [], [], min(1.0, self._deadline.rest))
            try:
                data = os.read(self._handle, len(buffer))
            except BlockingIOError:
                continue
            if not data and self._pipe and not self._size and not self._ended():
                # A named pipe that no writer has opened yet.
                select.select([], [], [], 0.05)
                continue
            self._size += len(data)
            if self._size > MAX_BYTES:
                raise TooLarge(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
            buffer[: len(data)] = data
            return len(data)

    def _ended(self) -> bool:
        """Return whether a pipe had a writer, which has closed it."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN | select.POLLHUP)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def close(self) -> None:
        """Close the descriptor."""
        if not self.closed:
            os.close(self._handle)
        super().close()
