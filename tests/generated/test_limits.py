"""What a decoder costs at most, whatever a server sends."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_images import DecodeError, ParameterError, decode_json, decode_xml, encode_json, encode_xml
from product_images._json_text import has_more_members
from product_images.models import Image, Images, ImagesResult, ProductImage
from sdk_clients import Driver

EMPTY = ImagesResult(returncode=0)
MEGABYTE = 1024 * 1024


def peak(act: Callable[[], object]) -> int:
    """Return how many bytes were in use at once, beyond those before."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_members_are_capped_in_both_representations() -> None:
    warnings = {"returncode": 0, "warnings": [""] * 50}
    document = f'<result returncode="0">{"<warnings/>" * 50}</result>'
    assert decode_json(json.dumps(warnings), max_members=53) == decode_xml(document, max_members=53)
    with pytest.raises(DecodeError, match="max_members, 51, allows"):
        decode_json(json.dumps(warnings), max_members=51)
    with pytest.raises(DecodeError, match="max_members, 51, allows") as caught:
        decode_xml(document, max_members=51)
    assert caught.value.line == 1


def test_members_that_nobody_knows_count_too() -> None:
    with pytest.raises(DecodeError, match="max_members"):
        decode_json('{"returncode": 0, "later": ' + "[1, 2, [3, 4]]}", max_members=5)
    with pytest.raises(DecodeError, match="max_members"):
        decode_xml('<result returncode="0"><later a="1" b="2"><x/></later></result>', max_members=5)


@given(
    st.recursive(
        st.integers(0, 9) | st.text(',[]{}":\\/', max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text('",[', max_size=2), inner),
    )
)
def test_members_are_counted_as_a_parser_would(tree: Any) -> None:
    def count(value: Any) -> int:
        items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return sum(map(count, items)) + (max(len(items), 1) if isinstance(value, dict | list) else 0)

    text = json.dumps(tree).encode()
    assert not has_more_members(text, max(count(tree), 1))
    if count(tree) > 1 and len(text) > 2 * (count(tree) - 1):
        assert has_more_members(text, count(tree) - 1)


@pytest.mark.parametrize(
    "text", [b'"' + b"x" * 300_000, b'"\\' * 300_000, b"x" * 300_000 + b'"', b'""' * 200_000, b"[" * 300_000]
)
def test_counting_members_is_done_in_one_go(text: bytes) -> None:
    # Were it begun again for each byte, this would not end.
    has_more_members(text, 10)


def test_attributes_of_one_element_are_capped() -> None:
    def document(count: int) -> str:
        attributes = " ".join(f"a{number}=''" for number in range(count - 1))
        return f'<result returncode="0" {attributes}/>'

    assert decode_xml(document(256)) == decode_xml(document(8), max_attributes=8) == EMPTY
    with pytest.raises(DecodeError, match="more attributes than max_attributes, 256, allows"):
        decode_xml(document(257))
    with pytest.raises(DecodeError, match="more attributes than max_attributes, 7, allows"):
        decode_xml(document(8), max_attributes=7)


def test_attributes_are_counted_in_tags_alone() -> None:
    tag = f"<x {' '.join(f'a{number}={chr(39)}a=b{chr(39)}' for number in range(200))}/>"
    within = f"<!-- {tag * 2} --><![CDATA[]]><?x {tag * 2}?><later><![CDATA[{tag * 2}]]>{tag}{'a=b ' * 500}</later>"
    namespaces = "".join(f' xmlns:p{number}="urn:example:{number:0200}"' for number in range(20))
    assert decode_xml(f'<result returncode="0"{namespaces}>{within}</result>'.replace("<!-- <", "<!-- - -<")) == EMPTY


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("name", ["xmlns", "xmlns:p"])
def test_the_uri_of_a_namespace_is_capped_where_it_is_declared(name: str, quote: str) -> None:
    def document(length: int) -> str:
        return f'<result returncode="0">\n<later {name} = {quote}{"u" * length}{quote}/></result>'

    assert decode_xml(document(1024)) == EMPTY
    with pytest.raises(DecodeError, match="the URI of a namespace has more than 1024 bytes") as caught:
        decode_xml(document(1025))
    assert (caught.value.line, caught.value.column) == (2, 8)


@pytest.mark.parametrize("name", ["max_bytes", "max_members", "max_depth", "max_attributes"])
def test_a_limit_that_lets_nothing_through_is_refused(driver: Driver, name: str) -> None:
    limits: Any = {name: 0}
    with pytest.raises(ParameterError, match=f"{name}: must be at least 1"):
        decode_xml("<result/>", **limits)
    with pytest.raises(ParameterError, match=name):
        driver.configured(**{name: -1}).get()


@pytest.mark.parametrize("size", [64 * MEGABYTE])
def test_an_image_of_64_megabytes_is_decoded_where_the_cap_allows_it(size: int) -> None:
    content = b"\xffimage" * (size // 6)
    image = Image(sequence=1, imagefilename="a", binaryimage=content)
    result = ImagesResult(returncode=0, product=(ProductImage(product_id=1, images=Images(image=(image,))),))
    for encode, decode in ((encode_json, decode_json), (encode_xml, decode_xml)):
        document = encode(result)
        assert decode(document) == result
        with pytest.raises(DecodeError, match="max_bytes"):
            decode(document, max_bytes=size)


@pytest.mark.parametrize(("charset", "character"), [("iso-8859-1", "é"), ("tis-620", "ก"), ("utf-16-le", "ก")])
@pytest.mark.parametrize(
    ("decode", "begin", "end"),
    [(decode_json, '{"returncode":0,"returnmsg":"', '"}'), (decode_xml, '<result returncode="0" returnmsg="', '"/>')],
)
def test_max_bytes_holds_for_a_text_in_utf_8_too(
    decode: Callable[..., ImagesResult], begin: str, end: str, charset: str, character: str
) -> None:
    text = begin + character * 100_000 + end
    document, most = text.encode(charset), len(text.encode())
    assert decode(document, encoding=charset, max_bytes=most).returnmsg == character * 100_000
    with pytest.raises(DecodeError, match="more bytes in UTF-8 than max_bytes"):
        decode(document, encoding=charset, max_bytes=most - 1)


def test_what_is_too_long_to_be_parsed_again_and_again_is_refused() -> None:
    image = f'<image sequence="1" imagefilename="a" binaryimage="{"A" * 70 * MEGABYTE}-"/>'
    document = f'<result returncode="0"><product product_id="1"><images>{image}</images></product></result>'.encode()
    with pytest.raises(DecodeError, match="a tag or text of more than 67108864 bytes"):
        decode_xml(document)


@pytest.mark.parametrize(
    ("decode", "document"),
    [
        (decode_xml, b'<result returncode="0">' + b"<product/>" * 400_000),
        (decode_xml, b'<result returncode="0">' + b"<a/>" * 900_000),
        (decode_xml, b'<result returncode="0">' + b"<a>" * 1_000_000),
        (decode_xml, b"<result " + b" ".join(b'a%d=""' % number for number in range(60_000)) + b"/>"),
        (decode_xml, b"<result a=" + b'""' * 2_000_000 + b"/>"),
        (decode_xml, b'<result returncode="' + b"&amp;" * 2_000_000 + b'"/>'),
        (decode_xml, b"<result a=" + b"='" * 2_000_000 + b"/>"),
        (decode_json, b'{"returncode":0,"product":[' + b"{}," * 1_000_000 + b"{}]}"),
        (decode_json, b'{"returncode":0,"warnings":[' + b'"",' * 1_000_000 + b'""]}'),
        (decode_json, b'{"returncode":0,"later":' + b"[" * 3_000_000),
        (decode_json, b'{"returncode":0,"warnings":null,"later":[' + b"[]," * 1_000_000 + b"[]]}"),
    ],
    ids=[
        "products",
        "unknown",
        "depth",
        "attributes",
        "quotes",
        "entities",
        "single quotes",
        "objects",
        "texts",
        "JSON depth",
        "unknown items",
    ],
)
def test_memory_follows_the_limits_and_not_the_server(decode: Callable[..., ImagesResult], document: bytes) -> None:
    def refused() -> None:
        with pytest.raises(DecodeError):
            decode(document, max_members=50_000)

    # pyexpat makes a dict of the attributes before anyone is asked; all else stays far below what it would come to.
    assert peak(refused) < (50 if b'a0=""' in document else 25) * MEGABYTE


class Bomb(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A gigabyte of zeros in gzip: one block of a megabyte, again and again, in chunks that hold 64 MB each."""

    def __init__(self) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        self._head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
        self._block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        for _ in range(16):
            self.sent += 1
            yield self._block * 64

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def test_a_gzip_bomb_stops_at_the_cap_and_not_after_it(driver: Driver) -> None:
    bomb = Bomb()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=bomb, headers=headers))
    client = httpx.Client(transport=transport) if driver.kind == "sync" else httpx.AsyncClient(transport=transport)
    driver.configured(http_client=client, max_bytes=8 * MEGABYTE)

    def refused() -> None:
        with pytest.raises(DecodeError, match="max_bytes"):
            driver.get()

    refused()
    assert bomb.sent == 1
    # The body so far, what it was written into before it grew, and a step.
    assert peak(refused) < 24 * MEGABYTE
