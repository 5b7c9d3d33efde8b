"""The SDK of a contract that shares nothing with the vendor's: wrapped collections, element scalars, enums, other names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import jsonschema
import lxml.etree
import msgspec
import pytest
import respx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders_spec import contract
from sdk_packages import package
from sdk_results import TEXTS

POSITIVE = st.integers(1, 2**63 - 1)


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package that is generated for the made-up spec."""
    with package(contract(), tmp_path_factory.mktemp("orders")) as module:
        yield module


def lots(sdk: ModuleType) -> st.SearchStrategy[Any]:
    def tuples(items: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
        return st.lists(items, max_size=3).map(tuple)

    text = st.none() | TEXTS
    line = st.builds(
        sdk.Line, sku=TEXTS, amount=st.none() | POSITIVE, flags=tuples(st.booleans()), a=text, b=text, remark=tuples(TEXTS)
    )
    order = st.builds(
        sdk.Order,
        id=st.from_regex(r"[A-Z]{1,3}[0-9]{1,4}", fullmatch=True),
        state=st.sampled_from(["open", 'sh"ip<ped', ""]),
        total=st.floats(0, 1e6),
        paid=st.none() | st.booleans(),
        note=st.none() | st.text("ab", max_size=5),
        priority=st.none() | st.sampled_from([1, 2, 3]),
        line=tuples(line),
        tag=tuples(TEXTS),
    )
    size = st.none() | st.integers(0, 50)
    return st.builds(sdk.Lot, code=st.integers(1, 199), text=text, next=text, size=size, left=size, orders=tuples(order))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_every_result_comes_back_from_both_representations_and_is_valid(sdk: ModuleType, data: st.DataObject) -> None:
    result = data.draw(lots(sdk))
    document, text = sdk.encode_xml(result), sdk.encode_json(result)
    assert sdk.decode_xml(document) == sdk.decode_json(text) == result
    schemas = Path(sdk.__file__ or "").parent / "schemas"
    jsonschema.Draft202012Validator(msgspec.json.decode((schemas / "Lot.schema.json").read_bytes())).validate(
        msgspec.json.decode(text)
    )
    schema = lxml.etree.XMLSchema(lxml.etree.parse(schemas / "Lot.xsd"))
    assert schema.validate(lxml.etree.fromstring(document)), schema.error_log


DOCUMENT = """<lot>
  <orders><order id="A1" priority=" +2 "><total> 1.5E2 </total><state>open</state><line><flags><flag>1</flag><flag> false
  </flag></flags><sku> s </sku><remark/></line><paid>true</paid><tag>a</tag><tag>b</tag></order></orders>
  <code> 200 </code><left>0</left><next></next>
</lot>"""


def test_wrapped_collections_and_element_scalars_are_read(sdk: ModuleType) -> None:
    line = sdk.Line(sku=" s ", flags=(True, False), remark=("",))
    order = sdk.Order(id="A1", priority=2, total=150.0, state="open", paid=True, line=(line,), tag=("a", "b"))
    assert sdk.decode_xml(DOCUMENT) == sdk.Lot(code=200, left=0, next="", orders=(order,))


def test_an_empty_wrapper_is_an_empty_collection_and_is_not_written(sdk: ModuleType) -> None:
    assert sdk.decode_xml("<lot><code>1</code><orders/></lot>") == sdk.decode_xml("<lot><code>1</code></lot>")
    assert sdk.decode_json('{"code": 1, "orders": null}') == sdk.Lot(code=1)
    assert b"orders" not in sdk.encode_xml(sdk.Lot(code=1)) + sdk.encode_json(sdk.Lot(code=1))


@pytest.mark.parametrize(
    ("old", "new", "problem", "path"),
    [
        ("<state>open<", "<state>closed<", "Invalid enum value", "$.orders[0].state"),
        (" +2 ", "4", "Invalid enum value", "$.orders[0].priority"),
        ("1.5E2", "NaN", "expected a finite number", "$.orders[0].total"),
        ("1.5E2", "1e999", "expected a finite number", "$.orders[0].total"),
        ("1.5E2", "1_0", "expected a finite number", "$.orders[0].total"),
        ("<flag>1<", "<flag>yes<", "expected a boolean", "$.orders[0].line[0].flags[0]"),
        ("<flag>1<", "<flag><b/><", "expected text", "$.orders[0].line[0].flags[0]"),
        ("<left>0<", "<left>-1<", "Expected `int` >= 0", "$.left"),
        ("<left>0<", "<left><", "expected an integer of 64 bits", "$.left"),
        ("<left>0<", "<left>0</left><left>0<", "the element <left> is there twice", "$"),
        ("<orders>", "<orders/><orders>", "the element <orders> is there twice", "$"),
        ("<orders>", "<orders>text", "found the text 'text'", "$"),
        ("<paid>true<", "<paid><", "expected a boolean", "$.orders[0].paid"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(sdk: ModuleType, old: str, new: str, problem: str, path: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(sdk.DecodeError) as caught:
        sdk.decode_xml(DOCUMENT.replace(old, new, 1))
    assert problem in caught.value.problem
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("total", "problem"),
    [("1e999", "out of range"), ("NaN", "no JSON"), ("true", "Expected `float`"), ('"1"', "Expected `float`")],
)
@pytest.mark.parametrize("tags", ["[]", "null"])
def test_a_number_is_as_strict_in_json_on_both_ways(sdk: ModuleType, total: str, problem: str, tags: str) -> None:
    with pytest.raises(sdk.DecodeError, match=problem):
        sdk.decode_json(f'{{"code": 1, "orders": [{{"id": "A1", "state": "", "tag": {tags}, "total": {total}}}]}}')


@pytest.mark.parametrize(
    ("members", "problem"),
    [({"total": float("nan")}, "nan cannot"), ({"state": "lost"}, "one of 'open'"), ({"paid": 1}, "boolean")],
)
def test_what_no_representation_carries_is_refused(sdk: ModuleType, members: dict[str, Any], problem: str) -> None:
    order = sdk.Order(**{"id": "A1", "state": "", "total": 1.0, **members})
    for encode in (sdk.encode_json, sdk.encode_xml):
        with pytest.raises(sdk.EncodeError, match=problem):
            encode(sdk.Lot(code=1, orders=(order,)))


def test_the_methods_and_their_arguments_are_named_by_the_spec(sdk: ModuleType) -> None:
    order = sdk.Order(id="A1", state="", total=1.0)
    lots = [sdk.Lot(code=200, size=1, left=left, next=f"c{left}", orders=(order,)) for left in (1, 0)]
    answers = [httpx.Response(200, content=sdk.encode_xml(lot), headers={"Content-Type": "application/xml"}) for lot in lots]
    with respx.mock() as router, sdk.Client("http://feed.test", representation="xml") as client:
        router.get("http://feed.test/orders").mock(side_effect=answers)
        assert list(client.iter_orders(after="c9", size=1)) == [order, order]
        assert [dict(call.request.url.params) for call in router.calls] == [
            {"after": "c9", "size": "1"},
            {"after": "c1", "size": "1"},
        ]
        with pytest.raises(sdk.ParameterError, match="after: must have from 0 to 40 characters"):
            client.get_orders(after="x" * 41)


def test_a_feed_without_sessions_takes_none(sdk: ModuleType) -> None:
    with pytest.raises(sdk.ParameterError, match="session: this feed has none"):
        sdk.Client("http://feed.test", session="s")


def test_the_error_tree_has_the_package_s_own_root(sdk: ModuleType) -> None:
    assert issubclass(sdk.DecodeError, sdk.OrderEventsError)
    assert "FeedError" not in (Path(sdk.__file__ or "").parent / "errors.py").read_text("utf-8")


@pytest.mark.parametrize("parameter", ["type: integer, format: int64", "type: string"])
def test_a_cursor_may_be_a_number_in_the_result(tmp_path: Path, parameter: str) -> None:
    counted = contract(
        ("title: Order events", "title: Counted orders"),
        ("schema: {type: string, maxLength: 40}", f"schema: {{{parameter}}}"),
        ("next: {type: [string, 'null'], xml", "next: {type: [integer, 'null'], xml"),
        ("order: opaque", "order: numeric"),
    )
    with package(counted, tmp_path) as sdk, respx.mock() as router, sdk.Client("http://feed.test") as client:
        order = sdk.Order(id="A1", state="", total=1.0)
        lots = [sdk.Lot(code=200, size=1, left=left, next=-left, orders=(order,)) for left in (9, 8, 9)]
        answers = [
            httpx.Response(200, content=sdk.encode_json(lot), headers={"Content-Type": "application/json"}) for lot in lots
        ]
        router.get("http://feed.test/orders").mock(side_effect=answers)
        pages = client.iter_pages()
        assert [(page.token, page.resume_token) for page in (next(pages), next(pages))] == [(None, "-9"), ("-9", "-8")]
        with pytest.raises(sdk.PaginationStalled, match="'-9' came back"):
            next(pages)
