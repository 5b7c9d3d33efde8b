"""Content codings: what undoes gzip, and says what is wrong with it."""

from __future__ import annotations

import zlib

from twinwire_conformance.model import Unreachable


def undo(body: bytes, coding: str, most: int) -> tuple[bytes, str]:
    """Return a body without its gzip, and what is wrong with its coding; empty when nothing is.

    Raises Unreachable when it unpacks to more than ``most`` bytes.
    """
    if coding in ("", "identity") or not body:
        return body, ""
    if coding not in ("gzip", "x-gzip"):
        return body, f"the body is in the coding {coding!r}, which was not offered"
    plain = bytearray()
    while body:
        # One member after another; a server that flushes may write several.
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            plain += unpacker.decompress(body, most + 1 - len(plain))
        except zlib.error as error:
            return bytes(plain), f"the body is labelled gzip and is not: {error}"
        if len(plain) > most:
            raise Unreachable(f"the body is larger than {most} bytes")
        if not unpacker.eof:
            return bytes(plain), "the gzip of the body lacks its end"
        body = unpacker.unused_data
    return bytes(plain), ""
