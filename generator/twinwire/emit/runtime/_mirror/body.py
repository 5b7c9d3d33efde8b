"""Reception of an image's body: announced size, partial responses of one version, content coding, and time limits."""

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
"""The total time limit of an image in seconds, including redirects, retries and waits."""
SLOWEST = 1024
"""The minimum average speed of a response in bytes per second, enforced once its patience is over."""

# The HTTP library decompresses a chunk in one go, and a chunk of 64 KB may expand to 64 MB, so decompress in steps here.
_STEP = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
# RFC 9110, 8.8.3, restricted to ASCII: the HTTP library does not send other characters back unchanged.
_ETAG = re.compile(r'(?:W/)?"[!#-~]{0,510}"')
_CONTENT_RANGE = re.compile(r"bytes[ \t]+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,18}")
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


@dataclass(frozen=True, slots=True)
class Head:
    """The status and headers of a response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]


class BrokenBodyError(OSError):
    """A body does not match its announced length; another attempt may succeed."""


class Pace(Deadline):
    """The deadline of an image, ``LONGEST`` seconds from now, and the minimum speed of each of its responses.

    Once the patience is over, a response must average ``SLOWEST`` bytes per second.

    Args:
        clock: A monotonic clock in seconds.
        patience: Seconds from the beginning of a response until its speed is checked.
    """

    def __init__(self, clock: Callable[[], float], patience: float) -> None:
        super().__init__(LONGEST, clock)
        self._patience = patience
        self._bytes, self._since = 0, clock()

    def begin(self) -> None:
        """Start measuring a new response."""
        self._bytes, self._since = 0, self._clock()

    def advance(self, count: int) -> None:
        """Count received bytes, and check the time limits."""
        self._bytes += count
        self.check()

    def check(self) -> None:
        """Raise UnobtainableError when a time limit is exceeded."""
        if self.is_over:
            raise UnobtainableError(f"it did not come within {LONGEST:.0f} seconds", transient=True)
        if self._clock() - self._since > self._patience + self._bytes / SLOWEST:
            raise UnobtainableError(f"it came slower than {SLOWEST} bytes a second", transient=True)


def sendable_etag(text: str | None) -> str | None:
    """Return an ETag if it is well-formed and can be sent back, else None."""
    return text if text is not None and _ETAG.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Version:
    """The identity of a body's bytes. ``validator`` is the value that proves it, of the header ``validator_name``."""

    etag: str | None
    modified: str | None
    validator_name: str | None

    @property
    def validator(self) -> str | None:
        """The value for If-Range, None when nothing proves that a later response has the same bytes."""
        return {"etag": self.etag, "last-modified": self.modified, None: None}[self.validator_name]

    def agrees(self, headers: Mapping[str, str]) -> bool:
        """Return True when a response proves to be of this version, and no header contradicts it."""
        other = [(self.etag, headers.get("etag")), (self.modified, headers.get("last-modified"))]
        same = all(theirs in (None, ours) for ours, theirs in other if ours is not None)
        return same and self.validator_name is not None and headers.get(self.validator_name) == self.validator


def _version(headers: Mapping[str, str]) -> Version:
    """Return the version that headers identify, by a strong ETag or by a sufficiently old Last-Modified date."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if etag is not None:
        strong = sendable_etag(etag) is not None and not etag.startswith("W/")
        return Version(etag, modified, "etag" if strong else None)
    try:
        age = (parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified or "")).total_seconds()
    except (ValueError, TypeError, OverflowError):
        age = 0.0
    # RFC 9110, 8.8.2.2: a date less than a minute old is weak, because the bytes may change within its resolution.
    return Version(None, modified, "last-modified" if age >= 60 and _DATE.fullmatch(modified or "") else None)


class _Unpacker:
    """Decompressor that works in steps; raises UnobtainableError when the body does not match its coding."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if coding == "deflate" else _GZIP)

    @property
    def is_complete(self) -> bool:
        """True when the compressed stream is complete and its checksum is correct."""
        return self._stream.eof

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Decompress a part of the body, and yield at most ``_STEP`` bytes at a time."""
        try:
            while data:
                yield self._stream.decompress(data, _STEP)
                data = self._stream.unconsumed_tail
                if self._stream.eof and self._stream.unused_data.startswith(b"\x1f\x8b"):
                    # RFC 1952 allows several gzip members in a row.
                    data = self._stream.unused_data
                    self._stream = zlib.decompressobj(_GZIP)
        except zlib.error:
            raise UnobtainableError(f"its body is not in the coding {self._coding} that it is labelled with") from None


State = Literal["none", "whole", "part", "foreign", "coded"]


class Sink:
    """Receiver that writes response bodies into a draft, up to ``max_bytes``: a complete one, or parts of one version.

    ``state`` describes the last response: the image is complete (whole), the next part must be requested (part), the response
    is of another version and the image must be requested from the start (foreign), or its coding is unsupported (coded).
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
        """The number of bytes received."""
        return self._draft.size

    def conditions(self) -> dict[str, str]:
        """Return the Range headers that request the missing rest, empty when the received bytes cannot be continued."""
        version = self._version
        if not self._draft.size or version is None or (validator := version.validator) is None:
            return {}
        return {"Range": f"bytes={self._draft.size}-", "If-Range": validator}

    @property
    def _version(self) -> Version | None:
        """The version of the received bytes, None where ranges cannot continue them. Only needed after an interrupted body."""
        return None if self._headers is None else _version(self._headers)

    def restart(self) -> None:
        """Discard the received bytes."""
        self._draft.restart()
        self.head, self._headers, self._total, self._unpacker = b"", None, None, None

    def opens(self, head: Head) -> bool:
        """Return True when the body belongs to the file. Raises UnobtainableError when its announced length is too large."""
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
            # A compressed body cannot be continued: ranges count compressed bytes, and the draft holds decompressed ones.
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
        """Return True when a partial response is the requested part, of the version received before."""
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
        """Receive a part of the body as sent. Raises UnobtainableError beyond the limits, and for a broken coding."""
        self.pace.advance(len(data))
        self._received += len(data)
        if self._expected is not None and self._received > self._expected:
            self.restart()
            raise BrokenBodyError(f"more bytes came than the {self._expected} that were announced")
        for piece in (data,) if self._unpacker is None else self._unpacker.unpack(data):
            self._keep(piece)

    def write_decoded(self, data: bytes) -> None:
        """Receive a body that a custom transport has read and decompressed."""
        self._unpacker, self._received = None, self._expected or 0
        self._keep(data)

    def end(self) -> None:
        """Complete the body. Raises BrokenBodyError when fewer bytes arrived than announced."""
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
