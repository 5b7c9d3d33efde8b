"""The suite follows the spec: it certifies servers of fictional feeds, but not their broken copies."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import bulletin_server
import ledger_broken
import ledger_server
import plain_http
from bulletin_server import BulletinServer
from ledger_server import BASE_PATH, LedgerServer, make_posting
from plain_http import PlainServer, running
from twinwire.cli import main
from twinwire.ir import Contract, read_contract
from twinwire.spec.source import load

SUPPORT = Path(__file__).parents[1] / "support"
LEDGER = SUPPORT / "ledger.yaml"
BULLETIN = SUPPORT / "bulletin.yaml"
VENDOR = Path(__file__).parents[2] / "spec" / "products-images.yaml"
BROKEN: tuple[type[PlainServer], ...] = (*ledger_broken.BROKEN, *bulletin_server.BROKEN)
# The rules about sessions, content modes and images, which the ledger does not have.
WITHOUT_SESSION_AND_MODES = {"PAGE-09", "TWIN-02", *(f"IMAGE-0{number}" for number in range(1, 9))}


def certify(server: PlainServer, report: Path) -> tuple[int, dict[str, Any]]:
    base, spec = (BASE_PATH, LEDGER) if isinstance(server, LedgerServer) else ("", BULLETIN)
    with running(server) as url:
        code = main(["certify", f"{url}{base}", "--spec", str(spec), "--seed", "1", "--report-json", str(report)])
    return code, json.loads(report.read_text(encoding="utf-8"))


def outcomes(report: dict[str, Any], outcome: str) -> dict[str, str]:
    return {result["id"]: result["message"] for result in report["results"] if result["outcome"] == outcome}


# Around the default and the maximum page size, 25 and 200.
@pytest.mark.parametrize("postings", [1, 24, 25, 26, 200, 201, 1000])
def test_a_sound_server_of_another_spec_is_certified(postings: int, tmp_path: Path) -> None:
    code, report = certify(LedgerServer(postings), tmp_path / "report.json")
    assert (code, report["verdict"], outcomes(report, "fail")) == (0, "certified", {})
    assert report["spec"]["title"] == "General ledger"
    assert set(outcomes(report, "skip")) >= WITHOUT_SESSION_AND_MODES


def test_rules_are_skipped_only_for_what_the_spec_does_not_have(tmp_path: Path) -> None:
    _, report = certify(LedgerServer(430), tmp_path / "report.json")
    assert set(outcomes(report, "skip")) == WITHOUT_SESSION_AND_MODES
    assert all(result["witnesses"] for result in report["results"] if result["outcome"] == "pass")


def test_an_empty_feed_of_another_spec_earns_no_certificate(tmp_path: Path) -> None:
    code, report = certify(LedgerServer(0), tmp_path / "report.json")
    assert (code, report["verdict"], outcomes(report, "fail")) == (3, "inconclusive", {})


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_copy_is_not_certified_and_a_rule_that_it_violates_says_so(broken: type[PlainServer], tmp_path: Path) -> None:
    code, report = certify(broken(), tmp_path / "report.json")
    assert (code, report["verdict"]) == (1, "not-certified")
    assert set(outcomes(report, "fail")) & set(broken.violates)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_copy_overrides_one_method(broken: type[PlainServer]) -> None:
    own = [name for name in vars(broken) if not name.startswith("__") and name != "violates"]
    assert len(own) == 1
    assert broken.violates


@pytest.mark.parametrize("notes", [1, 4, 6, 17])
def test_a_feed_without_order_and_remaining_number_is_certified_by_what_can_be_seen(notes: int, tmp_path: Path) -> None:
    code, report = certify(BulletinServer(notes), tmp_path / "report.json")
    assert (code, report["verdict"], outcomes(report, "fail")) == (0, "certified", {})
    # Rules that rest on a member that this feed lacks are skipped, and never pass.
    assert set(outcomes(report, "skip")) >= {"SCHEMA-04", "SCHEMA-05", "SCHEMA-07", "PAGE-05", "PAGE-06", "PAGE-08", "TWIN-05"}


def test_a_feed_whose_end_cannot_be_reached_is_inconclusive_and_says_why(tmp_path: Path) -> None:
    # Cursors without order cannot be guessed, so the end can only be reached by a full traversal.
    code, report = certify(BulletinServer(1000), tmp_path / "report.json")
    assert (code, report["verdict"], outcomes(report, "fail")) == (3, "inconclusive", {})
    undecided = outcomes(report, "inconclusive")
    assert set(undecided) == {"PAGE-07", "TWIN-03"}
    assert "the end of the feed was not reached" in undecided["PAGE-07"]


@pytest.mark.parametrize("spec", [LEDGER, BULLETIN], ids=lambda spec: spec.stem)
def test_the_made_up_specs_are_valid(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(spec)]) == 0, capsys.readouterr().out
    OpenAPIV31SpecValidator(load(spec).data).validate()


def test_the_second_spec_shares_no_name_with_the_vendor_s() -> None:
    assert names(read_contract(LEDGER)).isdisjoint(names(read_contract(VENDOR)))


def names(contract: Contract) -> set[str]:
    members = {field.wire_name for model in contract.models.values() for field in model.fields}
    return members | {parameter.name for parameter in contract.operation.parameters} | set(contract.models)


@pytest.mark.parametrize(
    "module", [plain_http, ledger_server, bulletin_server, ledger_broken], ids=lambda module: module.__name__
)
def test_the_servers_share_no_code_with_what_they_certify(module: ModuleType) -> None:
    allowed = sys.stdlib_module_names | {"plain_http", "ledger_server"}
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert (node.module or "").partition(".")[0] in allowed
        elif isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package that `twinwire generate` writes for the ledger."""
    assert main(["generate", str(LEDGER), "--out", str(tmp_path)]) == 0
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("general_ledger")
    for name in [name for name in sys.modules if name.partition(".")[0] == "general_ledger"]:
        del sys.modules[name]


def test_the_sdk_of_the_second_spec_reads_the_server_and_comes_back_from_both_representations(sdk: ModuleType) -> None:
    with running(LedgerServer(60)) as url:
        query = {"after": "64", "size": "20"}
        with httpx.Client(base_url=f"{url}{BASE_PATH}", params=query, trust_env=False) as client:
            bodies = [
                client.get("/general/postings", headers={"Accept": f"application/{name}"}).content for name in ("json", "xml")
            ]
        passes = []
        for representation in ("json", "xml"):
            with sdk.Client(f"{url}{BASE_PATH}", representation=representation) as client:
                passes.append(list(client.iter_postings(size=7)))
    extract = sdk.decode_json(bodies[0])
    assert extract == sdk.decode_xml(bodies[1])
    assert [posting.serial for posting in extract.postings] == [make_posting(index)["serial"] for index in range(9, 29)]
    assert sdk.decode_json(sdk.encode_json(extract)) == sdk.decode_xml(sdk.encode_xml(extract)) == extract
    assert passes[0] == passes[1]
    assert [posting.amount for posting in passes[0]] == [make_posting(index)["amount"] for index in range(60)]
