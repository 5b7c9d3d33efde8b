"""Numbers in JSON and XML: integers in any notation, other numbers, and very long ones."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from twinwire.ir import Contract, Kind, Scalar, read_contract
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.decoding import DecodedResult, ResultDecoder

BASE = {"returncode": 0, "token": "5", "count": 0, "queuecount": 0, "product": []}


@pytest.fixture(scope="module")
def contract() -> ContractView:
    return ContractView(packaged_contract())


def read(member: str, number: str) -> DecodedResult:
    body = json.dumps({**BASE, member: "@"}).replace('"@"', number)
    return ResultDecoder(packaged_contract()).json(body.encode(), None)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("100.0", 100),
        ("1e2", 100),
        ("1E2", 100),
        ("1.0E+2", 100),
        ("1.50e1", 15),
        ("12.500e3", 12500),
        ("100e-2", 1),
        ("1000.0e-1", 100),
        ("-0.0", 0),
        ("-0", 0),
        ("-0e5", 0),
        ("0.0e99999999999", 0),
        ("0e-99999999999", 0),
        ("-2.0", -2),
        # 2**53 + 1: a double would round it to ...992.
        ("9007199254740993.0", 9007199254740993),
        ("9007199254740993e0", 9007199254740993),
        ("9.223372036854775807E18", 2**63 - 1),
        ("-9223372036854775808.000", -(2**63)),
        ("1e18", 10**18),
        ("1e00000000000000000000000000000000002", 100),
        ("1" + "0" * 30 + "e-30", 1),
        ("0.000001e6", 1),
    ],
)
def test_a_number_without_a_fraction_is_that_integer(contract: ContractView, number: str, value: int) -> None:
    reading = read("queuecount", number)
    assert reading.value["queuecount"] == value
    assert type(reading.value["queuecount"]) is int
    assert not reading.odd
    assert contract.schemas.json_flaw(reading.known) is None


@pytest.mark.parametrize(
    "number",
    [
        *["2.5", "-0.5", "1e-1", "9007199254740993.5", "1.00000000000000000000000001", "1e-400", "1e-99999999999"],
        *["1e400", "-1e999"],
        "1e999999999",
        "1e" + "9" * 5000,
        "9" * 10_000,
        "-" + "9" * 10_000,
        "9" * 10_000 + ".0",
        "9223372036854775808.0",
        "1" + "0" * 400,
    ],
)
def test_another_number_breaks_the_schema_and_nothing_else(contract: ContractView, number: str) -> None:
    begin = time.process_time()
    reading = read("queuecount", number)
    flaw = contract.schemas.json_flaw(reading.known)
    assert flaw is not None
    assert flaw[0] == "$.queuecount"
    # A message must not quote a number of thousands of digits in full.
    assert len(flaw[1]) < 700
    assert len(repr(reading.value)) < 1000
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    "number",
    [
        "1e999",
        "-1e999",
        "1e999999999",
        "1e-99999999",
        "0e99999999999",
        "9" * 10_000,
        "[[" + "9" * 10_000 + "]]",
        '{"a": -1e999}',
    ],
)
def test_a_number_of_an_unknown_member_is_not_judged(contract: ContractView, number: str) -> None:
    reading = read("ratio", number)
    assert reading.unknown == ("$.ratio",)
    assert reading.value == {"returncode": 0, "token": "5", "count": 0, "queuecount": 0}
    assert contract.schemas.json_flaw(reading.known) is None


@pytest.mark.parametrize(
    ("text", "value"),
    # Python's int() accepts other scripts' digits, XML Schema does not.
    [("+5", 5), ("005", 5), ("-0", 0), (" 7 ", 7), ("100.0", "100.0"), ("1e2", "1e2"), ("5 5", "5 5"), ("\u0665", "\u0665")],
)
def test_an_integer_in_xml_has_the_forms_of_xml_schema(contract: ContractView, text: str, value: Any) -> None:
    body = f'<result returncode="0" queuecount="{text}"/>'.encode()
    reading = ResultDecoder(packaged_contract()).xml(body, None)
    assert reading.value["queuecount"] == value
    assert (contract.schemas.xml_flaw(reading.known) is None) is isinstance(value, int)


@pytest.fixture(scope="module")
def ledger(request: pytest.FixtureRequest) -> Contract:
    return read_contract(request.config.rootpath / "tests/support/ledger.yaml")


def amount(contract: Contract) -> str:
    fields = contract.feed.entry.fields
    return next(field.wire_name for field in fields if isinstance(field.type, Scalar) and field.type.kind is Kind.NUMBER)


@pytest.mark.parametrize(
    ("number", "value"), [("2.0", 2.0), ("2", 2.0), ("-0.0", 0.0), ("1e400", None), ("9007199254740993.5", 9007199254740994.0)]
)
def test_a_member_that_may_have_a_fraction_is_a_double(ledger: Contract, number: str, value: float | None) -> None:
    body = f'{{"{ledger.feed.entries.wire_name}": [{{"{amount(ledger)}": {number}}}]}}'
    found = ResultDecoder(ledger).json(body.encode(), None).value[ledger.feed.entries.wire_name][0][amount(ledger)]
    assert repr(found) == (number if value is None else repr(value))


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "[1" + "0" * 400 + "]"])
def test_a_number_that_no_double_holds_breaks_the_schema(ledger: Contract, number: str) -> None:
    body = f'{{"{ledger.feed.entries.wire_name}": [{{"{amount(ledger)}": {number}}}]}}'
    flaw = ContractView(ledger).schemas.json_flaw(ResultDecoder(ledger).json(body.encode(), None).known)
    assert flaw is not None


# Arithmetic on numbers of this length takes quadratic time.
LONG = 5_000_000


@pytest.mark.parametrize("number", ["0." + "1" * LONG, "1e" + "9" * LONG, "-" + "1" * LONG, "1" + "0" * LONG + f"e-{LONG}"])
def test_a_very_long_number_takes_no_longer_than_its_text(number: str) -> None:
    begin = time.process_time()
    read("queuecount", number)
    assert time.process_time() - begin < 10
