"""The reference server: the contract in both representations, hostile input, live feeds and images."""

from __future__ import annotations

import base64
import json
import tracemalloc
from typing import Any

import httpx
import pytest

import reference_calls
from reference_calls import call, get_images, images_from_xml
from twinwire.errors import UsageError
from twinwire_conformance.reference import create_app, running

CONTRACT = reference_calls.images()
JSON_TYPES = ["application/json", "text/json", "application/x-www-form-urlencoded"]
XML_TYPES = ["application/xml", "text/xml"]
LAST = str(2**63 - 1)


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(CONTRACT, products=730)


def keys(response: Any) -> list[int]:
    return [product["product_id"] for product in response.json()["product"]]


def drain(app: Any, count: int) -> list[dict[str, Any]]:
    lots: list[dict[str, Any]] = []
    token = ""
    while not lots or lots[-1]["product"]:
        # The first request has an empty token, which is the same as an absent one.
        [response] = get_images(app, f"count={count}&token={token}")
        lots.append(response.json())
        token = lots[-1]["token"]
    return lots


@pytest.mark.parametrize("accept", [*JSON_TYPES, *XML_TYPES])
def test_every_media_type_brings_its_representation_under_its_own_label(app: Any, accept: str) -> None:
    [response] = get_images(app, "count=3", accept=accept)
    label = "application/json" if accept == JSON_TYPES[2] else accept
    assert response.headers["content-type"] == f"{label}; charset=utf-8"
    value = images_from_xml(response.content) if accept in XML_TYPES else json.loads(response.content.decode())
    assert value["count"] == len(value["product"]) == 3


@pytest.mark.parametrize("accept", [None, "*/*"])
def test_without_a_definite_accept_json_comes(app: Any, accept: str | None) -> None:
    [response] = get_images(app, "", accept=accept)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert len(response.json()["product"]) == 100


def test_an_unsupported_accept_is_406(app: Any) -> None:
    [response] = get_images(app, "", accept="image/png")
    assert response.status_code == 406


@pytest.mark.parametrize("options", ["", "&options=URL"])
@pytest.mark.parametrize(
    "window", ["count=500", "count=1&token=636000000017300952", "count=7&options=novelty", f"token={LAST}", "token=0"]
)
def test_xml_says_what_json_says(app: Any, window: str, options: str) -> None:
    query = window if "options" in window else window + options
    [twin] = get_images(app, query)
    for accept in XML_TYPES:
        [response] = get_images(app, query, accept=accept)
        assert images_from_xml(response.content) == twin.json()


# Pages of one entry on a small feed: 730 requests would be slow.
@pytest.mark.parametrize("count", [1, 7, 100, 365, 499, 500])
def test_every_cutting_gives_the_same_feed(app: Any, count: int) -> None:
    whole = [key for page in drain(app, 500) for key in keys_of(page)]
    lots = drain(app, count) if count > 1 else drain(create_app(CONTRACT, products=25), 1)
    found = [key for page in lots for key in keys_of(page)]
    assert found == whole[: len(found)]
    assert len(set(found)) == len(found) == (730 if count > 1 else 25)


def keys_of(page: dict[str, Any]) -> list[int]:
    return [product["product_id"] for product in page["product"]]


@pytest.mark.parametrize("count", [100, 365, 500])
def test_the_queue_falls_by_what_came_and_ends_at_zero(app: Any, count: int) -> None:
    *lots, empty = drain(app, count)
    left = 730
    for page in lots:
        left -= page["count"]
        assert page["queuecount"] == left
        assert page["count"] == len(page["product"])
    assert empty == {"product": [], "token": lots[-1]["token"], "count": 0, "queuecount": 0, "returncode": 0, **TAIL}
    assert left == 0


TAIL = {"returnmsg": "OK", "version": "1.0.0"}


@pytest.mark.parametrize("token", ["", "0", "-1", str(-(2**63)), "00", "-0"])
def test_tokens_before_the_first_entry_ask_from_the_beginning(app: Any, token: str) -> None:
    first, response = get_images(app, "count=3", f"count=3&token={token}")
    assert response.json() == first.json()


def test_the_last_token_and_any_later_one_give_an_empty_lot(app: Any) -> None:
    last = drain(app, 365)[-1]["token"]
    for token in (last, str(int(last) + 1), LAST):
        [response] = get_images(app, f"token={token}&count=5")
        value = response.json()
        assert (value["product"], value["token"], value["queuecount"]) == ([], token, 0)


def test_an_empty_feed_is_one_empty_lot() -> None:
    [response] = get_images(create_app(CONTRACT, products=0, live=5), "")
    assert response.json() == {"product": [], "count": 0, "queuecount": 0, "returncode": 0, **TAIL}


@pytest.mark.parametrize(
    "query",
    ["", "count=100", "count=", "session=", "options=", "other=1", "session=" + "x" * 100, "session=" + "%F0%9F%98%80" * 100],
)
def test_valid_requests_are_served_alike(app: Any, query: str) -> None:
    plain, response = get_images(app, "", query)
    assert response.json() == plain.json()


# Out of range, other notations, other scripts, over-long, invalid UTF-8, NUL, and repeated parameters.
REFUSED = [
    "count=0",
    "count=501",
    "count=-1",
    "count=1.5",
    "count=1e2",
    "count=ten",
    "count=%20" + "5",
    "count=%D9%A1",
    "count=99999999999999999999999999999999999999999999999999",
    "count=" + "0" * 5000 + "x",
    "token=abc",
    "token=1.0",
    "token=0x10",
    "token=9223372036854775808",
    "token=-9223372036854775809",
    "token=" + "9" * 60000,
    "session=" + "x" * 101,
    # The length counts characters, not bytes: 101 three-byte characters.
    "options=" + "%E2%82%AC" * 101,
    "session=%ff%fe",
    "session=%C3",
    "token=%00",
    "count=1&count=1",
    "token=1&token=",
]


@pytest.mark.parametrize("query", REFUSED)
def test_bad_input_is_refused_alike_in_both_representations(app: Any, query: str) -> None:
    [twin] = get_images(app, query)
    [response] = get_images(app, query, accept="text/xml")
    assert twin.status_code == response.status_code == 400
    value = twin.json()
    assert value["returncode"] != 0
    assert "product" not in value
    assert images_from_xml(response.content) == value


@pytest.mark.parametrize(
    "query",
    [
        "session=%00",
        "%ff",
        "=",
        "&&&",
        "count",
        "%",
        "%zz=%zz",
        "=&=",
        "a=" + "b" * 60000,
        "count=5;token=1",
        "options=%00URL",
        "token[]=1",
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_hostile_input_never_breaks_the_server(app: Any, query: str, accept: str) -> None:
    [response] = get_images(app, query, accept=accept)
    assert response.status_code in {200, 400}


def test_a_limit_too_high_may_be_lowered_with_a_warning() -> None:
    app = create_app(CONTRACT, products=730, lower_limit=True)
    [response] = get_images(app, "count=9999")
    [twin] = get_images(app, "count=9999", accept="text/xml")
    assert response.json()["count"] == 500
    assert response.json()["warnings"] == ["count was lowered to 500"]
    assert images_from_xml(twin.content) == response.json()


def test_other_paths_are_404_and_other_methods_405(app: Any) -> None:
    [missing] = call(app, "/products", ("", None))
    [slashed] = call(app, "/products/images/", ("", None))
    [posted] = call(app, "/products/images", ("", None), method="POST")
    assert missing.status_code == slashed.status_code == 404
    assert missing.json() == {"message": "Not Found"}
    assert posted.status_code == 405
    assert "GET" in posted.headers["allow"]


def test_a_prefix_stands_before_the_path() -> None:
    app = create_app(CONTRACT, products=3, prefix="/api/v1")
    assert call(app, "/api/v1/products/images", ("", None))[0].status_code == 200
    assert call(app, "/products/images", ("", None))[0].status_code == 404


def test_gzip_is_used_when_it_is_offered(app: Any) -> None:
    [packed] = call(app, "/products/images", ("", None), headers=[("accept-encoding", "gzip")])
    [plain] = call(app, "/products/images", ("", None), headers=[("accept-encoding", "identity")])
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content


def test_the_same_seed_gives_the_same_feed_and_another_another() -> None:
    one, same, other = (get_images(create_app(CONTRACT, products=9, seed=seed), "")[0].content for seed in (1, 1, 2))
    assert one == same != other


def test_a_million_entries_cost_no_more_memory_than_a_hundred() -> None:
    peaks = {}
    for products in (100, 10**6):
        app = create_app(CONTRACT, products=products)
        # Responses are warmed up first, so that only the memory of a far request is measured.
        first = get_images(app, "count=1")[0].json()
        far = int(first["token"]) + (products - 50) * 10_000_000
        get_images(app, f"count=20&token={far}")
        tracemalloc.start()
        [response] = get_images(app, f"count=20&token={far}")
        peaks[products] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert response.json()["count"] == 20
        assert response.json()["queuecount"] < 50
    assert peaks[10**6] < 1.5 * peaks[100]


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_live_feed_moves_changed_entries_to_the_end() -> None:
    clock = Clock()
    app = create_app(CONTRACT, products=40, live=2, clock=clock)
    before = get_images(app, "")[0].json()
    # 1.4 s at two modifications per second are two modifications.
    clock.now += 1.4
    after = get_images(app, "")[0].json()
    moved = keys_of(after)[-2:]
    assert keys_of(after) == [key for key in keys_of(before) if key not in moved] + moved
    assert (after["count"], after["queuecount"]) == (40, 0)
    assert int(after["token"]) > int(before["token"])
    news = get_images(app, f"token={before['token']}")[0].json()
    assert keys_of(news) == moved


def test_a_live_feed_far_in_keeps_its_size() -> None:
    clock = Clock()
    app = create_app(CONTRACT, products=10**6, live=1000, clock=clock)
    for seconds in (10, 900, 5000):
        clock.now += seconds
        response = get_images(app, "count=500")[0].json()
        assert (response["count"], response["queuecount"]) == (500, 10**6 - 500)


def test_latency_delays_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("twinwire_conformance.reference.server.asyncio.sleep", wait)
    get_images(create_app(CONTRACT, products=1, latency_ms=30), "", "")
    assert waits == [0.03, 0.03]


@pytest.mark.parametrize("number", [-1, float("nan"), float("inf"), 10**13])
def test_numbers_out_of_range_are_refused(number: float) -> None:
    with pytest.raises(UsageError, match="live must be from 0"):
        create_app(CONTRACT, live=number)
    with pytest.raises(UsageError, match="latency must be from 0"):
        create_app(CONTRACT, latency_ms=number)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="products must be from 0"):
        create_app(CONTRACT, products=number)  # type: ignore[arg-type]


def test_the_links_lead_to_the_images_where_they_are_served() -> None:
    with running(create_app(CONTRACT, products=30, prefix="/api", images=True)) as url:
        binaries, links = (httpx.get(f"{url}/api/products/images", params=params).json() for params in ({}, {"options": "URL"}))
        compared = 0
        for with_binaries, with_links in zip(binaries["product"], links["product"], strict=True):
            held, linked = with_binaries.get("images", {}).get("image", []), with_links.get("imagesURL", [])
            for image, link in zip(held, linked, strict=True):
                assert link["imageURL"].startswith(f"{url}/api/")
                found = httpx.get(link["imageURL"])
                assert (found.status_code, found.headers["content-type"]) == (200, "image/png")
                assert found.content == base64.b64decode(image["binaryimage"])
                compared += 1
    assert compared > 30


def test_no_image_is_served_where_no_link_leads() -> None:
    with running(create_app(CONTRACT, products=30, images=True)) as url:
        for path in ("0/0", "0/99", "x/1", "0"):
            assert httpx.get(f"{url}/reference-images/{path}").status_code == 404
    with running(create_app(CONTRACT, products=30)) as url:
        assert httpx.get(f"{url}/reference-images/0/1").status_code == 404
