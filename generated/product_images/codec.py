# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Results from and to both representations.

Absent, null and an empty collection are the same thing; unknown members are ignored. Types, the bounds of integers and
base64 (RFC 4648 section 4) are enforced strictly. With ``verbatim_base64``, base64 text stays as its own bytes.
"""

from __future__ import annotations

from ._codec import MAX_BYTES, MAX_DEPTH, Codec
from ._tables import IMAGES_RESULT
from .models import ImagesResult

CODEC = Codec(ImagesResult, IMAGES_RESULT)


def decode_json(
    data: bytes | str,
    *,
    encoding: str | None = None,
    verbatim_base64: bool = False,
    max_bytes: int = MAX_BYTES,
) -> ImagesResult:
    """Decode a JSON text; ``encoding`` is the charset of its Content-Type. Raises DecodeError with the member's path."""
    return CODEC.decode_json(data, encoding, verbatim=verbatim_base64, max_bytes=max_bytes)


def decode_xml(
    data: bytes | str,
    *,
    encoding: str | None = None,
    verbatim_base64: bool = False,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> ImagesResult:
    """Decode an XML document; ``encoding`` is the charset of its Content-Type and overrules the XML declaration.

    DOCTYPE is refused. Raises DecodeError with line and column, or with the member's path.
    """
    return CODEC.decode_xml(data, encoding, verbatim=verbatim_base64, max_bytes=max_bytes, max_depth=max_depth)


def encode_json(result: ImagesResult, *, verbatim_base64: bool = False) -> bytes:
    """Encode as JSON in UTF-8. Raises EncodeError with the path of a member that JSON cannot carry."""
    return CODEC.encode_json(result, verbatim=verbatim_base64)


def encode_xml(result: ImagesResult, *, verbatim_base64: bool = False) -> bytes:
    """Encode as XML in UTF-8. Raises EncodeError with the path of a member that XML 1.0 cannot carry."""
    return CODEC.encode_xml(result, verbatim=verbatim_base64)
