# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Decode and encode results in both representations.

Absent, null and an empty collection mean the same. Unknown members are ignored, and a duplicate JSON member is rejected. Types,
the bounds of integers and base64 (RFC 4648 section 4) are enforced strictly. ``lenient_base64`` accepts line breaks and
missing padding in base64; ``verbatim_base64`` keeps base64 text undecoded, as bytes. ``on_unknown`` is called with the path of
each unknown member, which makes decoding slower. Data beyond a limit, ``max_...``, is rejected.
"""

from __future__ import annotations

from ._codec import Codec
from ._reading import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, OnUnknown, reading
from ._tables import IMAGES_RESULT
from .models import ImagesResult

CODEC = Codec(ImagesResult, IMAGES_RESULT)


def decode_json(
    data: bytes | str,
    *,
    encoding: str | None = None,
    verbatim_base64: bool = False,
    lenient_base64: bool = False,
    on_unknown: OnUnknown | None = None,
    max_bytes: int = MAX_BYTES,
    max_members: int = MAX_MEMBERS,
) -> ImagesResult:
    """Decode a JSON text; ``encoding`` is the charset of its Content-Type.

    Raises DecodeError with line and column or with the member's path, and ParameterError.
    """
    how = reading(
        verbatim_base64=verbatim_base64,
        lenient_base64=lenient_base64,
        on_unknown=on_unknown,
        max_bytes=max_bytes,
        max_members=max_members,
    )
    return CODEC.decode_json(data, encoding, how)


def decode_xml(
    data: bytes | str,
    *,
    encoding: str | None = None,
    verbatim_base64: bool = False,
    lenient_base64: bool = False,
    on_unknown: OnUnknown | None = None,
    max_bytes: int = MAX_BYTES,
    max_members: int = MAX_MEMBERS,
    max_depth: int = MAX_DEPTH,
    max_attributes: int = MAX_ATTRIBUTES,
) -> ImagesResult:
    """Decode an XML document; ``encoding`` is the charset of its Content-Type and overrides the XML declaration.

    A DOCTYPE is rejected. Raises DecodeError with line and column, with the member's path, or with both, and ParameterError.
    """
    how = reading(
        verbatim_base64=verbatim_base64,
        lenient_base64=lenient_base64,
        on_unknown=on_unknown,
        max_bytes=max_bytes,
        max_members=max_members,
        max_depth=max_depth,
        max_attributes=max_attributes,
    )
    return CODEC.decode_xml(data, encoding, how)


def encode_json(result: ImagesResult, *, verbatim_base64: bool = False) -> bytes:
    """Encode as JSON in UTF-8. Raises EncodeError with the path of a member that JSON cannot carry."""
    return CODEC.encode_json(result, verbatim=verbatim_base64)


def encode_xml(result: ImagesResult, *, verbatim_base64: bool = False) -> bytes:
    """Encode as XML in UTF-8. Raises EncodeError with the path of a member that XML 1.0 cannot carry."""
    return CODEC.encode_xml(result, verbatim=verbatim_base64)
