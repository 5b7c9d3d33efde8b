"""The XSD of two contracts, judged by two validators that must agree."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from orders_spec import contract as orders
from twinwire.ir import Contract, Model, read_contract
from twinwire.schemas import xsd

ROOT = Path(__file__).parents[3]
SAMPLE = (ROOT / "spec/sample.xml").read_text("utf-8")
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

Validate = Callable[[str], bool]


def validator(contract: Contract) -> Validate:
    """Return a function that validates a document with two libraries, which must agree."""
    text = xsd(contract)
    lxml_schema = etree.XMLSchema(etree.fromstring(text.encode("utf-8")))
    schema = xmlschema.XMLSchema10(text)

    def validate(document: str) -> bool:
        first = schema.is_valid(io.StringIO(document))
        second = lxml_schema.validate(etree.fromstring(document.encode("utf-8")))
        assert first == second, f"xmlschema says {first}, lxml {second}: {document}"
        return first

    return validate


@pytest.fixture(scope="module")
def images() -> Validate:
    return validator(read_contract(ROOT / "spec/products-images.yaml"))


@pytest.fixture(scope="module")
def lots() -> Validate:
    return validator(orders())


def test_the_header_names_the_spec() -> None:
    contract = read_contract(ROOT / "spec/products-images.yaml")
    head = xsd(contract).splitlines()[1]
    assert head.startswith("<!--")
    for part in (contract.origin.title, contract.origin.version, contract.origin.sha256):
        assert part in head


def test_the_vendors_sample_is_valid(images: Validate) -> None:
    assert images(SAMPLE)


IMAGE = '<image sequence="1" imagefilename="a.png" binaryimage="QQ=="/>'
URL = '<imagesURL sequence="1" imagefilename="a.png" imageURL="https://x/a.png"/>'


@pytest.mark.parametrize(
    "document",
    [
        '<result returncode="0"/>',
        '<result returncode="0">\n</result>',
        '<?xml version="1.0"?><result returncode=" -9223372036854775808 " count="9223372036854775807"></result>',
        f'<result {XSI} xsi:noNamespaceSchemaLocation="x.xsd" returncode="0"/>',
        '<result returncode="0"><warnings/><warnings> a  b </warnings></result>',
        f'<result returncode="0"><product product_id="1">{URL}{URL}<images>{IMAGE}{IMAGE}</images></product></result>',
        f'<result returncode="0"><product product_id="1"><images>{IMAGE}</images>{URL}</product></result>',
        f'<result returncode="0"><product product_id="1">{URL}<images/>{URL}</product></result>',
        '<result returncode="0"><product product_id="1"/><warnings>w</warnings><product product_id="2">\n</product></result>',
        f'<result returncode="0"><product product_id="1">{URL.replace("/>", "> <!-- c --> </imagesURL>")}</product></result>',
    ],
)
def test_what_the_contract_allows_is_valid(images: Validate, document: str) -> None:
    assert images(document)


@pytest.mark.parametrize(
    "document",
    [
        "<result/>",
        '<Result returncode="0"/>',
        '<result xmlns="urn:x" returncode="0"/>',
        '<result returncode=""/>',
        '<result returncode="0.0"/>',
        '<result returncode="9223372036854775808"/>',
        '<result returncode="0" count=""/>',
        '<result returncode="0" beyond="1"/>',
        '<result returncode="0"><beyond/></result>',
        '<result returncode="0">text</result>',
        '<result returncode="0"><warnings><b/></warnings></result>',
        '<result returncode="0"><product/></result>',
        '<result returncode="0"><product product_id="x"/></result>',
        '<result returncode="0"><product product_id="1"><images/><images/></product></result>',
        f'<result returncode="0"><product product_id="1">{IMAGE}</product></result>',
        '<result returncode="0"><product product_id="1"><imagesURL sequence="1" imagefilename="a"/></product></result>',
        f'<result returncode="0"><product product_id="1">{URL.replace("/>", ">text</imagesURL>")}</product></result>',
        f'<result returncode="0"><product product_id="1">{URL.replace("/>", "><x/></imagesURL>")}</product></result>',
    ],
)
def test_what_the_contract_forbids_is_invalid(images: Validate, document: str) -> None:
    assert not images(document)


ORDER = {"state": "<state>open</state>", "total": "<total>1.5</total>"}


def order(*children: str, attributes: str = 'id="A1"') -> str:
    return f"<lot><orders><order {attributes}>{''.join(children)}</order></orders><code>200</code></lot>"


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ("<lot><code>1</code></lot>", True),
        ("<lot/>", False),
        ("<lot><code>1</code><code>1</code></lot>", False),
        ("<lot><next> kept </next><left>0</left><orders/><code>1</code><size>50</size><text/></lot>", True),
        ("<lot><code>1</code><orders/><orders/></lot>", False),
        ("<lot><code>1</code><size>51</size></lot>", False),
        ("<lot><code>1</code><left>-1</left></lot>", False),
        (order(*ORDER.values()), True),
        (order(*ORDER.values(), attributes='id="A1" priority="3"'), True),
        (order(*ORDER.values(), attributes='id="A1" priority="4"'), False),
        (order(*ORDER.values(), attributes='id="a1"'), False),
        (order(*ORDER.values(), attributes='id="ABCDEFGH1"'), False),
        (order("<state>sh&quot;ip&lt;ped</state>", ORDER["total"]), True),
        (order("<state/>", ORDER["total"]), True),
        (order("<state>shut</state>", ORDER["total"]), False),
        (order("<state> open</state>", ORDER["total"]), False),
        (order(*ORDER.values(), "<paid>true</paid><note>12345</note>"), True),
        (order(*ORDER.values(), "<paid>yes</paid>"), False),
        (order(*ORDER.values(), "<note>123456</note>"), False),
    ],
)
def test_restrictions_of_the_spec_hold(lots: Validate, document: str, valid: bool) -> None:
    assert lots(document) is valid


LINE = ["<sku>s</sku>", "<amount>1</amount>", "<flags><flag>1</flag><flag>false</flag></flags>", "<remark>r</remark>"]


# A content model for more than three singletons in any order would be too large, so they may repeat.
def test_with_many_singletons_any_order_is_valid_but_nothing_is_counted(lots: Validate) -> None:
    for children in permutations(LINE):
        assert lots(order(*ORDER.values(), f"<line>{''.join(children)}<remark/></line>"))
    assert not lots(order(*ORDER.values(), "<line><beyond/></line>"))
    assert not lots(order(*ORDER.values(), "<line><sku>s</sku><amount>0</amount></line>"))
    assert not lots(order(*ORDER.values(), "<line><sku>s</sku><flags><flag>2</flag></flags></line>"))


FEW = [("        paid: {type: [boolean, 'null'], xml: {name: paid}}\n", "")]


@pytest.fixture(scope="module")
def few() -> Validate:
    """Return the validator of an order with three singletons among repeated elements: XSD 1.0 can still count so few."""
    return validator(orders(*FEW))


def test_up_to_three_singletons_interleave_with_repeated_elements_in_any_order(few: Validate) -> None:
    parts = [*ORDER.values(), "<note>n</note>", "<line><sku>s</sku></line>", "<tag>t</tag>"]
    for children in permutations(parts):
        assert few(order("<tag/>", *children))
        assert few(order(*children, "<tag/>", "<line><sku>s</sku></line>"))


def test_a_singleton_stands_at_most_once_and_exactly_once_when_required(few: Validate) -> None:
    note, tag = "<note>n</note>", "<tag/>"
    assert few(order(tag, *ORDER.values()))
    assert not few(order(tag, *ORDER.values(), ORDER["state"]))
    assert not few(order(*ORDER.values(), note, tag, note))
    assert not few(order(ORDER["state"], tag, note))
    assert not few(order(note, ORDER["total"]))
    assert not few(order(tag))


def test_a_pattern_that_xsd_cannot_express_is_documented_instead() -> None:
    contract = orders((r"'^[A-Z]+\d+$'", r"'^(?=A)[A-Z]+\d+$'"))
    assert "Also matches the pattern ^(?=A)[A-Z]+\\d+$, which XSD 1.0 cannot express." in xsd(contract)
    assert validator(contract)(order(*ORDER.values(), attributes='id="B1"'))


def test_a_required_collection_may_be_empty() -> None:
    contract = orders(
        ("      required: [sku]\n", "      required: [sku, remark]\n"),
        ("        b: {type: [string, 'null'], xml: {name: b}}\n", ""),
    )
    contract = replace(contract, models={**contract.models, "Line": few_members(contract.models["Line"])})
    assert validator(contract)(order(*ORDER.values(), "<line><sku>s</sku></line>"))


def few_members(model: Model) -> Model:
    return replace(model, fields=tuple(field for field in model.fields if field.wire_name in {"sku", "remark"}))


def test_an_enum_keeps_line_ends_and_leaves_out_what_xml_cannot_carry() -> None:
    validate = validator(orders(('enum: [open, "sh\\"ip<ped", \'\']', 'enum: ["a\\nb", "\\0"]')))
    assert validate(order("<state>a\nb</state>", ORDER["total"]))
    assert not validate(order("<state>a b</state>", ORDER["total"]))
    assert not validate(order("<state>\ufffd</state>", ORDER["total"]))


def test_a_members_type_never_takes_the_name_of_a_model() -> None:
    contract = orders(("    Line:\n", "    Order.id:\n"), ("schemas/Line'", "schemas/Order.id'"))
    assert validator(contract)(order(*ORDER.values(), "<line><sku>s</sku></line>"))


@pytest.mark.parametrize(
    "text", ["-->", "--", "-", "a - -> b", "<!--", "]]>", "&amp;", '"', "\x00", "\ud800", "{{ 1 }}", "\u2028"]
)
def test_text_of_the_spec_stays_text(text: str) -> None:
    contract = orders()
    model = contract.models["Order"]
    field = replace(model.fields[0], description=text)
    models = {**contract.models, "Order": replace(model, description=text, fields=(field, *model.fields[1:]))}
    origin = replace(contract.origin, title=text, version=text)
    assert validator(replace(contract, origin=origin, models=models))(order(*ORDER.values()))
