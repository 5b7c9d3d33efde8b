# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The body of an image as it arrives: what is announced of it, which parts belong together, and how long it may take."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from .._deadline import Deadline
from .address import UnobtainableError
from .content import HEAD_BYTES
from .disk import Draft

LONGEST = 600.0
"""The seconds that an image may take in all, with its redirects, retries and waits."""
SLOWEST = 1024
"""The bytes a second that an answer must bring on average, once its patience is over."""

# The HTTP library would unpack a chunk whole, and one of 64 KB may hold 64 MB.
_STEP = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
# RFC 9110, 8.8.3, without the characters beyond ASCII: the HTTP library does not send them back as they came.
_ETAG = re.compile(r'(?:W/)?"[!#-~]{0,510}"')
_CONTENT_RANGE = re.compile(r"bytes[ \t]+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,18}")
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]


class BrokenBodyError(OSError):
    """A body is not as it was announced; another attempt may go better."""


class Pace(Deadline):
    """The deadline of an image, ``LONGEST`` after now, and the speed of each answer that it comes in.

    An answer has its patience, and must then bring ``SLOWEST`` bytes a second on average.

    Args:
        clock: A clock in seconds that never goes back.
        patience: The seconds after the beginning of an answer from which on its bytes are counted.
    """

    def __init__(self, clock: Callable[[], float], patience: float) -> None:
        super().__init__(LONGEST, clock)
        self._patience = patience
        self._bytes, self._since = 0, clock()

    def begin(self) -> None:
        """Begin an answer."""
        self._bytes, self._since = 0, self._clock()

    def advance(self, count: int) -> None:
        """Take note of bytes that came, and check the time."""
        self._bytes += count
        self.check()

    def check(self) -> None:
        """Raise UnobtainableError when the time is over."""
        if self.is_over:
            raise UnobtainableError(f"it did not come within {LONGEST:.0f} seconds", transient=True)
        if self._clock() - self._since > self._patience + self._bytes / SLOWEST:
            raise UnobtainableError(f"it came slower than {SLOWEST} bytes a second", transient=True)


def sendable_etag(text: str | None) -> str | None:
    """Return an ETag if it has the form of one and can be sent back, else None."""
    return text if text is not None and _ETAG.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Version:
    """The identity of a body's bytes. ``validator`` is the header's value that proves it, in ``validator_name``."""

    etag: str | None
    modified: str | None
    validator_name: str | None

    @property
    def validator(self) -> str | None:
        """The value for If-Range, None when nothing proves that a later answer is of the very same bytes."""
        return {"etag": self.etag, "last-modified": self.modified, None: None}[self.validator_name]

    def agrees(self, headers: Mapping[str, str]) -> bool:
        """Say whether an answer proves to be of this version, and nothing in it says otherwise."""
        other = [(self.etag, headers.get("etag")), (self.modified, headers.get("last-modified"))]
        same = all(theirs in (None, ours) for ours, theirs in other if ours is not None)
        return same and self.validator_name is not None and headers.get(self.validator_name) == self.validator


def _version(headers: Mapping[str, str]) -> Version:
    """Return the version that headers tell: by a strong ETag, or by a date that is old enough."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if etag is not None:
        strong = sendable_etag(etag) is not None and not etag.startswith("W/")
        return Version(etag, modified, "etag" if strong else None)
    try:
        age = (parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified or "")).total_seconds()
    except (ValueError, TypeError, OverflowError):
        age = 0.0
    # RFC 9110, 8.8.2.2: within a minute the same date may stand for other bytes.
    return Version(None, modified, "last-modified" if age >= 60 and _DATE.fullmatch(modified or "") else None)


class _Unpacker:
    """Undoes a content coding in steps; UnobtainableError when the body is not in it."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if coding == "deflate" else _GZIP)

    @property
    def is_complete(self) -> bool:
        """Whether the coding has come to its end, and its checksum is right."""
        return self._stream.eof

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what is in a part of the body, at most ``_STEP`` bytes at a time."""
        try:
            while data:
                yield self._stream.decompress(data, _STEP)
                data = self._stream.unconsumed_tail
                if self._stream.eof and self._stream.unused_data.startswith(b"\x1f\x8b"):
                    # Another member follows, as gzip allows.
                    data = self._stream.unused_data
                    self._stream = zlib.decompressobj(_GZIP)
        except zlib.error:
            raise UnobtainableError(f"its body is not in the coding {self._coding} that it is labelled with") from None


State = Literal["none", "whole", "part", "foreign", "coded"]


class Sink:
    """Takes the bodies of answers into a draft, up to ``max_bytes``: a whole one, or parts that belong together.

    ``state`` says what the last answer was: the image is there (whole), the next part has to be asked for (part), the answer
    belongs to something else and the image has to be asked for anew (foreign), or its coding cannot be undone (coded).
    """

    def __init__(self, draft: Draft, max_bytes: int, pace: Pace) -> None:
        self._draft = draft
        self._max_bytes = max_bytes
        self.pace = pace
        self.state: State = "none"
        self.etag: str | None = None
        self.content_type: str | None = None
        self.coding = ""
        self.head = b""
        self._headers: Mapping[str, str] | None = None
        self._total: int | None = None
        self._expected: int | None = None
        self._received = 0
        self._unpacker: _Unpacker | None = None

    @property
    def size(self) -> int:
        """The number of bytes that are there."""
        return self._draft.size

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the rest only, where what is there is known to be its beginning."""
        version = self._version
        if not self._draft.size or version is None or (validator := version.validator) is None:
            return {}
        return {"Range": f"bytes={self._draft.size}-", "If-Range": validator}

    @property
    def _version(self) -> Version | None:
        """The version of what is there, None where ranges do not count it. It is asked for only when a body broke off."""
        return None if self._headers is None else _version(self._headers)

    def restart(self) -> None:
        """Drop what is there."""
        self._draft.restart()
        self.head, self._headers, self._total, self._unpacker = b"", None, None, None

    def opens(self, head: Head) -> bool:
        """Say whether the body belongs into the file. Raises UnobtainableError when it is announced to be too large."""
        self.state, self._received, self._expected = "none", 0, _length(head.headers)
        self.coding = head.headers.get("content-encoding", "").strip().lower()
        if head.status == 200:
            self._open_whole(head.headers)
        elif head.status == 206 and self.conditions():
            self.state = "whole" if self._continues(head.headers) else "foreign"
            if self.state == "foreign":
                self.restart()
        return self.state == "whole"

    def _open_whole(self, headers: Mapping[str, str]) -> None:
        self.restart()
        self.etag, self.content_type = sendable_etag(headers.get("etag")), headers.get("content-type")
        if self.coding in ("", "identity"):
            # Packed bytes cannot be gone on with: what is there is not what the ranges count.
            self._headers, self._total = headers, self._expected
            if self._total is not None and self._total > self._max_bytes:
                raise self._too_large()
        elif self.coding in ("gzip", "x-gzip", "deflate"):
            self._unpacker = _Unpacker(self.coding)
        else:
            self.state = "coded"
            return
        self.state = "whole"

    def _continues(self, headers: Mapping[str, str]) -> bool:
        """Say whether a partial answer is the part that was asked for, of the version that is there."""
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        version = self._version
        if found is None or version is None or not version.agrees(headers) or self.coding not in ("", "identity"):
            return False
        first, last = int(found[1]), int(found[2])
        total = self._total if found[3] == "*" else int(found[3])
        if total is None or (self._total is not None and total != self._total) or not first <= last < total:
            return False
        if first != self._draft.size or self._expected not in (None, last + 1 - first):
            return False
        if total > self._max_bytes:
            raise self._too_large()
        self._total, self._expected = total, last + 1 - first
        return True

    def write(self, data: bytes) -> None:
        """Take a part of the body as it was sent. Raises UnobtainableError beyond the limits, and for a broken coding."""
        self.pace.advance(len(data))
        self._received += len(data)
        if self._expected is not None and self._received > self._expected:
            self.restart()
            raise BrokenBodyError(f"more bytes came than the {self._expected} that were announced")
        for piece in (data,) if self._unpacker is None else self._unpacker.unpack(data):
            self._keep(piece)

    def write_decoded(self, data: bytes) -> None:
        """Take a body that a transport of its own has read and unpacked."""
        self._unpacker, self._received = None, self._expected or 0
        self._keep(data)

    def end(self) -> None:
        """Take the end of the body. Raises BrokenBodyError when less came than was announced."""
        if self._unpacker is not None and not self._unpacker.is_complete:
            raise BrokenBodyError(f"the {self.coding} of the body ends too early")
        if self._expected is not None and self._received != self._expected:
            raise BrokenBodyError(f"{self._received} bytes came of the {self._expected} that were announced")
        if self._total is not None and self._draft.size < self._total:
            self.state = "part"

    def _keep(self, data: bytes) -> None:
        if self._draft.size + len(data) > self._max_bytes:
            raise self._too_large()
        self._draft.write(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]

    def _too_large(self) -> UnobtainableError:
        return UnobtainableError(f"it has more bytes than max_image_bytes, {self._max_bytes}, allows")


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if "transfer-encoding" not in headers and _LENGTH.fullmatch(text) else None
