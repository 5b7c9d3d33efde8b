"""The JSON Schema of two contracts: the vendor's, and one of orders with every constraint."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orders_spec import contract as orders
from twinwire.ir import read_contract
from twinwire.schemas import json_schema

ROOT = Path(__file__).parents[3]
SAMPLE = json.loads((ROOT / "spec/sample.json").read_text("utf-8"))
# A member that is left out, while None stands for JSON's null.
ABSENT = object()


@pytest.fixture(scope="module")
def text() -> str:
    return json_schema(read_contract(ROOT / "spec/products-images.yaml"))


@pytest.fixture(scope="module")
def images(text: str) -> Draft202012Validator:
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def lots() -> Draft202012Validator:
    schema = json.loads(json_schema(orders()))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def lot(**changes: Any) -> dict[str, Any]:
    product = {"product_id": 7, "imagesURL": [{"sequence": 1, "imagefilename": "a.png", "imageURL": "https://x/a.png"}]}
    value = {"product": [product], "token": "9", "count": 1, "queuecount": 0, "returncode": 0, **changes}
    return {name: item for name, item in value.items() if item is not ABSENT}


def test_the_schema_is_ascii_that_ends_in_a_newline_and_names_its_spec(text: str) -> None:
    assert text.isascii()
    assert text.endswith("}\n")
    origin = read_contract(ROOT / "spec/products-images.yaml").origin
    assert f"{origin.title} {origin.version}" in json.loads(text)["$comment"]
    assert origin.sha256 in json.loads(text)["$comment"]


def test_the_vendors_sample_is_valid(images: Draft202012Validator) -> None:
    images.validate(SAMPLE)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"returnmsg": None, "warnings": None, "version": None},
        {"warnings": [], "version": "3"},
        {"new": {"of": ["a", "later", "version"]}},
        {"product": [], "token": None, "count": 0},
        {"product": ABSENT, "token": ABSENT, "count": 0},
        {"product": None, "count": 0},
        {"product": [{"product_id": -(2**63), "imagesURL": None, "images": None}]},
        {"product": [{"product_id": 2**63 - 1, "images": {"image": None, "new": 1}}]},
        {"returncode": 3, "product": ABSENT, "token": ABSENT, "count": ABSENT, "queuecount": None},
    ],
)
def test_what_the_contract_allows_is_valid(images: Draft202012Validator, changes: dict[str, Any]) -> None:
    images.validate(lot(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"returncode": ABSENT},
        {"returncode": None},
        {"returncode": "0"},
        {"returncode": True},
        {"count": ABSENT},
        {"count": None},
        {"count": "1"},
        {"count": 1.5},
        {"queuecount": None},
        {"queuecount": 2**63},
        {"token": None},
        {"token": ABSENT},
        {"token": 9},
        {"product": {}},
        {"product": [None]},
        {"product": [{}]},
        {"product": [{"product_id": None}]},
        {"product": [{"product_id": -(2**63) - 1}]},
        {"product": [{"product_id": 1, "images": []}]},
        {"product": [{"product_id": 1, "imagesURL": [{"sequence": 1, "imagefilename": "a"}]}]},
        {"warnings": "text"},
        {"warnings": [None]},
        {"version": 1},
        {"returncode": 3, "count": "1"},
    ],
)
def test_what_the_contract_forbids_is_invalid(images: Draft202012Validator, changes: dict[str, Any]) -> None:
    assert not images.is_valid(lot(**changes))


def test_success_asks_only_for_what_is_not_required_anyway(text: str) -> None:
    then = json.loads(text)["then"]
    assert (then["required"], then["then"]["required"]) == (["count", "queuecount"], ["token"])


def test_a_body_that_is_no_object_is_invalid(images: Draft202012Validator) -> None:
    assert not any(images.is_valid(body) for body in (None, [], [lot()], "text", 0))


ORDER = {"id": "AB12", "state": "open", "total": 1.5}
ORDERS: dict[str, Any] = {"code": 200, "next": "n", "size": 1, "left": 0, "orders": [ORDER]}


@pytest.mark.parametrize(
    ("member", "good", "bad"),
    [
        ("id", ["A1", "ABCDEF12"], ["A", "ABCDEFG12", "a1", None, 1]),
        ("state", ["open", 'sh"ip<ped', ""], ["closed", None]),
        ("total", [0, 0.0, 1000000], [-0.1, 1000001, "1", None]),
        ("paid", [True, False, None], [0, "true"]),
        ("note", ["", "12345", None], ["123456"]),
        ("priority", [1, 3, None], [0, 4, "1"]),
        ("tag", [[], ["a"], None], ["a", [1]]),
        (
            "line",
            [[{"sku": "s", "flags": [True], "amount": 1}]],
            [[{"sku": "s", "flags": [1]}], [{"amount": 1}], [{"sku": "", "amount": 0}]],
        ),
    ],
)
def test_restrictions_of_the_spec_hold(lots: Draft202012Validator, member: str, good: list[Any], bad: list[Any]) -> None:
    for value, valid in [*((item, True) for item in good), *((item, False) for item in bad)]:
        body = copy.deepcopy(ORDERS)
        body["orders"][0][member] = value
        assert lots.is_valid(body) is valid, value


def test_success_is_the_code_that_the_spec_names(lots: Draft202012Validator) -> None:
    assert not lots.is_valid({"code": 200})
    assert lots.is_valid({"code": 0})
    assert lots.is_valid({"code": 200, "size": 0, "left": 0})
