"""Images behind links: where a link may lead, what is retried, gone on with, given up for now, and tried again."""

from __future__ import annotations

import logging
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from product_images import Attempt, Client, Retry, mirror
from product_images._mirror import connections, http
from product_images._mirror.address import UnobtainableError, check, parse
from product_images._mirror.download import Breaker
from sdk_clients import Driver, Kind, run_mirror
from shop import Handler, Shop, cut, images, in_turn, open_shop, ranged, redirect, serve, status

# The HTTP library that this SDK is made for.
LIBRARY: Any = vars(http)["httpx"]
CONTENT = bytes(range(256)) * 40
PEM = Path(__file__).parents[1] / "support" / "loopback.pem"


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


def load(kind: Kind, shop: Shop, directory: Path, **options: Any) -> Any:
    return run_mirror(kind, shop.url, directory, mode="URL", **options)


@pytest.mark.parametrize("answer", [status(503), status(429, {"Retry-After": "0"}), status(502), cut(CONTENT, 300)])
def test_what_fails_in_passing_is_tried_again(kind: Kind, shop: Shop, tmp_path: Path, answer: Any) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    shop.pages["/files/7/1"] = in_turn(answer, answer, serve(CONTENT))
    assert load(kind, shop, tmp_path).complete
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    assert len(shop.requests("/files/7/1")) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"v1"'},
        {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"},
    ],
)
def test_a_body_that_broke_off_is_gone_on_with_where_the_server_can(
    kind: Kind, shop: Shop, tmp_path: Path, headers: dict[str, str]
) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    shop.pages["/files/7/1"] = ranged(CONTENT, headers, first=3000)
    assert load(kind, shop, tmp_path).written == 1
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    (validator,) = headers.values()
    first, second = shop.requests("/files/7/1")
    assert "range" not in first
    assert (second["range"], second["if-range"]) == ("bytes=3000-", validator)


@pytest.mark.parametrize(
    "headers",
    [{}, {"ETag": 'W/"weak"'}, {"ETag": '"v1"', "Content-Encoding": "gzip-not"}, {"Last-Modified": "now"}],
)
def test_without_a_strong_validator_a_body_begins_anew(kind: Kind, shop: Shop, tmp_path: Path, headers: dict[str, str]) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    shop.pages["/files/7/1"] = in_turn(cut(CONTENT, 3000, headers), serve(CONTENT))
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    assert not [asked for asked in shop.requests("/files/7/1") if "range" in asked]


def test_an_image_that_changed_while_its_body_broke_off_is_loaded_whole(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    new = CONTENT[::-1]
    shop.pages["/files/7/1"] = in_turn(cut(CONTENT, 3000, {"ETag": '"v1"'}), ranged(new, {"ETag": '"v2"'}))
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": new}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda handler: handler.answer(206, b"\0xyz", {"Content-Range": "bytes 5-7/8"}), "answered 206"),
        (status(304), "answered 304"),
        (serve(b""), "it has no bytes"),
    ],
)
def test_an_answer_that_is_no_image_is_a_problem(kind: Kind, shop: Shop, tmp_path: Path, answer: Any, problem: str) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    shop.pages["/files/7/1"] = answer
    report = load(kind, shop, tmp_path)
    assert problem in report.problems[0]
    assert images(tmp_path) == {}


def test_a_range_that_the_server_cannot_satisfy_is_given_up(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", CONTENT))
    shop.pages["/files/7/1"] = in_turn(cut(CONTENT, 3000, {"ETag": '"v1"'}), status(416), serve(CONTENT))
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}


def test_a_dead_link_blocks_nothing_is_not_lost_and_is_tried_again(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(6, (1, "z.png", b"\0z"))
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b"))
    shop.put(8, (1, "c.png", b"\0c"))
    shop.pages["/files/7/2"] = status(404)
    first = load(kind, shop, tmp_path, count=2)
    assert (first.written, first.pending, first.token) == (3, 1, "103")
    assert first.problems == ("image 2 of '7': the server answered 404",)
    second = load(kind, shop, tmp_path, count=1)
    assert (second.written, second.pending, second.problems) == (0, 1, first.problems)
    shop.pages["/files/7/2"] = serve(b"\0b")
    shop.asked.clear()
    third = load(kind, shop, tmp_path)
    assert (third.written, third.pending) == (1, 0)
    assert images(tmp_path) == {"6/1-z.png": b"\0z", "7/1-a.png": b"\0a", "7/2-b.png": b"\0b", "8/1-c.png": b"\0c"}
    # The lot is asked for as it was, and of its images only the one that was missing is loaded.
    assert [path for path, _ in shop.asked] == [
        "/products/images?count=2&options=URL",
        "/files/7/2",
        "/products/images?token=103&options=URL",
    ]
    assert load(kind, shop, tmp_path).complete


def test_a_link_that_is_signed_anew_is_followed(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/files/expired"))
    assert load(kind, shop, tmp_path).pending == 1
    ticks, _ = shop.products[7]
    shop.pages["/files/fresh"] = serve(b"\0a")
    shop.products[7] = (ticks, [(1, "a.png", b"\0a", f"{shop.url}/files/fresh")])
    assert load(kind, shop, tmp_path).pending == 0
    assert images(tmp_path) == {"7/1-a.png": b"\0a"}


def test_what_could_not_be_had_is_forgotten_with_the_entry_that_comes_again(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/missing"))
    assert load(kind, shop, tmp_path).pending == 1
    shop.put(7, (2, "b.png", b"\0b"))
    assert load(kind, shop, tmp_path).pending == 0
    assert images(tmp_path) == {"7/2-b.png": b"\0b"}


def test_what_could_not_be_had_of_an_entry_that_left_the_feed_is_given_up(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b", f"{shop.url}/missing"))
    assert load(kind, shop, tmp_path).pending == 1
    del shop.products[7]
    assert load(kind, shop, tmp_path).complete
    assert images(tmp_path) == {"7/1-a.png": b"\0a"}


def test_what_a_shorter_lot_does_not_hold_stays_open(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    for product in (6, 7, 8):
        shop.put(product, (1, "a.png", b"\0a", f"{shop.url}/missing"))
    assert load(kind, shop, tmp_path, count=3).pending == 3
    feed = shop.feed
    # The server lowers the size of its lots.
    shop.feed = lambda query: feed({**query, "count": "1"})  # type: ignore[method-assign]
    assert load(kind, shop, tmp_path, count=3).pending == 3


def test_an_older_file_stays_until_the_new_one_can_be_had(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "old.png", b"\0old"))
    load(kind, shop, tmp_path)
    shop.put(7, (1, "new.png", b"\0new"))
    shop.pages["/files/7/1"] = status(404)
    report = load(kind, shop, tmp_path)
    assert (report.pending, report.removed, images(tmp_path)) == (1, 0, {"7/1-old.png": b"\0old"})
    shop.pages["/files/7/1"] = serve(b"\0new")
    report = load(kind, shop, tmp_path)
    assert (report.pending, report.removed, images(tmp_path)) == (0, 1, {"7/1-new.png": b"\0new"})


def test_a_lot_that_the_server_no_longer_gives_stays_open(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/missing"))
    load(kind, shop, tmp_path)
    feed = shop.feed

    def refuse_the_beginning(query: dict[str, str]) -> bytes:
        return feed(query) if "token" in query else b'{"returncode": 9, "returnmsg": "too old"}'

    shop.feed = refuse_the_beginning  # type: ignore[method-assign]
    assert load(kind, shop, tmp_path).pending == 1


def test_an_image_that_did_not_change_is_not_loaded_again_where_the_server_says_so(
    kind: Kind, shop: Shop, tmp_path: Path
) -> None:
    def tagged(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"v1"':
            handler.answer(304)
        else:
            handler.answer(200, b"\0a", {"ETag": '"v1"'})

    shop.put(7, (1, "a.png", b"\0a"))
    shop.pages["/files/7/1"] = tagged
    load(kind, shop, tmp_path)
    shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/files/7/1"))
    for _ in range(2):
        report = load(kind, shop, tmp_path)
        shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/files/7/1"))
    assert (report.written, report.unchanged) == (0, 1)
    (tmp_path / "7/1-a.png").write_bytes(b"\0changed by hand")
    assert load(kind, shop, tmp_path).written == 1
    assert images(tmp_path) == {"7/1-a.png": b"\0a"}


def test_an_image_over_the_limit_is_not_loaded(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", CONTENT), (2, "b.png", b"\0b" * 50))
    report = load(kind, shop, tmp_path, max_image_bytes=100)
    assert images(tmp_path) == {"7/2-b.png": b"\0b" * 50}
    assert report.problems == ("image 1 of '7': it has more bytes than max_image_bytes, 100, allows",)
    assert not list((tmp_path / ".mirror/tmp").iterdir())


def test_a_compressed_image_is_stopped_at_the_limit(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    import gzip

    shop.put(7, (1, "a.png", b"\0a"))
    shop.pages["/files/7/1"] = serve(gzip.compress(bytes(50_000_000)), {"Content-Encoding": "gzip"})
    assert "max_image_bytes" in load(kind, shop, tmp_path, max_image_bytes=100_000).problems[0]


def test_only_so_many_links_are_loaded_at_a_time(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    import threading

    lock, now, most = threading.Lock(), [0], [0]
    together = threading.Barrier(3, timeout=20)

    def busy(handler: Handler) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait()
        with lock:
            now[0] -= 1
        handler.answer(200, b"\0x")

    shop.put(7, *((number, "a.png", b"\0x") for number in range(9)))
    shop.pages.update((f"/files/7/{number}", busy) for number in range(9))
    assert load(kind, shop, tmp_path, parallel=3).written == 9
    assert most == [3]


def test_redirects_are_followed_a_few_times(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b"))
    shop.pages.update({f"/hop{number}": redirect(f"hop{number + 1}", 301 + number % 3) for number in range(10)})
    shop.pages["/files/7/1"] = redirect("/hop6", 308)
    shop.pages["/hop10"] = serve(b"\0a")
    shop.pages["/files/7/2"] = redirect("/hop5")
    report = load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": b"\0a"}
    assert report.problems == ("image 2 of '7': more than 5 redirects",)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("file:///etc/passwd", "no absolute http or https URL"),
        ("ftp://example.com/x", "no absolute http or https URL"),
        ("//example.com/x", "no absolute http or https URL"),
        ("x.png", "no absolute http or https URL"),
        ("", "no absolute http or https URL"),
        ("http://", "no absolute http or https URL"),
        ("javascript:alert(1)", "no absolute http or https URL"),
        ("http://exa mple/", ""),
        ("http://127.0.0.1:99999/", "no URL"),
        ("http://127.0.0.1:0/", "no URL"),
        ("http://[::1", "no URL"),
        ("http://x:99999999/", "no URL"),
        ("http://\u0000/", "no URL"),
        ("http://" + "a" * 70 + ".test/", ""),
        ("http://no-such-host.invalid/", ""),
    ],
)
def test_a_link_that_leads_nowhere_is_a_problem_and_nothing_else(
    kind: Kind, shop: Shop, tmp_path: Path, link: str, problem: str
) -> None:
    shop.put(7, (1, "a.png", b"\0a", link), (2, "b.png", b"\0b"))
    report = load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/2-b.png": b"\0b"}
    assert problem in report.problems[0]


@pytest.mark.parametrize("link", ["http://127.0.0.2:{port}/x", "http://localhost:{port}/x", "http://0.0.0.0:{port}/x"])
@pytest.mark.parametrize("by_redirect", [False, True])
def test_a_link_into_the_own_network_is_refused_unless_allowed(
    kind: Kind, shop: Shop, tmp_path: Path, link: str, by_redirect: bool
) -> None:
    with open_shop("0.0.0.0") as other:
        other.pages["/x"] = serve(b"\0secret")
        place = link.format(port=urlsplit(other.url).port)
        shop.put(7, (1, "a.png", b"\0a") if by_redirect else (1, "a.png", b"\0a", place))
        shop.pages["/files/7/1"] = redirect(place)
        report = load(kind, shop, tmp_path)
        assert "which is not public" in report.problems[0]
        assert (images(tmp_path), other.asked) == ({}, [])
        assert load(kind, shop, tmp_path, allow_private=True).complete
        assert images(tmp_path) == {"7/1-a.png": b"\0secret"}


def test_a_name_that_leads_elsewhere_once_it_was_checked_is_refused_before_anything_is_sent(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo
    looked_up = []

    def rebinding(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host not in (b"rebinds.test", "rebinds.test"):
            return found(host, port, *rest, **named)
        looked_up.append(host)
        address = "93.184.216.34" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with open_shop() as other:
        other.pages["/x"] = serve(b"\0secret")
        shop.put(7, (1, "a.png", b"\0a", f"http://rebinds.test:{urlsplit(other.url).port}/x"))
        report = load(kind, shop, tmp_path)
        assert report.problems == (
            "image 1 of '7': rebinds.test has the address 127.0.0.1, which is not public (allow_private allows it)",
        )
        assert len(looked_up) == 2
        assert other.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "",
        "nonsense",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(UnobtainableError, match="not public"):
        check("host", ["93.184.216.34", address])


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_a_public_address_is_taken(address: str) -> None:
    check("host", [address])


def test_credentials_go_to_the_feed_s_own_origin_only(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    settings = {"session": "open sesame", "headers": {"Authorization": "Bearer hunter2", "Cookie": "a=hunter2"}}
    with open_shop() as other:
        other.pages["/there"] = serve(b"\0there")
        other.pages["/back"] = redirect(f"{shop.url}/files/7/1")
        other.pages["/on"] = serve(b"\0on")
        shop.put(7, (1, "own.png", b"\0own"), (2, "a.png", b"", f"{other.url}/there"), (3, "b.png", b"", f"{other.url}/back"))
        shop.put(8, (1, "c.png", b"\0on"))
        shop.pages["/files/8/1"] = redirect(f"{other.url}/on")
        report = run_mirror(kind, shop.url, tmp_path, settings, mode="URL", allow_private=True)
        assert report.problems == ()
        assert len(other.asked) == 3
        assert not [headers for _, headers in other.asked if {"authorization", "cookie"} & headers.keys()]
        assert "hunter2" not in repr(other.asked)
        assert all(headers["authorization"] == "Bearer hunter2" for _, headers in shop.asked)


def test_the_fragment_and_the_password_of_a_link_are_in_no_message(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    place = shop.url.removeprefix("http://")
    shop.put(7, (1, "a.png", b"\0a", f"http://user:hunter2@{place}/missing#fragment"))
    shop.put(8, (1, "a.png", b"\0a", f"http://user:hunter2@{place}/astray#fragment"))
    shop.pages["/astray"] = redirect("http://[")
    report = load(kind, shop, tmp_path)
    assert len(report.problems) == 2
    assert "hunter2" not in repr(report)
    assert "fragment" not in repr(shop.asked)


def test_a_link_s_own_name_and_password_are_sent_to_its_host(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    place = shop.url.removeprefix("http://")
    shop.put(7, (1, "a.png", b"\0a", f"http://user:p%20w@{place}/x"))
    shop.pages["/x"] = serve(b"\0x")
    assert load(kind, shop, tmp_path).complete
    assert [headers["authorization"] for headers in shop.requests("/x")] == ["Basic dXNlcjpwIHc="]


def test_a_host_s_cookies_come_back_to_it_and_to_nobody_else(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    with open_shop("127.0.0.2") as other:
        other.pages["/a"] = serve(b"\0a", {"Set-Cookie": "mine=1; Path=/"})
        other.pages["/b"] = shop.pages["/c"] = serve(b"\0b")
        shop.put(
            7, (1, "a.png", b"", f"{other.url}/a"), (2, "b.png", b"", f"{other.url}/b"), (3, "c.png", b"", f"{shop.url}/c")
        )
        assert load(kind, shop, tmp_path, allow_private=True, parallel=1).complete
        assert [headers.get("cookie") for _, headers in other.asked] == [None, "mine=1"]
    assert not [headers for _, headers in shop.asked if "cookie" in headers]


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_connection_serves_one_link_after_another(kind: Kind, shop: Shop, tmp_path: Path, parallel: int) -> None:
    connected: set[tuple[str, int]] = set()

    def answer(handler: Handler) -> None:
        connected.add(handler.client_address)
        serve(CONTENT)(handler)

    shop.put(7, *((number, "a.png", CONTENT) for number in range(30)))
    shop.pages.update((f"/files/7/{number}", answer) for number in range(30))
    assert load(kind, shop, tmp_path, parallel=parallel).complete
    assert 1 <= len(connected) <= parallel


def test_a_connection_that_the_server_has_closed_is_not_used_again(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        # Without a word of it in the headers.
        serve(CONTENT)(handler)
        handler.close_connection = True

    shop.put(7, *((number, "a.png", CONTENT) for number in range(5)))
    shop.pages.update((f"/files/7/{number}", answer) for number in range(5))
    assert load(kind, shop, tmp_path, parallel=1).complete


@pytest.mark.parametrize("trusted", [True, False])
def test_a_link_of_https_is_loaded_from_who_can_prove_its_name(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with open_shop(tls=context) as other:
        other.pages["/x"] = serve(b"\0x")
        link = f"{other.url}/x"
        shop.put(7, (1, "a.png", b"", link), (2, "b.png", b"", link))
        report = run_mirror(kind, shop.url, tmp_path, {"retry": Retry(max_retries=0)}, mode="URL", allow_private=True)
    assert report.complete is trusted
    assert len(report.problems) == (0 if trusted else 2)
    assert all("CERTIFICATE_VERIFY_FAILED" in problem for problem in report.problems)


def test_few_connections_are_kept_open_however_many_hosts_there_are(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_MOST_IDLE", 2)
    kept: list[int] = []
    give_back = connections.Connections._give_back

    def counted(self: Any, *arguments: Any) -> None:
        give_back(self, *arguments)
        kept.append(len(self._idle))

    monkeypatch.setattr(connections.Connections, "_give_back", counted)
    with ExitStack() as stack:
        others = [stack.enter_context(open_shop()) for _ in range(5)]
        for other in others:
            other.pages["/x"] = serve(b"\0x")
        shop.put(7, *((number, "a.png", b"", f"{other.url}/x") for number, other in enumerate(others)))
        assert load("sync", shop, tmp_path, allow_private=True, parallel=1).complete
    assert kept == [1, 2, 2, 2, 2]


def test_a_client_that_is_handed_in_loads_the_links_and_stays_open(shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a", "http://elsewhere.test/x"))

    def answer(request: Any) -> Any:
        return LIBRARY.Response(200, content=b"\0handed")

    with LIBRARY.Client(transport=LIBRARY.MockTransport(answer)) as given:
        assert run_mirror("sync", shop.url, tmp_path, mode="URL", http_client=given).complete
        assert not given.is_closed
    assert images(tmp_path) == {"7/1-a.png": b"\0handed"}


def test_a_server_that_is_down_is_left_alone_for_a_while(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, *((number, "a.png", b"\0a") for number in range(20)))
    shop.pages.update((f"/files/7/{number}", status(503)) for number in range(20))
    settings = {"retry": Retry(max_retries=0)}
    report = run_mirror(kind, shop.url, tmp_path, settings, mode="URL", parallel=1)
    assert report.pending == 20
    assert "left alone" in report.problems[-1]
    assert len([path for path, _ in shop.asked if path.startswith("/files")]) == Breaker.FAILURES


def test_a_host_that_was_left_alone_gets_another_chance() -> None:
    breaker = Breaker()
    for _ in range(Breaker.FAILURES):
        breaker.check("host", 0.0)
        breaker.failed("host", 0.0)
    with pytest.raises(UnobtainableError) as caught:
        breaker.check("host", Breaker.REST - 1)
    assert caught.value.transient
    breaker.check("other", 0.0)
    breaker.check("host", Breaker.REST)
    breaker.answered("host")
    breaker.check("host", 0.0)


def test_the_name_of_the_moment_of_connecting_is_the_library_s(shop: Shop) -> None:
    shop.pages["/x"] = serve(b"\0x")
    events: list[str] = []
    with LIBRARY.Client(transport=LIBRARY.HTTPTransport()) as client:
        client.get(f"{shop.url}/x", extensions={"trace": lambda event, info: events.append(event)})
    # Were it called otherwise one day, the check of the address would silently be none.
    assert http.CONNECTED in events
    assert events.index(http.CONNECTED) < events.index("http11.send_request_headers.started")


def test_a_link_is_parsed_as_it_is_asked_for() -> None:
    assert str(parse("HTTP://Example.COM/a b?c#d")) == "http://example.com/a%20b?c"


def test_the_manifest_keeps_what_could_not_be_had(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a", f"{shop.url}/missing"))
    load(kind, shop, tmp_path)
    with closing(sqlite3.connect(tmp_path / ".mirror/manifest.sqlite")) as db:
        row = db.execute("SELECT entry, position, url, sha256, problem FROM images").fetchone()
    assert row == ("7", 1, f"{shop.url}/missing", None, "the server answered 404")


def test_the_hook_and_the_log_are_told_of_every_attempt_at_a_link_and_of_no_secret(
    kind: Kind, shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop.put(7, (1, "a.png", CONTENT, f"{shop.url}/files/a?session=open%20sesame"), (2, "b.png", b"\0b", f"{shop.url}/missing"))
    shop.pages["/files/a"] = in_turn(cut(CONTENT, 3000, {"ETag": '"v1"'}), status(503, {"Retry-After": "0"}), serve(CONTENT))
    events: list[Any] = []
    settings = {"session": "open sesame", "on_event": events.append, "retry": Retry(base_delay=0)}
    with caplog.at_level(logging.DEBUG, "product_images"):
        run_mirror(kind, shop.url, tmp_path, settings, mode="URL", parallel=1)
    links = [event for event in events if isinstance(event, Attempt) and "/products/images" not in event.url]
    assert [(event.url.removeprefix(shop.url), event.number, event.status, event.size, event.again_in) for event in links] == [
        ("/files/a", 1, None, 0, 0.0),
        ("/files/a", 2, 503, 0, 0.0),
        ("/files/a", 3, 200, len(CONTENT), None),
        ("/missing", 1, 404, 0, None),
    ]
    said = "\n".join([record.getMessage() for record in caplog.records if record.name == "product_images"])
    assert "mirrored 1 entries, 2 images; go on from 101" in said
    assert "image 2 of '7': the server answered 404" in said
    assert "sesame" not in said + repr(events)


def test_a_hook_that_raises_ends_the_run_and_loses_nothing(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    def refuse(event: object) -> None:
        if isinstance(event, Attempt) and "/files/" in event.url:
            raise LookupError("enough")

    shop.put(7, *((number, "a.png", b"\0a") for number in range(9)))
    with pytest.raises(LookupError, match="enough"):
        run_mirror(kind, shop.url, tmp_path, {"on_event": refuse}, mode="URL")
    assert load(kind, shop, tmp_path).written == 9


@pytest.mark.parametrize("by_redirect", [False, True])
def test_another_port_of_the_feed_s_host_is_not_the_feed_s_own(
    kind: Kind, shop: Shop, tmp_path: Path, by_redirect: bool
) -> None:
    with open_shop() as other:
        other.pages["/x"] = serve(b"\0secret")
        shop.put(7, (1, "a.png", b"\0a") if by_redirect else (1, "a.png", b"\0a", f"{other.url}/x"))
        shop.pages["/files/7/1"] = redirect(f"{other.url}/x")
        assert "which is not public" in load(kind, shop, tmp_path).problems[0]
        assert (images(tmp_path), other.asked) == ({}, [])


@pytest.mark.parametrize("host", ["feed.test", "FEED.test", "feed.test."])
def test_the_feed_s_own_name_that_leads_elsewhere_later_is_refused(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    found = socket.getaddrinfo
    address = ["127.0.0.1"]

    def rebinding(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.lower().startswith("feed.test"):
            return found(host, port, *rest, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address[0], port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with open_shop("0.0.0.0") as shop:
        port = urlsplit(shop.url).port
        own = f"http://{host}:{port}"
        shop.put(7, (1, "a.png", b"\0a", f"{own}/files/x"))
        shop.pages["/files/x"] = serve(b"\0a")
        feed = shop.feed

        def rebind(query: dict[str, str]) -> bytes:
            address[0] = "127.0.0.2"
            return feed(query)

        shop.feed = rebind  # type: ignore[method-assign]
        report = run_mirror(kind, f"http://feed.test:{port}", tmp_path, mode="URL", parallel=1)
        assert "the address 127.0.0.2, which is not public" in report.problems[0]
        assert shop.requests("/files/x") == []
        address[0] = "127.0.0.1"
        shop.feed = feed  # type: ignore[method-assign]
        # A name with a dot at its end is another one, and gets no leave.
        assert run_mirror(kind, f"http://feed.test:{port}", tmp_path, mode="URL").complete == (not host.endswith("."))


def test_the_client_is_left_as_it_was(shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"))
    with LIBRARY.Client() as http_client, Client(shop.url, http_client=http_client) as client:
        mirror(client, tmp_path, mode="URL")
        assert http_client.event_hooks == {"request": [], "response": []}
