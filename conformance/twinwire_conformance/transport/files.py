"""Reading of files named by the caller, within limits of size and time, also from pipes and devices."""

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
"""The largest file in bytes, before and after decompression."""
PATIENCE: Final = 60.0
"""The seconds within which a pipe or a device must reach its end."""
_STEP: Final = 1024 * 1024


class TooLarge(Exception):
    """A file is larger than ``MAX_BYTES``."""


def read_file(path: str) -> bytes:
    """Return the bytes of a file, decompressed when its name ends in ``.gz``.

    Raises:
        OSError: The file cannot be read.
        TooLarge: The file has more than ``MAX_BYTES`` before or after decompression.
        TimeoutError: The file did not end within ``PATIENCE`` seconds.
        EOFError: The compressed file is truncated.
        ValueError: The content does not begin like a JSON object.
    """
    # Without O_NONBLOCK, opening a pipe waits for a writer without a time limit.
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
    """A file descriptor with limits on reading time and size."""

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
        """Read available bytes, and wait for more from a pipe or device.

        Raises:
            TimeoutError: The file did not end in time.
            TooLarge: The file has more than ``MAX_BYTES``.
        """
        while True:
            if self._deadline.is_over:
                raise TimeoutError(f"it did not end within {PATIENCE:g} s")
            # select returns at once for regular files, and their reads never block.
            if self._waits:
                select.select([self._handle], [], [], min(1.0, self._deadline.rest))
            try:
                data = os.read(self._handle, len(buffer))
            except BlockingIOError:
                continue
            if not data and self._pipe and not self._size and not self._ended():
                # A named pipe also reads as empty before a writer has opened it.
                select.select([], [], [], 0.05)
                continue
            self._size += len(data)
            if self._size > MAX_BYTES:
                raise TooLarge(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
            buffer[: len(data)] = data
            return len(data)

    def _ended(self) -> bool:
        """Return whether a pipe's writer has closed it."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN | select.POLLHUP)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def close(self) -> None:
        """Close the descriptor."""
        if not self.closed:
            os.close(self._handle)
        super().close()
