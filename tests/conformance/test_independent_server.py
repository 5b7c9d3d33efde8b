"""The independent server is certified, its broken copies are not."""

from __future__ import annotations

import ast
import base64
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

import broken_servers
import independent_server
from broken_servers import BROKEN
from independent_server import FIRST_TOKEN, ImagesServer, running
from twinwire.cli import main

ENTRIES = 730
JSON_TYPES = ("application/json", "text/json")
XML_TYPES = ("application/xml", "text/xml")
INTEGERS = frozenset(("count", "queuecount", "returncode", "product_id", "sequence"))


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with running(ImagesServer, ENTRIES) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def ask(client: httpx.Client, accept: str = "application/json", **params: str | int) -> dict[str, Any]:
    response = client.get("/products/images", params=params, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return value_of(response)


def value_of(response: httpx.Response) -> dict[str, Any]:
    if response.headers["content-type"].split(";")[0] in JSON_TYPES:
        return value_of_json(response.json())
    return value_of_xml(ET.fromstring(response.content))


# Absent, null and empty are equal in this contract, so they are removed before comparing.
def value_of_json(members: dict[str, Any]) -> dict[str, Any]:
    present = {name: value for name, value in members.items() if value not in (None, [], {})}
    return {name: value_of_json(value) if isinstance(value, dict) else value_of_items(value) for name, value in present.items()}


def value_of_items(value: Any) -> Any:
    return [value_of_json(item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else value


def value_of_xml(element: ET.Element) -> dict[str, Any]:
    value: dict[str, Any] = {name: int(text) if name in INTEGERS else text for name, text in element.attrib.items()}
    for child in element:
        if child.tag == "images":
            value["images"] = value_of_xml(child)
        else:
            value.setdefault(child.tag, []).append(child.text if child.tag == "warnings" else value_of_xml(child))
    return value


def lots(client: httpx.Client, count: int, accept: str = "application/json", **params: str) -> list[dict[str, Any]]:
    """Return the pages of one traversal, without the empty page at its end."""
    passed: list[dict[str, Any]] = []
    # More pages than entries mean that the cursor does not advance.
    while len(passed) <= ENTRIES:
        token = {"token": passed[-1]["token"]} if passed else {}
        lot = ask(client, accept, count=count, **params, **token)
        if not lot.get("product"):
            return passed
        passed.append(lot)
    pytest.fail("the traversal does not end")


def ids(passed: list[dict[str, Any]]) -> list[int]:
    return [product["product_id"] for lot in passed for product in lot["product"]]


def images(lot: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [
        (product["product_id"], image["sequence"], image["imagefilename"])
        for product in lot["product"]
        for image in (*product.get("imagesURL", ()), *product.get("images", {}).get("image", ()))
    ]


@pytest.mark.parametrize("count", [1, 7, 73, 365, 499, 500])
def test_every_cutting_gives_the_whole_feed_once_and_in_one_order(client: httpx.Client, count: int) -> None:
    passed = lots(client, count, options="URL")
    assert ids(passed) == [independent_server.make_product(index).product_id for index in range(ENTRIES)]
    assert len(set(ids(passed))) == ENTRIES
    assert all(lot["count"] == len(lot["product"]) <= count for lot in passed)
    remaining = ENTRIES
    for lot in passed:
        remaining -= lot["count"]
        assert lot["queuecount"] == remaining
        assert int(lot["token"]) == FIRST_TOKEN + ENTRIES - remaining - 1


@pytest.mark.parametrize("token", [FIRST_TOKEN + ENTRIES - 1, FIRST_TOKEN + ENTRIES, 2**63 - 1])
@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_past_the_end_the_lot_is_empty(client: httpx.Client, token: int, accept: str) -> None:
    assert ask(client, accept, token=token) == {"count": 0, "queuecount": 0, "returncode": 0, "version": "7.2.1"}


@pytest.mark.parametrize("start", ["", "0", "-1", str(FIRST_TOKEN - 1), str(-(2**63))])
def test_a_token_before_the_first_asks_from_the_beginning(client: httpx.Client, start: str) -> None:
    assert ask(client, token=start, count=3) == ask(client, count=3)


@pytest.mark.parametrize("options", ["", "URL", "url", "x" * 100])
def test_json_and_xml_carry_the_same_result(client: httpx.Client, options: str) -> None:
    left = lots(client, 100, "application/json", options=options)
    assert lots(client, 100, "application/xml", options=options) == left
    assert any("images" not in product and "imagesURL" not in product for product in left[0]["product"])


def test_both_modes_list_the_same_images_each_in_its_own_member(client: httpx.Client) -> None:
    binary, links = ask(client, count=500), ask(client, count=500, options="URL")
    assert images(binary) == images(links) != []
    assert not any("imagesURL" in product for product in binary["product"])
    assert not any("images" in product for product in links["product"])
    for product in binary["product"]:
        for image in product.get("images", {}).get("image", ()):
            assert base64.b64decode(image["binaryimage"], validate=True).startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    ("accept", "label"),
    [
        *((media_type, media_type) for media_type in (*JSON_TYPES, *XML_TYPES)),
        ("application/x-www-form-urlencoded", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/*", "text/json"),
        ("application/json;q=0.2, text/xml;q=0.9", "text/xml"),
        ("*/*;q=0.5, application/json;q=0", "text/json"),
        ("image/png, application/xml;q=0.1", "application/xml"),
    ],
)
def test_the_media_type_asked_for_is_the_label(client: httpx.Client, accept: str, label: str) -> None:
    response = client.get("/products/images", headers={"Accept": accept})
    assert response.headers["content-type"] == f"{label}; charset=utf-8"
    assert value_of(response)["count"] == 100


def test_a_media_type_that_is_not_documented_is_not_acceptable(client: httpx.Client) -> None:
    assert client.get("/products/images", headers={"Accept": "image/png, application/json;q=0"}).status_code == 406


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
@pytest.mark.parametrize(
    "query",
    [
        *("count=0", "count=-1", "count=abc", "count=1.5", f"count={'9' * 5000}", "count=1&count=2"),
        *("token=x", f"token={2**63}", "token=%D9%A1", f"session={'s' * 101}", f"options={'o' * 101}"),
    ],
)
def test_bad_input_is_refused_by_an_envelope_without_entries(client: httpx.Client, query: str, accept: str) -> None:
    response = client.get(f"/products/images?{query}", headers={"Accept": accept})
    refusal = value_of(response)
    assert response.status_code == 200
    assert refusal["returncode"] > 0
    assert refusal["returnmsg"]
    assert "product" not in refusal
    assert refusal == value_of(client.get(f"/products/images?{query}"))


@pytest.mark.parametrize("query", ["%00=%FF&x=%", "count=&token=", "session=" + "%F0%9D%84%9E" * 100, "unknown[]=;", "&&="])
def test_odd_but_allowed_input_is_served(client: httpx.Client, query: str) -> None:
    assert value_of(client.get(f"/products/images?{query}")) == ask(client)


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_a_count_over_500_is_lowered_with_a_warning(client: httpx.Client, accept: str) -> None:
    lot = ask(client, accept, count=501)
    assert lot["count"] == len(lot["product"]) == 500
    assert lot.pop("warnings") == ["count lowered from 501 to 500: <500 & no more>"]
    assert lot == ask(client, accept, count=500)


def test_requests_at_the_same_time_get_what_they_get_alone(client: httpx.Client) -> None:
    # Cursors with equal distances, so that mixed-up responses overlap and are noticed.
    tokens = [FIRST_TOKEN + 40 * step for step in range(16)]
    alone = [ask(client, token=token, count=20) for token in tokens]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda token: ask(client, token=token, count=20), tokens)) == alone


def test_an_empty_feed_is_one_empty_lot() -> None:
    with running(ImagesServer, 0) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert ask(client) == {"count": 0, "queuecount": 0, "returncode": 0, "version": "7.2.1"}


def test_other_paths_and_methods_are_client_errors(client: httpx.Client) -> None:
    assert client.get("/products").status_code == 404
    assert client.post("/products/images", content=b"x").status_code == 405


def test_it_goes_down_quietly_while_clients_keep_connections_alive(capfd: pytest.CaptureFixture[str]) -> None:
    with httpx.Client(trust_env=False) as client:
        with running(ImagesServer, 3) as url:
            assert client.get(f"{url}/products/images").is_success
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/products/images")
    assert capfd.readouterr() == ("", "")


# Shared code would let one bug hide in both the server and the suite.
@pytest.mark.parametrize("module", [independent_server, broken_servers], ids=lambda module: module.__name__)
def test_it_shares_no_code_with_what_it_certifies(module: Any) -> None:
    allowed = sys.stdlib_module_names | {independent_server.__name__}
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert (node.module or "").partition(".")[0] in allowed
        elif isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_each_broken_copy_has_a_flaw_that_shows_and_only_one(broken: type[ImagesServer], client: httpx.Client) -> None:
    own = [name for name in vars(broken) if not name.startswith("__") and name != "violates"]
    assert len(own) == 1
    requests = [("application/json", query) for query in ("count=3", "count=abc", "options=URL", f"token={FIRST_TOKEN + 9}")]
    requests += [("text/xml", "count=3"), ("text/json", "token=x")]
    cases = [("Accept", *request) for request in requests] + [("accept", "text/xml", "count=3")]
    with running(broken, ENTRIES) as url, httpx.Client(base_url=url, trust_env=False) as other:
        differs = [answer(client, *case) != answer(other, *case) for case in cases]
    assert any(differs)
    assert not all(differs)


def answer(client: httpx.Client, name: str, accept: str, query: str) -> tuple[int, str, str | None, bytes]:
    request = client.build_request("GET", f"/products/images?{query}")
    # A request's own headers: the case of the name matters for one of the defects.
    request.headers = httpx.Headers([("Host", "127.0.0.1"), (name, accept)])
    response = client.send(request)
    headers = response.headers
    return response.status_code, headers["content-type"], headers.get("transfer-encoding"), response.content


def certify(server: type[ImagesServer], report: Path, products: int = ENTRIES) -> tuple[int, dict[str, Any]]:
    with running(server, products) as url:
        code = main(["certify", url, "--report-json", str(report)])
    return code, json.loads(report.read_text(encoding="utf-8"))


@pytest.mark.parametrize("products", [1, 500, ENTRIES])
def test_the_independent_server_is_certified(products: int, tmp_path: Path) -> None:
    code, report = certify(ImagesServer, tmp_path / "report.json", products)
    failed = [(result["id"], result["message"]) for result in report["results"] if result["outcome"] == "fail"]
    assert (code, report["verdict"], failed) == (0, "certified", [])


def test_an_empty_feed_earns_no_certificate(tmp_path: Path) -> None:
    code, report = certify(ImagesServer, tmp_path / "report.json", products=0)
    assert (code, report["verdict"]) == (3, "inconclusive")


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_copy_is_not_certified_and_a_rule_that_it_violates_says_so(broken: type[ImagesServer], tmp_path: Path) -> None:
    code, report = certify(broken, tmp_path / "report.json")
    failed = {result["id"] for result in report["results"] if result["outcome"] == "fail"}
    assert (code, report["verdict"]) == (1, "not-certified")
    assert failed & set(broken.violates), sorted(failed)
