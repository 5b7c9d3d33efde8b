"""Content codings: decode gzip, and describe its errors."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import Final

from twinwire_conformance.findings import FailureKind, Unreachable

MAX_CODINGS: Final = 4
MAX_MEMBERS: Final = 10_000
"""The most gzip members of a body. A server that flushes after every entry writes fewer, and each costs time."""
# RFC 9110, section 8.4.1.3: recipients should treat "x-gzip" as "gzip".
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_MAGIC: Final = b"\x1f\x8b"
_FIRST_STEP: Final = 512
_LARGEST_STEP: Final = 64 * 1024
_MOST_AT_ONCE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """A body after content decoding: the bytes, the error, and a coding that the request did not offer."""

    body: bytes
    flaw: str = ""
    unasked: str = ""


def decode_body(body: bytes, content_encoding: str, accept_encoding: str, max_bytes: int) -> DecodedBody:
    """Undo the content codings of a body.

    Args:
        body: The body as received.
        content_encoding: The value of Content-Encoding; empty when the header is absent.
        accept_encoding: The value of Accept-Encoding in the request.
        max_bytes: The largest decoded body allowed.

    Raises:
        Unreachable: The body decodes to more than ``max_bytes``.
    """
    codings = [coding for coding in _names(content_encoding) if coding != "identity"]
    if not body:
        return DecodedBody(body)
    unknown = [coding for coding in codings if coding not in _GZIP]
    if unknown:
        offered = unknown[0] in {name.partition(";")[0].strip() for name in _names(accept_encoding)}
        reason = "which the kit cannot undo" if offered else "which was not offered"
        return DecodedBody(body, f"the body is in the coding {unknown[0]!r}, {reason}", "" if offered else unknown[0])
    if len(codings) > MAX_CODINGS:
        return DecodedBody(body, f"Content-Encoding names {len(codings)} codings, more than {MAX_CODINGS} are not undone")
    unasked = codings[0] if codings and not _offers_gzip(accept_encoding) else ""
    for _ in codings:
        body, flaw = _gunzip(body, max_bytes)
        if flaw:
            return DecodedBody(body, flaw, unasked)
    if body.startswith(_MAGIC):
        more = "once more than Content-Encoding says" if codings else "and no Content-Encoding says so"
        return DecodedBody(body, f"the body is gzip, {more}", unasked)
    return DecodedBody(body, "", unasked)


def _names(header: str) -> list[str]:
    return [name for name in (part.strip().lower() for part in header.split(",")) if name]


def _offers_gzip(accept_encoding: str) -> bool:
    # RFC 9110, section 12.5.3: "q=0" excludes a coding, and "*" stands for every coding not named.
    weights: dict[str, bool] = {}
    for part in _names(accept_encoding):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights["gzip" if name in _GZIP else name] = not any(_is_zero(text) for text in parameters)
    return weights.get("gzip", weights.get("*", False))


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().rstrip("0") in ("", "0.", ".")


def _gunzip(body: bytes, max_bytes: int) -> tuple[bytes, str]:
    """Return the joined contents of all gzip members, and the error; empty without one."""
    plain = io.BytesIO()
    position = members = 0
    while position < len(body):
        if members == MAX_MEMBERS:
            return plain.getvalue(), f"the body has more than {MAX_MEMBERS} gzip members"
        if members and body[position : position + 2] != _MAGIC:
            return plain.getvalue(), f"{len(body) - position} bytes that are not gzip follow the gzip of the body"
        members += 1
        # 16 selects the gzip format with its header and checksum.
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        # zlib copies all input beyond the end of a member. Small first steps keep that cheap for many small members.
        step = _FIRST_STEP
        while not unpacker.eof:
            piece = body[position : position + step]
            if not piece:
                return plain.getvalue(), "the gzip of the body lacks its end"
            try:
                plain.write(unpacker.decompress(piece, _MOST_AT_ONCE))
            except zlib.error as error:
                return plain.getvalue(), _damage(error, begun=bool(plain.tell()))
            if plain.tell() > max_bytes:
                raise Unreachable(f"the body is larger than {max_bytes} bytes", kind=FailureKind.TOO_LARGE)
            # _MOST_AT_ONCE limits the output of a step, so that highly compressed input is only partly consumed.
            position += len(piece) - len(unpacker.unused_data) - len(unpacker.unconsumed_tail)
            step = min(2 * step, _LARGEST_STEP)
    return plain.getvalue(), ""


def _damage(error: zlib.error, *, begun: bool) -> str:
    reason = str(error).rpartition(": ")[2]
    # A checksum or length error comes at the end of a gzip member, so the body was gzip even without output.
    if begun or reason in ("incorrect data check", "incorrect length check"):
        return f"the gzip of the body is damaged: {reason}"
    return f"the body is labelled gzip and is not: {reason}"
