"""Content codings: gzip in all its forms, codings that were not offered, and bombs."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest

from twinwire_conformance.findings import FailureKind, Unreachable
from twinwire_conformance.transport.coding import MAX_MEMBERS, DecodedBody, decode_body

BODY = b'{"count": 1}' * 100
PACKED = gzip.compress(BODY, mtime=0)
OTHER_CRC = PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:]
OTHER_SIZE = PACKED[:-4] + struct.pack("<I", len(BODY) + 1)
# A gzip header, followed by deflate blocks that are empty and not final.
EMPTY_BLOCKS = PACKED[:10] + b"\x00\x00\x00\xff\xff" * 100_000


def decoded(body: bytes, coding: str, accept: str = "gzip", most: int = 1_000_000) -> DecodedBody:
    return decode_body(body, coding, accept, most)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", " gzip ", "identity, gzip", "gzip,"])
def test_gzip_that_was_offered_is_undone(coding: str) -> None:
    assert decoded(PACKED, coding) == DecodedBody(BODY)


@pytest.mark.parametrize("coding", ["", "identity", "Identity", " , "])
def test_no_coding_is_none(coding: str) -> None:
    assert decoded(BODY, coding, "identity") == DecodedBody(BODY)


# RFC 9110, section 8.4: codings are listed in the order in which they were applied.
def test_a_body_that_was_coded_twice_and_says_so_is_undone_twice() -> None:
    assert decoded(gzip.compress(PACKED, mtime=0), "gzip, gzip") == DecodedBody(BODY)


@pytest.mark.parametrize("accept", ["identity", "", "gzip;q=0", "gzip; q=0.000", "br, *;q=0", "identity, gzip;Q=0"])
def test_gzip_that_was_not_offered_is_undone_and_named(accept: str) -> None:
    assert decoded(PACKED, "gzip", accept) == DecodedBody(BODY, "", "gzip")


@pytest.mark.parametrize("accept", ["gzip", "x-gzip", "GZIP;q=0.1", "*", "br;q=0, *", "identity;q=0.5, gzip;q=1.0"])
def test_gzip_that_was_offered_is_not_named(accept: str) -> None:
    assert decoded(PACKED, "gzip", accept) == DecodedBody(BODY)


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "compress", "gzip, br", "br, gzip"])
def test_another_coding_is_a_flaw(coding: str) -> None:
    found = decoded(b"\x1b\x03", coding)
    assert "which was not offered" in found.flaw
    assert found.unasked in coding


def test_a_coding_that_the_caller_offered_cannot_be_undone() -> None:
    assert "which the kit cannot undo" in decoded(b"\x1b\x03", "br", "br").flaw


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (BODY, "labelled gzip and is not"),
        (zlib.compress(BODY), "labelled gzip and is not"),
        (PACKED[:-1], "lacks its end"),
        (PACKED[:-8], "lacks its end"),
        (PACKED[:20], "lacks its end"),
        (PACKED[:1], "lacks its end"),
        (EMPTY_BLOCKS, "lacks its end"),
        (PACKED + PACKED[:9], "lacks its end"),
        (OTHER_CRC, "damaged: incorrect data check"),
        (OTHER_SIZE, "damaged: incorrect length check"),
        (PACKED + b"garbage", "7 bytes that are not gzip follow"),
        (PACKED + b"\0" * 9, "9 bytes that are not gzip follow"),
        # The decoded body is gzip again: compressed twice, declared once.
        (gzip.compress(PACKED, mtime=0), "once more than Content-Encoding says"),
        (gzip.compress(b"", mtime=0) * (MAX_MEMBERS + 1), f"more than {MAX_MEMBERS} gzip members"),
    ],
)
def test_gzip_that_is_not_whole_is_a_flaw(body: bytes, says: str) -> None:
    assert says in decoded(body, "gzip").flaw


def test_gzip_without_a_label_is_a_flaw() -> None:
    assert decoded(PACKED, "").flaw == "the body is gzip, and no Content-Encoding says so"


def test_a_body_in_several_members_is_one() -> None:
    members = [gzip.compress(b"%d" % number, mtime=0) for number in range(1000)]
    assert decoded(b"".join(members), "gzip").body == b"".join(b"%d" % number for number in range(1000))


def test_a_body_that_decodes_to_too_much_is_not_taken() -> None:
    bomb = gzip.compress(b"0" * 2_000_000, mtime=0)
    with pytest.raises(Unreachable, match="larger than 1000000 bytes") as caught:
        decoded(bomb, "gzip")
    assert caught.value.kind is FailureKind.TOO_LARGE
    with pytest.raises(Unreachable, match="larger than 1000000 bytes"):
        decoded(gzip.compress(bomb, mtime=0), "gzip, gzip")
    assert len(decoded(gzip.compress(b"0" * 1_000_000, mtime=0), "gzip").body) == 1_000_000


def test_many_codings_are_not_undone() -> None:
    body = BODY
    for _ in range(5):
        body = gzip.compress(body, mtime=0)
    assert "names 5 codings" in decoded(body, ", ".join(["gzip"] * 5)).flaw
