"""Long base64 values, which are decoded apart from their document: nothing that only looks like one is taken for one."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable

import pytest

from product_images import DecodeError, decode_json, decode_xml, encode_json, encode_xml
from product_images._base64 import strict
from product_images._base64_extraction import WINDOW, lift
from product_images._settings import DecodeSettings
from product_images.codec import CODEC
from product_images.models import Image, Images, ImagesResult, ImageURL, ProductImage

BYTES = random.Random(7).randbytes(WINDOW)
TEXT = base64.b64encode(BYTES).decode()
OTHER = base64.b64encode(BYTES[::-1]).decode()


def result(*contents: bytes, name: str = "a.png") -> ImagesResult:
    images = tuple(Image(sequence=place, imagefilename=name, binaryimage=content) for place, content in enumerate(contents))
    return ImagesResult(returncode=0, product=(ProductImage(product_id=1, images=Images(image=images)),))


def fast_json(document: bytes | str, label: str | None = None) -> ImagesResult | None:
    return CODEC._fast_json.decode(document, label, DecodeSettings())


def fast_xml(document: bytes | str, label: str | None = None) -> ImagesResult | None:
    return CODEC._fast_xml.decode(document, label, DecodeSettings())


JSON = encode_json(result(BYTES, b"short", BYTES[::-1])).decode()
XML = encode_xml(result(BYTES, b"short", BYTES[::-1])).decode()
EXPECTED = result(BYTES, b"short", BYTES[::-1])


@pytest.mark.parametrize(
    "spell",
    [
        str.encode,
        str,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace(":", " : ").replace(",", " ,\n"),
        lambda text: text.replace("/", r"\/"),
        lambda text: text.replace("+", r"\u002B").replace("=", r"\u003d"),
        lambda text: text.replace('{"product_id"', '{"imagesURL":null,"product_id"'),
    ],
)
def test_long_values_are_lifted_out_of_json_however_it_is_written(spell: Callable[[str], bytes | str]) -> None:
    assert fast_json(spell(JSON)) == EXPECTED


@pytest.mark.parametrize(
    "spell",
    [
        str.encode,
        str,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace('"', "'"),
        lambda text: text.replace("<", "\n  <"),
        lambda text: text.replace(f'"{TEXT}"', f"'{TEXT}'"),
        lambda text: re.sub('(sequence|binaryimage)="', r'\1\n = "', text),
        lambda text: text.replace("<result", '<result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'),
        lambda text: text.replace("<images>", "<images><!-- a comment -->"),
        lambda text: f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode(),
        lambda text: f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1"),
    ],
)
def test_long_values_are_lifted_out_of_xml_however_it_is_written(spell: Callable[[str], bytes | str]) -> None:
    assert fast_xml(spell(XML.partition("\n")[2])) == EXPECTED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"returncode":0', f'"returncode":0,"later":"{TEXT}"'),
        ('"returncode":0', f'"returncode":0,"returnmsg":"{TEXT}"'),
        ('"returncode":0', f'"returncode":0,"returnmsg":"\\"{TEXT}"'),
        ('"returncode":0', f'"returncode":0,"{TEXT}":0'),
        ('"returncode":0', f'"returncode":0,"later":{{"binaryimage":"{TEXT}"}}'),
        ('"returncode":0', f'"returncode":0,"warnings":["{TEXT}"]'),
        (TEXT, TEXT.replace("A", r"\u0041")),
    ],
)
def test_look_alikes_in_json_are_decoded_as_what_they_are(old: str, new: str) -> None:
    document = JSON.replace(old, new, 1).encode()
    assert document != JSON.encode()
    assert decode_json(document) == CODEC.plain.decode_json(document, None, DecodeSettings())


@pytest.mark.parametrize(
    "new",
    [
        f'"binaryimage":"{OTHER}","binaryimage":"{TEXT}"',
        f'"binaryimage":"{TEXT[:8]}","later":"{TEXT}","binaryimage":"{TEXT}"',
    ],
)
def test_a_long_value_that_comes_twice_is_refused(new: str) -> None:
    with pytest.raises(DecodeError, match="twice"):
        decode_json(JSON.replace(f'"binaryimage":"{TEXT}"', new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<images>", f'<images><!-- binaryimage="{TEXT}" -->'),
        ("<images>", f'<images><?x binaryimage="{TEXT}"?>'),
        ("<product ", f'<later binaryimage="{TEXT}"/><product '),
        ("<product ", f'<warnings>"{TEXT}"</warnings><product '),
        ("<product ", f'<warnings><![CDATA["{TEXT}"]]></warnings><product '),
        ("<product ", f'<product images="{TEXT}" '),
        ("<image ", f'<image later="{TEXT}" '),
        ("<image ", f"<image later='\"{TEXT}\"' "),
        ('imagefilename="a.png"', f'imagefilename="{TEXT}"'),
        (TEXT, TEXT.replace("A", "&#65;")),
        (TEXT, TEXT.replace("/", "&#x2F;")),
    ],
)
def test_look_alikes_in_xml_are_decoded_as_what_they_are(old: str, new: str) -> None:
    document = XML.replace(old, new, 1).encode()
    assert document != XML.encode()
    assert decode_xml(document) == CODEC.plain.decode_xml(document, None, DecodeSettings())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (TEXT, f"{TEXT[:-1]}-", "base64"),
        (TEXT, f"{TEXT[:900]}\\n{TEXT[900:]}", "base64"),
        (TEXT, f"{TEXT}=", "base64"),
        (TEXT, f'{TEXT[:900]}\\"{TEXT[900:]}', "base64"),
        ('"product_id":1', '"product_id":"1"', "Expected `int`"),
    ],
)
def test_an_error_is_that_of_the_document_and_shows_no_placeholder(old: str, new: str, problem: str) -> None:
    document = JSON.replace(old, new, 1)
    with pytest.raises(DecodeError, match=problem) as caught:
        decode_json(document)
    assert caught.value.path is not None
    assert caught.value.path.startswith("$.product[0].")


def test_the_place_of_an_error_is_that_in_the_document() -> None:
    document = XML.replace(OTHER, f"{OTHER}<", 1)
    with pytest.raises(DecodeError) as caught:
        decode_xml(document)
    line = document.splitlines()[1]
    assert (caught.value.line, caught.value.path) == (2, "$.product[0].images")
    assert caught.value.column == line.index(f"{OTHER}<") + len(OTHER) + 1
    with pytest.raises(DecodeError) as caught:
        decode_json(JSON + "junk")
    assert (caught.value.line, caught.value.column) == (1, len(JSON) + 1)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("label", [None, "utf-8", "utf-16"])
def test_a_second_byte_order_mark_is_what_the_plain_decoder_takes_it_for(charset: str, label: str | None) -> None:
    def outcome(decode: Callable[..., ImagesResult], document: bytes) -> ImagesResult | str:
        try:
            return decode(document, label, DecodeSettings())
        except DecodeError as error:
            return str(error)

    document = f"\ufeff{XML.partition(chr(10))[2]}".encode(charset)
    assert outcome(CODEC.decode_xml, document) == outcome(CODEC.plain.decode_xml, document)
    with pytest.raises(DecodeError):
        decode_json(f"\ufeff{JSON}".encode(charset), encoding=label)


def test_nothing_is_lifted_where_nothing_is_long() -> None:
    document = encode_json(result(BYTES[:100], BYTES[:2000]))
    assert lift(document, 0, ((b'"', b'"'),), strict) is None
    assert decode_json(document) == result(BYTES[:100], BYTES[:2000])


@pytest.mark.parametrize("length", [WINDOW, WINDOW + 4, 2 * WINDOW, 3 * WINDOW + 4])
@pytest.mark.parametrize("before", [0, 1, 2, 77, WINDOW - 2, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW - 1, 5 * WINDOW + 3])
def test_a_long_value_is_lifted_wherever_it_stands(before: int, length: int) -> None:
    first, second = (base64.b64encode(random.Random(seed).randbytes(length // 4 * 3)) for seed in (1, 2))
    padding = b"[" * before
    lifted = lift(padding + b'"%b","%b"' % (first, second), 0, ((b'"', b'"'),), strict)
    assert lifted is not None
    assert lifted.values == [base64.b64decode(first), base64.b64decode(second)]
    assert lifted.skeleton.decode() == padding.decode() + '"{}","{}"'.format(*lifted.by_text())
    assert [*lifted.by_content().items()] == [(base64.b64decode(key), value) for key, value in lifted.by_text().items()]


@pytest.mark.parametrize("colon", [":", ": "])
def test_null_collections_need_no_tree(colon: str) -> None:
    document = f'{{"returncode":0,"warnings"{colon}null,"product":[{{"product_id":1,"imagesURL"{colon}null,"images":null}}]}}'
    assert fast_json(document) == ImagesResult(returncode=0, product=(ProductImage(product_id=1),))


@pytest.mark.parametrize(
    "members",
    [
        r'"returnmsg":"\"warnings\":null","warnings":null',
        r'"x\"warnings":null,"warnings":null',
        '"images":{"warnings":null},"warnings":null',
        '"product":[{"product_id":1,"images":{"image":[null]}}],"warnings":null',
        '"product":[{"product_id":1,"images":{"image":null,"image":[]}}],"warnings":null',
        '"product":[null],"warnings":null',
    ],
)
def test_a_null_that_is_no_collection_is_left_alone(members: str) -> None:
    def outcome(decode: Callable[..., ImagesResult]) -> ImagesResult | str:
        try:
            return decode(f'{{"returncode":0,{members}}}', None, DecodeSettings())
        except DecodeError as error:
            return str(error)

    assert outcome(CODEC.decode_json) == outcome(CODEC.plain.decode_json)


def test_a_page_of_links_is_turned_and_not_parsed() -> None:
    link = ImageURL(sequence=1, imagefilename='<M> & "L" ä\\', image_url="https://h/?a=1&b='2'")
    page = ImagesResult(returncode=0, product=(ProductImage(product_id=1, images_url=(link,) * 3),), warnings=("it's", "a\\"))
    document = encode_xml(page)
    lifted = CODEC._fast_xml._lifted(document, None, DecodeSettings())
    assert CODEC._fast_xml._decode_turned(lifted, DecodeSettings()) == page
    # What is not of the common form is parsed, and is the same.
    for old, new in (("<product ", "<!-- --><product "), (">it", "><![CDATA[i]]>t"), ("https:", "http&#115;:")):
        other = document.replace(old.encode(), new.encode(), 1)
        assert other != document
        lifted = CODEC._fast_xml._lifted(other, None, DecodeSettings())
        assert CODEC._fast_xml._decode_turned(lifted, DecodeSettings()) is None
        assert decode_xml(other) == page


DECLARATION = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def test_namespaces_that_are_declared_and_not_used_change_nothing() -> None:
    document = f'<result{DECLARATION} returncode="0" xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>'.encode()
    assert CODEC._fast_xml._decode_turned(
        CODEC._fast_xml._lifted(document, None, DecodeSettings()), DecodeSettings()
    ) == ImagesResult(returncode=0)


@pytest.mark.parametrize(
    "document",
    [
        f"<result returncode='0' returnmsg='{DECLARATION}'/>",
        f"<result returncode='0' returnmsg='{DECLARATION}' {DECLARATION}/>",
        f'<result returncode="0" returnmsg=">"{DECLARATION} token="1"/>',
        f'<result returncode="0"{DECLARATION}{DECLARATION}/>',
        f'<result{DECLARATION}returncode="0"/>',
        f'<result returncode="0" token={DECLARATION}"1"/>',
        f'<result retu{DECLARATION}rncode="0"/>',
        f'<result returncode="0" token="{DECLARATION} "/>',
        f'<result returncode="0" _xmlns.xsi="1"{DECLARATION}/>',
        f'<result token="{DECLARATION}1" returncode="0"/>',
        f'<result returncode="0"{DECLARATION} xsi:nil="true"/>',
        "<result returncode='0'><warnings>it's</warnings><warnings>it's</warnings></result>",
        "<result returncode='0' returnmsg='a\"b='/>",
        "<result returncode='0' returnmsg=\"a='b'\"/>",
        '<result returncode="0" returnmsg="a\\"/>',
        '<result returncode="0" returnmsg="&amp;quot;&lt;&amp;lt;"/>',
        '<result returncode="0" returnmsg="&amp &lt;;"/>',
        '<result returncode="1},{"/>',
        '<result returncode="0" count="null"/>',
        '<result returncode="0" count="-"/>',
        '<result returncode="-7" count="007"/>',
        '<result returncode="0"token="1"/>',
        '<result returncode="0" token="1" token="2"/>',
        '<result returncode="0" product="1" warnings="2" later="3"/>',
        '<result returncode="0" token="\ufffe"/>',
        '<result returncode="0"><warnings>a</warnings><product product_id="1"/><warnings>b</warnings></result>',
        '<result returncode="0"><warnings>]]></warnings></result>',
        '<result returncode="0"></result ><!-- after -->',
        '<result returncode="0"/> "',
    ],
)
def test_what_is_nearly_of_the_common_form_is_decoded_as_what_it_is(document: str) -> None:
    def outcome(decode: Callable[..., ImagesResult]) -> ImagesResult | str:
        try:
            return decode(document.encode(), None, DecodeSettings())
        except DecodeError as error:
            return str(error)

    assert outcome(CODEC.decode_xml) == outcome(CODEC.plain.decode_xml)


def test_what_a_turner_keeps_has_a_limit() -> None:
    for number in range(3000):
        decode_xml(f'<result returncode="0"><warnings>{number}</warnings><warnings>{"x" * 600}</warnings></result>')
    assert CODEC._fast_xml._turner._kept <= 1100
