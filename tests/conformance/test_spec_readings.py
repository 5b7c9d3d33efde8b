"""The suite applies the spec literally: patterns, null in a required member, required parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parts_server import PartsServer
from parts_spec import altered, contract
from plain_http import PlainServer, running
from twinwire.cli import main
from twinwire.ir import build
from twinwire.spec.source import parse
from twinwire_conformance.contract import ContractView, PageRequest
from twinwire_conformance.validation import Schemas


def json_is_valid(pattern: str, text: str) -> bool:
    schemas = Schemas(contract(("id: {type: string,", f"id: {{type: string, pattern: '{pattern}',")))
    flaw = schemas.json_flaw({"code": 0, "part": [{"id": text}]})
    # The fast validator and the one that names the flaw must agree.
    assert schemas._quick_json.is_valid({"code": 0, "part": [{"id": text}]}) == (flaw is None)
    return flaw is None


# In Python, $ also matches before a line feed at the end; in ECMA-262 it does not.
def test_a_line_feed_is_no_end_of_the_text() -> None:
    assert json_is_valid("^[a-z]+$", "abc")
    assert not json_is_valid("^[a-z]+$", "abc\n")


def test_both_validators_read_patterns_as_ecma_262() -> None:
    assert json_is_valid("^.$", "\x85")
    assert not json_is_valid("^.$", "\u2028")
    assert not json_is_valid(r"^\d$", "\u0663")
    assert json_is_valid(r"^\p{L}$", "\u00e9")
    assert json_is_valid("^[^]$", "\n")
    assert not json_is_valid("[]", "a")


def test_the_flaw_shows_the_pattern_as_the_spec_has_it() -> None:
    schemas = Schemas(contract(("id: {type: string,", r"id: {type: string, pattern: '^\d$',")))
    flaw = schemas.json_flaw({"code": 0, "part": [{"id": "x"}]})
    assert flaw == ("$.part[0].id", r"'x' does not match '^\\d$'")


NOTE = (
    "        id: {type: string, xml: {name: id, attribute: true}}",
    """\
        id: {type: string, xml: {name: id, attribute: true}}
        note: {type: [string, 'null'], xml: {name: note, attribute: true}}""",
)
REQUIRED_NOTE = (NOTE, ("required: [id]", "required: [id, note]"))


def certify(server: PlainServer, spec: str, folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """Return the exit code and the messages of the rules that failed."""
    (folder / "spec.yaml").write_text(spec, encoding="utf-8")
    report = folder / "report.json"
    arguments = ["--spec", str(folder / "spec.yaml"), "--seed", "1", "--profile", "quick", "--report-json", str(report)]
    with running(server) as url:
        code = main(["certify", url, *arguments, *options])
    results = json.loads(report.read_text(encoding="utf-8"))["results"] if report.exists() else []
    return code, {result["id"]: result["message"] for result in results if result["outcome"] == "fail"}


@pytest.mark.parametrize("note", [None, "new"])
def test_null_in_a_required_member_is_null_in_json_and_nothing_in_xml(note: str | None, tmp_path: Path) -> None:
    code, failures = certify(PartsServer({"note": note}), altered(*REQUIRED_NOTE), tmp_path)
    assert (code, failures) == (0, {})


def test_a_required_member_that_json_leaves_out_is_a_flaw_even_where_null_is_allowed(tmp_path: Path) -> None:
    code, failures = certify(PartsServer(), altered(*REQUIRED_NOTE), tmp_path)
    assert code == 1
    assert "'note' is a required property" in failures["SCHEMA-01"]
    assert "SCHEMA-02" not in failures


def test_null_that_the_enum_of_a_required_member_forbids_is_a_flaw(tmp_path: Path) -> None:
    spec = altered(*REQUIRED_NOTE, ("note: {type: [string, 'null'],", "note: {type: [string, 'null'], enum: [a, b],"))
    code, failures = certify(PartsServer({"note": None}), spec, tmp_path)
    assert code == 1
    assert {"SCHEMA-01", "SCHEMA-02"} <= set(failures)


PARAMETERS = "      parameters:\n"


def with_parameter(text: str) -> str:
    return altered((PARAMETERS, f"{PARAMETERS}        - {{name: shop, in: query, required: true, {text}}}\n"))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        # The parameter's example comes first, then the schema's, then default, enum and const.
        ("example: a, schema: {type: string, default: b}", "a"),
        ("examples: {one: {value: a}}, schema: {type: string}", "a"),
        ("schema: {type: string, examples: [a, b], enum: [b, a]}", "a"),
        ("schema: {type: string, example: a}", "a"),
        ("schema: {type: string, default: a, enum: [b, a]}", "a"),
        ("schema: {type: string, enum: [a, b]}", "a"),
        ("example: a, schema: {type: string, const: a}", "a"),
        ("schema: {type: integer, const: 7}", "7"),
        ("schema: {type: boolean}, example: true", "true"),
        ("schema: {type: number}, example: 0.5", "0.5"),
    ],
)
def test_the_value_of_a_required_parameter_comes_from_the_spec(text: str, sent: str) -> None:
    spec = build(parse(with_parameter(text).encode(), "parts.yaml"))
    assert spec.operation.parameter("shop").example == sent
    contract = ContractView(spec)
    assert contract.params(PageRequest("application/json", limit=2)) == {"shop": sent, "limit": "2"}


def test_a_required_parameter_is_sent_in_every_request(tmp_path: Path) -> None:
    spec = with_parameter("schema: {type: string, enum: [berlin, paris]}")
    code, failures = certify(PartsServer(needed={"shop": "berlin"}), spec, tmp_path)
    assert (code, failures) == (0, {})


def test_a_required_parameter_without_a_value_cannot_be_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = certify(PartsServer(), with_parameter("schema: {type: string}"), tmp_path)
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    problem = "the spec requires the parameter 'shop' and gives no value to send for it"
    assert line == f"twinwire certify: {problem} (add an example to the parameter)"


def test_a_required_session_gets_a_value_of_the_kit_s_unless_the_caller_gives_one() -> None:
    text = with_parameter("schema: {type: string, minLength: 10}").replace(
        "        key: id\n", "        key: id\n        session: shop\n"
    )
    contract = ContractView(build(parse(text.encode(), "parts.yaml")))
    assert contract.params(PageRequest("application/json")) == {"shop": "twinwire--"}
    assert contract.params(PageRequest("application/json", session="mine")) == {"shop": "mine"}


def test_the_reference_server_reads_the_same_patterns(tmp_path: Path) -> None:
    note = r"note: {type: [string, 'null'], pattern: '^[\p{L}\d]', xml: {name: note, attribute: true}}"
    path, report = tmp_path / "spec.yaml", tmp_path / "report.json"
    path.write_text(altered((NOTE[0], f"{NOTE[0]}\n        {note}")), encoding="utf-8")
    # A quick run of this spec does not reach the end of the feed, so the verdict is not a certificate.
    main(["certify", "--reference", "--spec", str(path), "--profile", "quick", "--seed", "1", "--report-json", str(report)])
    outcomes = {result["id"]: result["outcome"] for result in json.loads(report.read_text(encoding="utf-8"))["results"]}
    assert (outcomes["SCHEMA-01"], outcomes["SCHEMA-02"]) == ("pass", "pass")
    assert "fail" not in outcomes.values()
