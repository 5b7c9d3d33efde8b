"""Redaction: replace the caller's secrets in everything that the run writes, also in changed forms.

The search finds a secret, and each part that is a secret itself (see ``needles.parts``):

- in upper and lower case, with spaces and control characters replaced or left out, ``+`` for space, and trimmed;
- behind up to six layers of escapes in any order: percent-encoding, JSON, JavaScript, Python, HTML and XML, shell;
- in base64 (both alphabets, alone or amid other text, on one line or on several) and hexadecimal, at most two of them in
  each other, with escapes around them and within; in base32;
- as its beginning or end, where the text around it was cut.

The search does not find hashes, encrypted or compressed data, a reversed or translated secret, one that is split by
characters other than line breaks or lacks some letters and digits, more than two nested codings, and charsets other than
UTF-8, UTF-16 and, for Western letters, Latin-1. A secret of fewer than eight characters is found only as a whole word, and
one of fewer than four only in the request itself.

The search takes linear time: each pattern is tried once at each place, and can match in one way only.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, unquote_plus

from twinwire_conformance.model import Request
from twinwire_conformance.transport.escapes import decoded, layers
from twinwire_conformance.transport.needles import LEAST, PLAIN, fold, parts, pattern, plain_forms

REDACTED = "***"
PIECE = 256 * 1024
_WIDEST = 64  # more bytes than any form of one byte has
_MOST_HELD = 2 * PIECE
# Basic credentials (base64) within a base64 cookie need two. Each level multiplies the time of the search.
_MAX_CODINGS = 2
# Marks at the place where a text was cut. The sure ones always mean a cut; the others also occur elsewhere.
_ELLIPSIS: Final = "…".encode()
_SURE_CUTS: Final = (_ELLIPSIS, b"...")
_CUTS: Final = (b"\n", b"'", b'"', b"<", b"&quot;", b"\\")


class Secrets:
    """The secrets of a run.

    Args:
        values: The secrets.
        session: The parameter name and value of the session, which are also redacted by name; None without a session.
    """

    def __init__(self, values: Sequence[str] = (), session: tuple[str, str] | None = None) -> None:
        self.session = session
        found = dict.fromkeys(part for value in values for part in parts(value) if len(part) >= LEAST)
        long, short = ([value for value in found if (len(value) < PLAIN) is is_short] for is_short in (False, True))
        self._patterns = [made for made in (pattern(long, alone=False), pattern(short, alone=True)) if made is not None]
        self._long = [fold(data) for value in long for data in plain_forms(value) if len(data) > PLAIN]
        longest = max((len(data) for value in found for data in plain_forms(value)), default=0)
        self._reach = min(_WIDEST * longest, _MOST_HELD)

    def text(self, text: str) -> str:
        """Redact a text."""
        if not self._patterns:
            return text
        # surrogateescape maps raw bytes to U+DC80..U+DCFF. Other surrogates come from JSON and need surrogatepass.
        escapes = all("\udc80" <= char <= "\udcff" for char in text if "\ud800" <= char <= "\udfff")
        errors = "surrogateescape" if escapes else "surrogatepass"
        clean = b"".join(self._pieces(_cut(text.encode("utf-8", errors))))
        try:
            return clean.decode("utf-8", errors)
        except UnicodeDecodeError:
            return clean.decode("utf-8", "replace")

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield redacted data in pieces, so that a large body is not copied in memory."""
        wide = _wide(data) if self._patterns else None
        if not self._patterns:
            yield from _cut(data)
        elif wide is None:
            yield from self._pieces(_cut(data))
        else:
            decoder, encoder = codecs.getincrementaldecoder(wide)("replace"), codecs.getincrementalencoder(wide)("replace")
            plain = codecs.getincrementaldecoder("utf-8")("replace")
            narrow = (decoder.decode(piece).encode("utf-8", "replace") for piece in _cut(data))
            yield from (encoder.encode(plain.decode(piece)) for piece in self._pieces(narrow))

    def _pieces(self, data: Iterable[bytes]) -> Iterator[bytes]:
        held = b""
        pieces = iter(data)
        coming = next(pieces, None)
        starts = True
        while coming is not None:
            buffer, coming = held + coming, next(pieces, None)
            cut = len(buffer) if coming is None else max(0, len(buffer) - self._reach)
            spans = self._spans(buffer, starts=starts, ends=coming is None)
            # A secret that spans the cut is left whole for the next piece.
            cut = min([cut, *(first for first, last in spans if first < cut < last)])
            yield _without(buffer, [span for span in spans if span[1] <= cut], cut)
            held = buffer[cut:]
            starts = starts and not cut

    def mask(self, request: Request) -> Request:
        """Return a request with the caller's session redacted, for display and for recordings."""
        if self.session is None:
            return request
        params = tuple((name, REDACTED if (name, value) == self.session else value) for name, value in request.params)
        raw = request.raw_query
        return replace(request, params=params, raw_query=None if raw is None else self._mask_raw(raw, self.session))

    @staticmethod
    def _mask_raw(raw: str, session: tuple[str, str]) -> str:
        """Redact the session in a query that may be malformed, and leave the rest unchanged."""
        pieces = re.split("([&;])", raw)
        for index, piece in enumerate(pieces):
            name, equals, value = piece.partition("=")
            same = any((read(name), read(value)) == session for read in (str, _unquoted, _unquoted_plus))
            if equals and same:
                pieces[index] = f"{name}={REDACTED}"
        return "".join(pieces)

    def _spans(self, buffer: bytes, *, starts: bool, ends: bool) -> list[tuple[int, int]]:
        found = self._found(buffer, _MAX_CODINGS, starts=starts, ends=ends)
        merged: list[tuple[int, int]] = []
        for first, last in sorted(found):
            if merged and first < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged

    def _found(self, data: bytes, codings: int, *, starts: bool, ends: bool) -> list[tuple[int, int]]:
        """Return the spans of secrets in data, behind any escapes and at most ``codings`` nested codings.

        Example: ``eyJ0IjoiczNjcmV0JTVGa2V5In0=`` -> base64 decodes to ``{"t":"s3cret%5Fkey"}`` -> one layer of escapes gives
        ``s3cret_key``, which matches -> both steps map the match back to a span of the original.
        """
        found: list[tuple[int, int]] = []
        for layer, places in layers(data):
            folded = fold(layer)
            spans = [*self._whole(folded), *self._parts(layer, folded, starts=starts, ends=ends)]
            if codings:
                for inner, place in decoded(layer):
                    spans += [place(*span) for span in self._found(inner, codings - 1, starts=False, ends=False)]
            for each in reversed(places):
                spans = [each.span(*span) for span in spans]
            found += spans
        return found

    def _whole(self, folded: bytes) -> Iterator[tuple[int, int]]:
        for each in self._patterns:
            match = each.search(folded)
            while match is not None:
                yield match.span()
                # The next search starts within this match, because secrets may overlap.
                match = each.search(folded, match.start() + 1)

    def _parts(self, layer: bytes, folded: bytes, *, starts: bool, ends: bool) -> Iterator[tuple[int, int]]:
        """Yield beginnings and ends of secrets next to a cut, because error messages shorten their quotations."""
        for secret in self._long:
            place = folded.find(secret[:LEAST])
            while place != -1:
                size = _alike(secret, folded, place)
                end = place + size
                sure = layer.startswith(_SURE_CUTS, end) or (ends and end == len(folded))
                if size < len(secret) and (sure or (size >= PLAIN and layer.startswith(_CUTS, end))):
                    yield place, end
                place = folded.find(secret[:LEAST], max(end - LEAST, place) + 1)
            begins = [0] if starts else []
            begins += [match.end() for match in re.finditer(re.escape(_ELLIPSIS), layer)]
            for begin in begins:
                size = next(
                    (size for size in range(len(secret) - 1, PLAIN - 1, -1) if folded.startswith(secret[-size:], begin)), 0
                )
                if size:
                    yield begin, begin + size


def _alike(secret: bytes, folded: bytes, place: int) -> int:
    """Return the number of bytes at a place that equal the beginning of a secret."""
    size = LEAST
    while size < len(secret) and folded[place + size : place + size + 1] == secret[size : size + 1]:
        size += 1
    return size


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))


def _unquoted(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _unquoted_plus(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")


def _wide(data: bytes) -> str | None:
    """Detect UTF-16 by its byte order mark or zero bytes. Return None for other data."""
    start = data[:2]
    if start == b"\xff\xfe" or (start[1:] == b"\0" and start[:1] != b"\0"):
        return "utf-16-le"
    if start == b"\xfe\xff" or (start[:1] == b"\0" and start[1:] not in (b"", b"\0")):
        return "utf-16-be"
    return None


def _without(buffer: bytes, spans: Sequence[tuple[int, int]], end: int) -> bytes:
    kept: list[bytes] = []
    position = 0
    for first, last in spans:
        kept += [buffer[position:first], REDACTED.encode("ascii")]
        position = last
    return b"".join([*kept, buffer[position:end]])
