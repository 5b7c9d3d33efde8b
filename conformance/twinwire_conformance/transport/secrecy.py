"""Secrecy: what the caller entrusted to the run is replaced in all that the run writes, in whatever form it comes back."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, takewhile
from urllib.parse import unquote, unquote_plus

from twinwire_conformance.model import Request

REDACTED = "***"
LEAST = 4
"""Shorter secrets, in characters, are hidden only where they are sent: anywhere else they would deface the text."""
PLAIN = 8
"""Shorter secrets, in characters, are found only where they stand alone."""
PIECE = 1024 * 1024
_WIDEST = 48  # more bytes than any form of one character has

# What ends just before a text that stands alone: nothing, no letter or digit, or an escape sequence.
_APART = re.compile(rb"(?:^|[^0-9A-Za-z]|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[bfnrt])$")
_CREDENTIAL = re.compile(r"[A-Za-z][\w-]* +(\S+)")

_NAMED = {
    " ": [rb"\+"],
    "&": [b"&(?:amp;){1,2}"],
    "<": [b"&(?:amp;)?lt;"],
    ">": [b"&(?:amp;)?gt;"],
    '"': [b"&(?:amp;)?quot;"],
    "'": [b"&(?:amp;)?apos;", b"'\"'\"'"],
}
"""Forms with a name of their own, in URLs, in XML and in a shell."""


class Secrets:
    """The secrets of a run. ``session`` is the session's parameter and value, which is hidden by name as well."""

    def __init__(self, values: Sequence[str] = (), session: tuple[str, str] | None = None) -> None:
        self.session = session
        found = dict.fromkeys(part for value in values for part in _parts(value))
        ordered = sorted((value for value in found if len(value) >= LEAST), key=len, reverse=True)
        self._long = [value for value in ordered if len(value) > PLAIN]
        self._patterns = [(pattern, len(value) < PLAIN) for value in ordered for pattern in _patterns(value)]
        self._reach = max((_WIDEST * len(value.encode("utf-8", "surrogateescape")) for value in ordered), default=0)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if not self._patterns:
            return text
        # Lone surrogates stand for raw bytes; only a text from elsewhere holds others.
        escapes = all("\udc80" <= char <= "\udcff" for char in text if "\ud800" <= char <= "\udfff")
        errors = "surrogateescape" if escapes else "surrogatepass"
        return self._cut_short(b"".join(self._pieces(text.encode("utf-8", errors))).decode("utf-8", errors))

    def _cut_short(self, text: str) -> str:
        """Hide also what begins like a secret where the text itself was cut, as messages cut what they quote."""
        for value in self._long:
            start = text.find(value[:PLAIN])
            while start != -1:
                alike = takewhile(lambda pair: pair[0] == pair[1], zip(value, text[start:], strict=False))
                end = start + len(list(alike))
                if text[end : end + 1] in ("", "…", "\n", "'", '"'):
                    text = text[:start] + REDACTED + text[end:]
                start = text.find(value[:PLAIN], start + 1)
        return text

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield data without secrets, piece by piece, so that a large body is not held a second time."""
        wide = _wide(data)
        if wide is not None and self._patterns:
            try:
                yield self.text(data.decode(wide, "surrogatepass")).encode(wide, "surrogatepass")
            except UnicodeError:
                yield from self._pieces(data)
        else:
            yield from self._pieces(data)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        held = b""
        for start in range(0, len(data), PIECE):
            buffer = held + data[start : start + PIECE]
            cut = len(buffer) if start + PIECE >= len(data) else max(0, len(buffer) - self._reach)
            spans = self._spans(buffer)
            # A form that has begun before the cut goes on with the next piece.
            cut = min([cut, *(first for first, last in spans if first < cut < last)])
            yield _without(buffer, [span for span in spans if span[1] <= cut], cut)
            held = buffer[cut:]

    def mask(self, request: Request) -> Request:
        """Return a request as it may be shown and recognised: with the caller's session replaced."""
        if self.session is None:
            return request
        params = tuple((name, REDACTED if (name, value) == self.session else value) for name, value in request.params)
        raw = request.raw_query
        return replace(request, params=params, raw_query=None if raw is None else self._mask_raw(raw, self.session))

    @staticmethod
    def _mask_raw(raw: str, session: tuple[str, str]) -> str:
        """Replace the session's value in a query that may be malformed; all else stays as it is."""
        pieces = re.split("([&;])", raw)
        for index, piece in enumerate(pieces):
            name, equals, value = piece.partition("=")
            same = any((read(name), read(value)) == session for read in (str, _unquoted, _unquoted_plus))
            if equals and same:
                pieces[index] = f"{name}={REDACTED}"
        return "".join(pieces)

    def _spans(self, buffer: bytes) -> list[tuple[int, int]]:
        found = sorted(
            match.span()
            for pattern, alone in self._patterns
            for match in pattern.finditer(buffer)
            if not alone or _alone(buffer, *match.span())
        )
        merged: list[tuple[int, int]] = []
        for first, last in found:
            if merged and first < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged


def _unquoted(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _unquoted_plus(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")


def _wide(data: bytes) -> str | None:
    """Return the charset of text in units of two bytes, told by its byte order mark or its zeros, or None."""
    start = data[:2]
    if start == b"\xff\xfe" or (start[1:] == b"\0" and start[:1] != b"\0"):
        return "utf-16-le"
    if start == b"\xfe\xff" or (start[:1] == b"\0" and start[1:] not in (b"", b"\0")):
        return "utf-16-be"
    return None


def _without(buffer: bytes, spans: Sequence[tuple[int, int]], end: int) -> bytes:
    parts: list[bytes] = []
    position = 0
    for first, last in spans:
        parts += [buffer[position:first], REDACTED.encode("ascii")]
        position = last
    return b"".join([*parts, buffer[position:end]])


def _alone(buffer: bytes, first: int, last: int) -> bool:
    return bool(_APART.search(buffer[max(0, first - 6) : first])) and not buffer[last : last + 1].isalnum()


def _parts(value: str) -> Iterator[str]:
    """Yield a secret and the parts of it that are secret by themselves: credentials after a scheme, a Basic password."""
    yield value
    credential = _CREDENTIAL.fullmatch(value)
    if credential is None:
        return
    yield credential[1]
    try:
        user, colon, password = base64.b64decode(credential[1], validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return
    if colon:
        yield from (f"{user}:{password}", password)


def _patterns(value: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return what finds a secret: one pattern for its characters however each is escaped, one for it as a whole."""
    escaped = b"".join(b"(?:%s)" % b"|".join(_forms(char)) for char in value)
    data = value.encode("utf-8", "surrogateescape")
    whole = sorted(set(_base64_forms(data)), key=lambda form: (-len(form), form))
    return re.compile(escaped), re.compile(b"|".join(map(re.escape, whole)))


def _forms(char: str) -> Iterator[bytes]:
    """Yield patterns of one character: plain, percent-encoded, and escaped as in JSON, XML, Python and a shell."""
    raw = {char.encode("utf-8", "surrogateescape")}
    if "\x7f" < char < "\u0100":
        raw.add(char.encode("latin-1"))
    for data in raw:
        yield re.escape(data)
        # Percent signs are themselves encoded when a URL stands inside another.
        yield b"".join(b"%%(?:25){0,2}%s" % _either_case(b"%02X" % byte) for byte in data)
    # Backslashes are themselves escaped when one JSON text stands inside another.
    units = char.encode("utf-16-be", "surrogatepass")
    pairs = (units[index : index + 2].hex().encode("ascii") for index in range(0, len(units), 2))
    yield b"".join(rb"\\{1,8}u" + _either_case(pair) for pair in pairs)
    short = json.dumps(char, ensure_ascii=False)[1:-1]
    if char in "/'`$!" or short != char:
        yield rb"\\{1,8}" + re.escape(short[-1:].encode("utf-8", "surrogateescape"))
    code = ord(char)
    yield b"&(?:amp;)?#(?:0{0,4}%d|[xX]0{0,4}%s);" % (code, _either_case(b"%X" % code))
    yield from _NAMED.get(char, ())


def _either_case(text: bytes) -> bytes:
    return b"".join(b"[%c%c]" % (byte, byte + 32) if 65 <= byte <= 70 else b"%c" % byte for byte in text.upper())


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of data, alone and amid others: there, the characters that depend on nothing but it."""
    whole = base64.b64encode(data)
    amid = []
    if len(data) >= PLAIN:
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + data).rstrip(b"=")
            amid.append(encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6])
    for form in chain((whole, whole.rstrip(b"=")), amid):
        yield from (form, form.translate(bytes.maketrans(b"+/", b"-_")))
