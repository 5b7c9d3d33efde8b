"""The XML decoder, on what servers send and on what they should not."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_images import DecodeError, ImagesResult, decode_json, decode_xml
from product_images._xml_to_json import NotSupported, without_entities, without_entities_one_by_one
from product_images.models import Image, Images, ImageURL, ProductImage

EMPTY = ImagesResult(returncode=0)
FULL = ImagesResult(
    returncode=0,
    token="5",
    warnings=("a", "b"),
    product=(
        ProductImage(product_id=1, images=Images(image=(Image(sequence=1, imagefilename="x", binaryimage=b"hi"),))),
        ProductImage(product_id=2, images_url=(ImageURL(sequence=1, imagefilename="y", image_url="http://h/y"),)),
    ),
)


def test_order_white_space_declaration_and_namespaces_mean_nothing() -> None:
    document = b"""<?xml version="1.0"?>
    <!-- a comment --><?target instruction?>
    <result token='5' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x" returncode="0"
            xmlns:xsd="http://www.w3.org/2001/XMLSchema">
      <product product_id="1">
        <images><!-- here too --><image binaryimage="aGk=" imagefilename="x" sequence="1"></image></images>
      </product>
      <warnings>a</warnings>
      <product product_id="2"><imagesURL sequence="1" imageURL="http://h/y" imagefilename="y"/></product>
      <warnings>b</warnings>
    </result>
    """
    assert decode_xml(document) == FULL


def test_references_and_cdata_are_text() -> None:
    document = (
        b'<result returncode="&#48;" returnmsg="&lt;&#233;&#x1F600;&#10;"><warnings>a<![CDATA[<&>]]>&amp;</warnings></result>'
    )
    assert decode_xml(document) == ImagesResult(returncode=0, returnmsg="<\u00e9\U0001f600\n", warnings=("a<&>&",))


def test_white_space_in_attributes_is_normalised_as_xml_says_and_kept_in_elements() -> None:
    document = b'<result returncode="0" returnmsg="a\tb\nc\r\nd"><warnings> a\tb\r\nc </warnings><warnings/></result>'
    assert decode_xml(document) == ImagesResult(returncode=0, returnmsg="a b c d", warnings=(" a\tb\nc ", ""))


def test_unknown_attributes_and_elements_are_ignored_with_all_that_is_in_them() -> None:
    document = b"""<result returncode="0" later="1" x:later="2" xmlns:x="urn:x">
      <later><product product_id="no number"><result/>text</product></later><x:product product_id="7"/>
      <later/><later/><product product_id="1" later=""><later>text</later></product></result>"""
    assert decode_xml(document) == ImagesResult(returncode=0, product=(ProductImage(product_id=1),))


def test_what_nobody_knows_is_told_to_who_asks() -> None:
    told: list[str] = []
    document = b"""<result returncode="0" Later="1" xmlns:x="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
      xsi:schemaLocation="a b"><later><product/></later><product product_id="1" images="">
      <images colour="red"><image sequence="1" imagefilename="a" binaryimage="aGk=" width="7"/></images><x:images/></product>
      </result>"""
    assert decode_xml(document, on_unknown=told.append) == decode_xml(document)
    assert told == [
        "$.Later",
        "$.later",
        "$.product[0].images",
        "$.product[0].images.colour",
        "$.product[0].images.image[0].width",
        "$.product[0]['{urn:x}images']",
    ]


def test_nil_means_null() -> None:
    document = b"""<result returncode="0" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
      <product product_id="1"><images i:nil="true"/></product></result>"""
    assert decode_xml(document) == ImagesResult(returncode=0, product=(ProductImage(product_id=1),))
    for nulled in (document.replace(b"<product", b'<warnings i:nil="1"/><product'), b'{"returncode": 0, "warnings": [null]}'):
        decode = decode_xml if nulled.startswith(b"<") else decode_json
        with pytest.raises(DecodeError) as caught:
            decode(nulled)
        assert caught.value.path == "$.warnings[0]"


@pytest.mark.parametrize("text", ["0", "-0", "+0", " 0\t", "000", "0" * 200_000, "&#48;"])
def test_an_integer_is_read_as_xml_schema_writes_it(text: str) -> None:
    assert decode_xml(f'<result returncode="{text}"/>') == EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0" * 200_000 + "x",
        "1.0",
        "1e2",
        "0x1",
        "1_0",
        "\u0661",
        "1 0",
        "--1",
        "\u00a01",
        str(2**63),
        str(-(2**63) - 1),
        "9" * 5000,
    ],
)
def test_what_is_no_integer_of_64_bits_is_refused(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_xml(f'<result returncode="{text}"/>')
    assert caught.value.path == "$.returncode"


def test_the_limits_of_64_bits_are_within() -> None:
    for value in (2**63 - 1, -(2**63)):
        assert decode_xml(f'<result returncode="{value}"/>').returncode == value


@pytest.mark.parametrize(
    ("document", "problem", "path", "place"),
    [
        ("<html><body/></html>", "expected the element <result>, found <html>", None, (1, 1)),
        ('<result xmlns="urn:x" returncode="0"/>', "found <{urn:x}result>", None, (1, 1)),
        ('<result returncode="x"/>', "expected an integer of 64 bits, got 'x'", "$.returncode", (1, 1)),
        ("<result/>", "required field `returncode`", "$", None),
        ('<result returncode="0">\n oops</result>', "found the text 'oops'", "$", None),
        (
            '<result returncode="0"><warnings>a<b/></warnings></result>',
            "expected text, found the element <b>",
            "$.warnings[0]",
            (1, 35),
        ),
        (
            '<result returncode="0"><product product_id="1"/>\n<product product_id="1"><images/><images/></product></result>',
            "the element <images> is there twice",
            "$.product[1]",
            (2, 34),
        ),
        (
            '<result returncode="0"><product product_id="1"><images><image sequence="1"/>'
            '<image sequence="z"/></images></product></result>',
            "expected an integer of 64 bits, got 'z'",
            "$.product[0].images.image[1].sequence",
            (1, 77),
        ),
        (
            '<result returncode="0"><product product_id="1"><imagesURL sequence="1" imageURL=""/></product></result>',
            "required field `imagefilename`",
            "$.product[0].imagesURL[0]",
            None,
        ),
        ('<result returncode="0" returncode="0"/>', "duplicate attribute", None, (1, 24)),
        ('<result returncode="0">', "no element found", "$", (1, 24)),
        ('<result returncode="0"></wrong>', "mismatched tag", "$", (1, 26)),
        ('<result returncode="0"/>junk', "junk after document element", None, (1, 25)),
        ('<result returncode="0" x:y="1"/>', "unbound prefix", None, (1, 1)),
        ('<result returncode="&unknown;"/>', "undefined entity", None, (1, 1)),
        ("", "no element found", None, (1, 1)),
        ("<result\x00/>", "not well-formed", None, (1, 8)),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    document: str, problem: str, path: str | None, place: tuple[int, int] | None
) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_xml(document)
    error = caught.value
    assert problem in error.problem
    assert error.path == path
    if place:
        assert (error.line, error.column) == place
        assert f"line {place[0]}, column {place[1]}" in str(error)


LAUGHS = '<!DOCTYPE result [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE result><result returncode="0"/>',
        LAUGHS + '<result returncode="0"><warnings>&a9;</warnings></result>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><result returncode="0"><warnings>&x;</warnings></result>',
        '<!DOCTYPE result SYSTEM "http://127.0.0.1:9/x.dtd"><result returncode="0"/>',
        '<!DOCTYPE result [<!ATTLIST result returncode CDATA "0">]><result/>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><result returncode="0"/>',
    ],
)
def test_a_doctype_is_refused(document: str) -> None:
    with pytest.raises(DecodeError, match="DOCTYPE"):
        decode_xml(document)


def test_depth_is_capped_wherever_it_grows() -> None:
    for opening in ("<a>", "<product>", "<result>"):
        with pytest.raises(DecodeError, match="64 deep"):
            decode_xml('<result returncode="0">' + opening * 100_000)
    nested = '<result returncode="0"><a><a><a/></a></a></result>'
    assert decode_xml(nested, max_depth=4) == EMPTY
    with pytest.raises(DecodeError, match="3 deep"):
        decode_xml(nested, max_depth=3)


def test_size_is_capped_before_anything_is_read() -> None:
    with pytest.raises(DecodeError, match="max_bytes"):
        decode_xml(b"<" * 11, max_bytes=10)


def test_the_charset_is_that_of_the_mark_then_the_label_then_the_declaration() -> None:
    body = '<result returncode="0" returnmsg="\u00e9"/>'
    expected = ImagesResult(returncode=0, returnmsg="\u00e9")
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + body.encode("latin-1")
    assert decode_xml(latin) == expected
    assert decode_xml(body.encode("utf-16")) == decode_xml(body.encode("utf-8-sig")) == expected
    assert decode_xml(b'<?xml version="1.0" encoding="windows-1252"?>' + body.encode("cp1252")) == expected
    # The label is the server's last word, and a transcoding proxy changes it and not the declaration.
    assert decode_xml(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + body.encode(), encoding="utf-8") == expected
    assert decode_xml('<?xml version="1.0" encoding="utf-16"?>' + body) == expected
    # A mark is in the bytes themselves.
    assert decode_xml(body.encode("utf-16"), encoding="utf-8") == expected
    assert decode_xml(body.encode("utf-32"), encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("document", "encoding"),
    [
        ('<result returncode="0" returnmsg="\u00e9"/>'.encode("latin-1"), None),
        ('<result returncode="0" returnmsg="\u00e9"/>'.encode("latin-1"), "utf-8"),
        ('<result returncode="0" returnmsg="\u00e9"/>'.encode(), "us-ascii"),
        (b'<result returncode="0"/>', "utf-16"),
        (b'<result returncode="0"/>', "no-such-charset"),
        (b'<?xml version="1.0" encoding="no-such-charset"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="utf-7"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="shift_jis"?><result returncode="0" returnmsg="\xff"/>', None),
        (b'<?xml version="1.0" encoding="unicode_escape"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="punycode"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="idna"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="raw_unicode_escape"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="cp037"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="utf-32"?><result returncode="0"/>', None),
        ('<?xml version="1.0" encoding="utf-8"?><result returncode="0"/>'.encode("utf-16-le"), None),
        (b'<?xml version="1.0" encoding="zlib"?><result returncode="0"/>', None),
        (b'<?xml version="1.0" encoding="utf-16"?><result returncode="0"/>', None),
        ('<result returncode="0"/>'.encode("utf-16")[:-1], None),
        (b"\xff\xfe", None),
        ('<result returncode="0" returnmsg="\ud800"/>', None),
        (b'<result returncode="0" returnmsg="\xed\xa0\x80"/>', None),
    ],
)
def test_a_text_that_is_not_in_its_charset_raises_decode_error(document: bytes | str, encoding: str | None) -> None:
    with pytest.raises(DecodeError):
        decode_xml(document, encoding=encoding)


@pytest.mark.parametrize("text", ["aGk", "aG k=", "a-_=", "====", "\u00e9", "aGk=="])
def test_base64_is_as_strict_as_in_json(text: str) -> None:
    image = f'<image sequence="1" imagefilename="a" binaryimage="{text}"/>'
    with pytest.raises(DecodeError, match="base64") as caught:
        decode_xml(f'<result returncode="0"><product product_id="1"><images>{image}</images></product></result>')
    assert caught.value.path == "$.product[0].images.image[0].binaryimage"


@given(st.text(alphabet="<>/=\"' resulttcodeproductwarnings01&;!-[]?x:", max_size=60) | st.binary(max_size=60))
def test_any_input_gives_a_result_or_a_decode_error(document: bytes | str) -> None:
    with contextlib.suppress(DecodeError):
        assert isinstance(decode_xml(document), ImagesResult)


@pytest.mark.parametrize(
    "name", ["gb18030", "Shift_JIS", "euc-kr", "windows-1251", "IBM866", "KOI8-R", "UTF-16LE", "macintosh"]
)
def test_a_charset_that_is_declared_is_read_like_one_that_is_labelled(name: str) -> None:
    message = "Привет" if name in ("windows-1251", "IBM866", "KOI8-R") else "e = a < b" if name == "macintosh" else "가" * 3
    message = "日本" if name == "Shift_JIS" else message
    text = f'<?xml version="1.0" encoding="{name}"?><result returncode="0" returnmsg="{message.replace("<", "&lt;")}"/>'
    data = text.encode(name)
    assert decode_xml(data) == decode_xml(data, encoding=name) == ImagesResult(returncode=0, returnmsg=message)


NIL = '<result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" returncode="0">{}</result>'


@pytest.mark.parametrize("nil", ["true", "1", " true "])
@pytest.mark.parametrize(
    "content",
    [
        '<product product_id="1"><images xsi:nil="{}"><image sequence="1" imagefilename="" binaryimage=""/></images></product>',
        '<product product_id="1"><images xsi:nil="{}">text</images></product>',
        '<product product_id="1"><images xsi:nil="{}"> </images></product>',
        '<product product_id="1"><images xsi:nil="{}"><![CDATA[x]]></images></product>',
        '<product product_id="1"><images xsi:nil="{}"><later/></images></product>',
        '<product product_id="1"><images xsi:nil="{}">&#32;</images></product>',
        '<warnings xsi:nil="{}">cut</warnings>',
    ],
)
def test_content_of_a_nil_element_is_refused(content: str, nil: str) -> None:
    with pytest.raises(DecodeError, match="the element has xsi:nil, and holds the"):
        decode_xml(NIL.format(content.format(nil)))


@pytest.mark.parametrize("content", ["", "<!-- a comment -->", "<?an instruction?>"])
def test_an_empty_nil_element_is_null(content: str) -> None:
    document = NIL.format(f'<product product_id="1"><images xsi:nil="true">{content}</images></product>')
    assert decode_xml(document).product[0].images is None


@pytest.mark.parametrize("nil", ["yes", "", "TRUE", "2"])
def test_a_value_of_nil_that_is_not_a_boolean_is_refused(nil: str) -> None:
    with pytest.raises(DecodeError, match="xsi:nil must be"):
        decode_xml(NIL.format(f'<product product_id="1"><images xsi:nil="{nil}"/></product>'))


def test_a_result_is_not_nil() -> None:
    with pytest.raises(DecodeError, match="a result is not null"):
        decode_xml(NIL.format("").replace("<result ", '<result xsi:nil="true" '))


@pytest.mark.parametrize("encoding", [None, "utf-8"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be"])
def test_two_byte_order_marks_are_refused(charset: str, encoding: str | None) -> None:
    for document in ('\ufeff\ufeff<result returncode="0"/>', '\ufeff\ufeff<?xml version="1.0"?><result returncode="0"/>'):
        with pytest.raises(DecodeError, match="two byte order marks"):
            decode_xml(document.encode(charset), encoding=encoding)
        with pytest.raises(DecodeError, match="two byte order marks"):
            decode_xml(document)


@given(
    st.lists(st.sampled_from(["&", ";", "amp", "lt", "gt", "quot", "apos", "x", "&amp;", "&lt;", "&quot;", "&amp;&gt;", "é"]))
)
def test_entities_are_replaced_all_at_once_as_they_are_one_by_one(parts: list[str]) -> None:
    text = "".join(parts).encode()

    def outcome(replace: Callable[[bytes], bytes]) -> bytes | None:
        try:
            return replace(text)
        except (NotSupported, KeyError):
            return None

    assert outcome(without_entities) == outcome(without_entities_one_by_one)


def test_semicolons_beside_entities_are_text() -> None:
    for text in ("a;b", "a;b&amp;c", "&amp;;&lt;", ";;", ";amp&amp;", "&quot;a;b;c&apos;"):
        result = decode_xml(f'<result returncode="0" returnmsg="{text}"/>')
        assert result.returnmsg == html.unescape(text)
    for text in (";amp&", "&amp", "&amp&amp;", "&;", "&&amp;;"):
        with pytest.raises(DecodeError, match="no well-formed XML"):
            decode_xml(f'<result returncode="0" returnmsg="{text}"/>')
