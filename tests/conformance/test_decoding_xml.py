"""XML decoding: null, types, unknown content, charsets, hostile namespaces and error positions."""

from __future__ import annotations

import time

import pytest

from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.decoding import DecodedResult, ResultDecoder, Undecodable
from twinwire_conformance.transport import Secrets
from twinwire_conformance.validation import Flaw

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
IMAGE = '<image sequence="1" imagefilename="a" binaryimage="QQ=="/>'


@pytest.fixture(scope="module")
def contract() -> ContractView:
    return ContractView(packaged_contract())


def read(inner: str, attributes: str = "") -> DecodedResult:
    body = f'<result {XSI} returncode="0"{attributes}>{inner}</result>'.encode()
    return ResultDecoder(packaged_contract()).xml(body, None)


def flaw(contract: ContractView, reading: DecodedResult) -> Flaw | None:
    return contract.schemas.xml_flaw(reading.known)


def product(inner: str) -> str:
    return f'<product product_id="1">{inner}</product>'


@pytest.mark.parametrize(
    "inner",
    [
        product('<images xsi:nil="true"/>'),
        product('<images xsi:nil=" 1 "></images>'),
        product('<images xsi:nil="true"><!-- nothing --></images>'),
        product('<images xsi:nil="false"/>'),
        '<product product_id="1" xsi:nil="false"/>',
        '<product product_id="1" xsi:nil="0"><images/></product>',
        '<product product_id="1" xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd"/>',
        '<product product_id="1" xsi:noNamespaceSchemaLocation="file:///nowhere.xsd"/>',
        '<product product_id="1" xsi:type="ProductImage"/>',
        '<?target data?><product product_id="1"><!-- a, b --></product>\n\t',
    ],
)
def test_some_ways_to_write_an_entry_without_images_carry_no_meaning(contract: ContractView, inner: str) -> None:
    reading = read(inner)
    assert reading.value == {"returncode": 0, "product": [{"product_id": 1}]}
    assert reading.unknown == ()
    assert flaw(contract, reading) is None


@pytest.mark.parametrize(
    "inner",
    [
        product(f'<images xsi:nil="true">{IMAGE}</images>'),
        product('<images xsi:nil="1">text</images>'),
        product('<images xsi:nil="1"><new/></images>'),
        product('<images xsi:nil="1"><new/>text</images>'),
        product('<images xsi:nil="yes"/>'),
        '<warnings xsi:nil="true">text</warnings>',
        # Here null would be an element of a collection, which the JSON Schema does not allow either.
        '<warnings xsi:nil="true"/>',
        '<product xsi:nil="true"/>',
        '<product product_id="1" xsi:nil="true"/>',
        product('<imagesURL xsi:nil="true"/>'),
        product(f'<images>{IMAGE}<image xsi:nil="true"/></images>'),
    ],
)
def test_nil_breaks_the_schema_on_content_and_where_null_is_not_allowed(contract: ContractView, inner: str) -> None:
    assert flaw(contract, read(inner)) is not None


def test_nil_on_the_root_breaks_the_schema(contract: ContractView) -> None:
    reading = read("", ' xsi:nil="true"')
    assert reading.value == {"returncode": 0}
    assert flaw(contract, reading) is not None


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ('<warnings xsi:nil="true"/>', {"warnings": [None]}),
        ('<product xsi:nil="true"/>', {"product": [None]}),
        ('<product product_id="1"/><product xsi:nil="1"/>', {"product": [{"product_id": 1}, None]}),
        ('<product product_id="1" xsi:nil="true"/>', {"product": [{"product_id": 1}]}),
        ('<warnings xsi:nil="true">text</warnings>', {"warnings": ["text"]}),
    ],
)
def test_a_null_in_a_collection_is_not_lost_nor_is_content_beside_nil(inner: str, value: object) -> None:
    assert read(inner).value == {"returncode": 0, **value}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "inner",
    [
        f"{product('')},",
        f",{product('')}",
        f"{product('')}\u00a0",
        f"{product('')}<![CDATA[,]]>{product('')}",
        "<new/>,",
        f"{product('')}<new/>,",
        product(","),
        product("<images>,</images>"),
        product(f"<images>{IMAGE},</images>"),
        product('<imagesURL sequence="1" imagefilename="a" imageURL="x">,</imagesURL>'),
        "<warnings>a<b/>c</warnings>",
        f'<product product_id="1" xsi:type="Product"/>{product("")}',
        '<product product_id="1" xsi:type="xs:string"/>',
        '<product product_id="1" xsi:type="other:ProductImage"/>',
        '<warnings xsi:type="xs:int">1</warnings>',
    ],
)
def test_text_between_elements_and_other_types_break_the_schema(contract: ContractView, inner: str) -> None:
    assert flaw(contract, read(inner)) is not None


@pytest.mark.parametrize(
    ("inner", "path"),
    [
        ('<warnings lang="en">w</warnings>', "/result/warnings/@lang"),
        ('<warnings xml:lang="en">w</warnings>', "/result/warnings/@xml:lang"),
        ('<warnings xmlns:a="urn:a" a:b="c">w</warnings>', "/result/warnings/@{urn:a}b"),
        ('<product product_id="1" xml:space="preserve"/>', "/result/product/@xml:space"),
        (product('<images foo="1"/>'), "/result/product/images/@foo"),
        (
            product(f"<images>{IMAGE.replace('/>', ' more=' + chr(34) * 2 + '/>')}</images>"),
            "/result/product/images/image/@more",
        ),
        ("<warnings>a<b/></warnings>", "/result/warnings/b"),
        ('<product product_id="1" xsi:type="Product"/>', "/result/product/@xsi:type"),
        ('<warnings xsi:type="xs:normalizedString">w</warnings>', "/result/warnings/@xsi:type"),
        ('<product product_id="1" xsi:other="1"/>', "/result/product/@xsi:other"),
        (product('<images xsi:nil="maybe"/>'), "/result/product/images/@xsi:nil"),
        ('<product xmlns="urn:a" product_id="1"/>', "/result/{urn:a}product"),
    ],
)
def test_what_the_contract_does_not_know_is_named(inner: str, path: str) -> None:
    assert read(inner).unknown == (path,)


def test_the_declared_type_of_a_text_is_no_news(contract: ContractView) -> None:
    reading = read('<warnings xsi:type="xs:string">w</warnings>')
    assert reading.unknown == ()
    assert flaw(contract, reading) is None


def test_a_type_is_found_by_the_prefix_that_holds_where_it_stands(contract: ContractView) -> None:
    reading = read(
        # The inner declaration of a prefix overrides the outer one for this element only.
        '<warnings xmlns:xs="urn:other" xsi:type="xs:string">w</warnings><warnings xsi:type="xs:string">w</warnings>'
    )
    assert reading.unknown == ("/result/warnings/@xsi:type",)
    assert flaw(contract, reading) is not None


CHARSETS = [
    "gb18030",
    "gbk",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "big5",
    "euc-kr",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "utf-32",
]
TEXTS = {"big5": "\u5716\u7247", "euc-kr": "\uadf8\ub9bc", "koi8-r": "\u0444\u043e\u0442\u043e"}


@pytest.mark.parametrize("charset", [*CHARSETS, "windows-1252", "iso-8859-1", "iso-8859-15", "koi8-r", "utf-8", "cp037"])
@pytest.mark.parametrize("place", ["content type", "declaration", "both", "contradiction"])
def test_xml_comes_in_any_charset_that_is_declared(charset: str, place: str) -> None:
    # Characters that the charset can represent.
    narrow = charset.startswith(("windows", "iso-8859", "cp"))
    text = TEXTS.get(charset, "\u00e9\u00fc" if narrow else "\u56f3\u66f8")
    named = {"declaration": charset, "both": charset, "contradiction": "us-ascii"}.get(place)
    declaration = "" if named is None else f'<?xml version="1.0" encoding="{named}"?>'
    body = f'{declaration}<result returncode="0" returnmsg="{text}"/>'.encode(charset)
    reading = ResultDecoder(packaged_contract()).xml(body, None if place == "declaration" else charset)
    assert reading.value["returnmsg"] == reading.known.get("returnmsg") == text


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("width", ["utf-16", "utf-32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("declared_format", [False, True])
def test_the_byte_order_is_seen_with_and_without_a_mark(width: str, order: str, mark: str, declared_format: bool) -> None:
    body = f'{mark}<result returnmsg="\u56f3"/>'.encode(f"{width}-{order}")
    assert ResultDecoder(packaged_contract()).xml(body, width if declared_format else None).value == {"returnmsg": "\u56f3"}
    text = f'{mark}{{"returnmsg": "\u56f3"}}'.encode(f"{width}-{order}")
    assert ResultDecoder(packaged_contract()).json(text, width).value == {"returnmsg": "\u56f3"}


# The byte order mark has precedence over the XML declaration.
def test_a_mark_counts_more_than_the_declaration() -> None:
    body = b'\xef\xbb\xbf<?xml version="1.0" encoding="iso-8859-1"?>' + '<result returnmsg="\u56f3"/>'.encode()
    assert ResultDecoder(packaged_contract()).xml(body, None).value == {"returnmsg": "\u56f3"}


@pytest.mark.parametrize("prefix", ["xmlns", "xmlns:a"])
@pytest.mark.parametrize("where", ["root", "inside"])
def test_a_very_long_namespace_is_refused_in_bounded_time(prefix: str, where: str) -> None:
    # expat copies the URI into every name that uses the prefix.
    declaration = f"{prefix} = '{'u' * 1_000_000}'"
    name = "a:b" if ":" in prefix else "b"
    many = f"<{name}/>" * 100_000
    text = f"<result {declaration}>{many}</result>" if where == "root" else f"<result><b {declaration}>{many}</b></result>"
    begin = time.process_time()
    with pytest.raises(Undecodable, match=f"namespace URI of {prefix} is 1000000 characters long"):
        ResultDecoder(packaged_contract()).xml(text.encode(), None)
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("piece", ["xmlns:", "xmlns", " xmlns", " xmlns=' xmlns=", "xmlns ="])
def test_text_that_is_full_of_namespaces_is_read_in_bounded_time(piece: str) -> None:
    begin = time.process_time()
    assert read(f"<warnings>{piece * 300_000}</warnings>").value["warnings"]
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("distance", [*range(0, 60, 7), 100, *range(200, 260, 7), 300])
@pytest.mark.parametrize("before", [" ", ' "', "x" * 30 + " "])
def test_the_place_of_an_error_shows_no_half_secret(before: str, distance: int) -> None:
    secret = "Zq8-Tr4Vx.Mn5_Kw7~Pd9"
    # A quoted excerpt could contain a part of a secret that is too short for the redaction to recognise.
    with pytest.raises(Undecodable) as error:
        read(f"<warnings>denied:{before}{secret}{'-' * distance} & no</warnings>")
    shown = Secrets([secret]).text(str(error.value))
    assert not [start for start in range(len(secret) - 5) if secret[start : start + 6] in shown]


def test_a_text_that_looks_like_a_long_namespace_is_text() -> None:
    text = "xmlns='" + "u" * 5000
    assert read(f"<warnings>{text}</warnings>").value["warnings"] == [text]


@pytest.mark.parametrize(
    ("body", "charset", "lines"),
    [
        (
            '<result returncode="0"><a></b></result>',
            None,
            [
                "not well-formed XML: mismatched tag (line 1, column 29)",
                '    <result returncode="0"><a></b></result>',
                " " * 32 + "^",
            ],
        ),
        (
            "<result>\n\u56f3 & </result>",
            None,
            ["not well-formed XML: invalid token (line 2, column 4)", "    <result>\\n\u56f3 & </result>", " " * 17 + "^"],
        ),
    ],
)
def test_a_syntax_error_shows_the_place(body: str, charset: str | None, lines: list[str]) -> None:
    with pytest.raises(Undecodable) as error:
        ResultDecoder(packaged_contract()).xml(body.encode(), charset)
    assert str(error.value).splitlines() == lines


@pytest.mark.parametrize(
    ("body", "charset", "first", "shown"),
    [
        (b'{"returncode": 0,\n "a": tru\x1be}', None, "not JSON: Expecting value (line 2, column 7)", "tru\\x1be}"),
        (b'{"a": "' + b"x" * 500 + b'\xff"}', None, "the body is not utf-8: invalid start byte (byte 508: FF)", '\\xff"}'),
        (b'{"a": "\xc3\xa9"}', "us-ascii", "the body is not ascii: ordinal not in range(128) (byte 8: C3)", '\\xc3\\xa9"}'),
        (
            '{"a": "x'.encode("utf-16-le") + b"\0\xdc\0\0",
            "utf-16-le",
            "the body is not utf-16-le: illegal encoding",
            "\\x00\\xdc",
        ),
        (b'{"a": ' + b"1" * 500 + b"x}", None, "not JSON: Expecting ',' delimiter (line 1, column 507)", "x}"),
    ],
)
def test_the_place_of_an_error_in_json_is_one_printable_line(body: bytes, charset: str | None, first: str, shown: str) -> None:
    with pytest.raises(Undecodable) as error:
        ResultDecoder(packaged_contract()).json(body, charset)
    lines = str(error.value).splitlines()
    assert lines[0].startswith(first)
    assert len(lines) == 3
    assert lines[1].isprintable()
    assert len(lines[1]) < 300
    assert lines[1][lines[2].index("^") :].startswith(shown)
