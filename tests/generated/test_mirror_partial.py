"""Partial answers, announced lengths, codings and ETags: what is stored is one whole version of an image, or nothing."""

from __future__ import annotations

import gzip
import re
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from product_images._mirror.address import UnobtainableError
from product_images._mirror.body import LONGEST, SLOWEST, Pace, sendable_etag
from product_images._mirror.download import Breaker
from sdk_clients import Driver, Kind, run_mirror
from shop import Handler, Shop, cut, images, in_turn, open_shop, redirect, serve

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)
GZIP = gzip.compress(CONTENT, mtime=0)
OTHER = bytes(255 - byte for byte in range(256)) * 40
DATE = "Mon, 01 Jan 2024 00:00:00 GMT"
LATER = "Tue, 02 Jan 2024 00:00:00 GMT"
V1 = {"ETag": '"v1"'}

Answer = Callable[[Handler], None]


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        shop.put(7, (1, "a.png", CONTENT))
        yield shop


def load(kind: Kind, shop: Shop, directory: Path, **options: Any) -> Any:
    return run_mirror(kind, shop.url, directory, mode="URL", **options)


def part(body: bytes, content_range: str | None, headers: dict[str, str] | None = None) -> Answer:
    """Answer with 206."""
    extra = {} if content_range is None else {"Content-Range": content_range}
    return lambda handler: handler.answer(206, body, {**(V1 if headers is None else headers), **extra})


def whole_or(answer: Answer, validators: dict[str, str] | None = None) -> Answer:
    """Break off the first answer, give this one to every range, and the whole to who asks for that."""
    first = [True]

    def respond(handler: Handler) -> None:
        if first.pop() if first else False:
            cut(CONTENT, 3000, V1 if validators is None else validators)(handler)
        elif "Range" in handler.headers:
            answer(handler)
        else:
            serve(CONTENT, V1 if validators is None else validators)(handler)

    return respond


REST = CONTENT[3000:]
FOREIGN: dict[str, Answer] = {
    "another ETag": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/{SIZE}", {"ETag": '"v2"'}),
    "a weak ETag": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/{SIZE}", {"ETag": 'W/"v1"'}),
    "no ETag": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/{SIZE}", {}),
    "another size": part(OTHER[3000:] + b"x", f"bytes 3000-{SIZE}/{SIZE + 1}"),
    "another size with the same end": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/{SIZE + 1}"),
    "another beginning": part(OTHER[2999:], f"bytes 2999-{SIZE - 1}/{SIZE}"),
    "a later beginning": part(OTHER[3001:], f"bytes 3001-{SIZE - 1}/{SIZE}"),
    "a beginning that looks alike": part(OTHER[3000:], f"bytes 30000-{30000 + SIZE - 3001}/{SIZE * 9}"),
    "another unit": part(OTHER[3000:], f"lines 3000-{SIZE - 1}/{SIZE}"),
    "no range": part(OTHER[3000:], None),
    "several parts": part(OTHER, None, {**V1, "Content-Type": "multipart/byteranges; boundary=x"}),
    "an end beyond the size": part(OTHER[3000:], f"bytes 3000-{SIZE}/{SIZE}"),
    "an end before the beginning": part(OTHER[3000:], f"bytes 3000-2999/{SIZE}"),
    "no numbers": part(OTHER[3000:], f"bytes 3000-x/{SIZE}"),
    "a size that is not a number": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/-1"),
    "huge numbers": part(OTHER[3000:], f"bytes 3000-{'9' * 5000}/{'9' * 5000}"),
    "digits that are not ASCII": part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/\u00b2"),
    "an unsatisfied range": part(OTHER[3000:], f"bytes */{SIZE}"),
    "fewer bytes than its range": part(OTHER[3000:4000], f"bytes 3000-{SIZE - 1}/{SIZE}"),
    "more bytes than its range": part(OTHER[3000:], f"bytes 3000-3999/{SIZE}"),
    "a coding": part(gzip.compress(REST), f"bytes 3000-{SIZE - 1}/{SIZE}", {**V1, "Content-Encoding": "gzip"}),
    "a redirect to nowhere near": lambda handler: handler.answer(416, b"", {"Content-Range": f"bytes */{SIZE}"}),
}


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
def test_a_partial_answer_that_is_not_the_rest_is_never_joined(kind: Kind, shop: Shop, tmp_path: Path, answer: Answer) -> None:
    shop.pages["/files/7/1"] = whole_or(answer)
    assert load(kind, shop, tmp_path).complete
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    # The last request is for the whole.
    assert "range" not in shop.requests("/files/7/1")[-1]


@pytest.mark.parametrize("validators", [{"Last-Modified": DATE}, {**V1, "Last-Modified": DATE}])
@pytest.mark.parametrize("theirs", [LATER, "yesterday"])
def test_a_partial_answer_of_another_date_is_never_joined(
    kind: Kind, shop: Shop, tmp_path: Path, validators: dict[str, str], theirs: str
) -> None:
    answer = part(OTHER[3000:], f"bytes 3000-{SIZE - 1}/{SIZE}", {**validators, "Last-Modified": theirs})
    shop.pages["/files/7/1"] = whole_or(answer, validators)
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}


@pytest.mark.parametrize("unit", ["bytes", "Bytes", "BYTES", "bytes ", "bytes\t"])
@pytest.mark.parametrize("total", [str(SIZE), "*"])
def test_the_rest_is_joined_however_its_range_is_written(kind: Kind, shop: Shop, tmp_path: Path, unit: str, total: str) -> None:
    shop.pages["/files/7/1"] = whole_or(part(REST, f"{unit} 3000-{SIZE - 1}/{total}"))
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    assert len(shop.requests("/files/7/1")) == 2


def steps(size: int) -> Answer:
    """Answer a range with no more than so many bytes."""

    def respond(handler: Handler) -> None:
        found = re.fullmatch("bytes=([0-9]+)-", handler.headers["Range"])
        assert found is not None
        first = int(found[1])
        body = CONTENT[first : first + size]
        part(body, f"bytes {first}-{first + len(body) - 1}/{SIZE}")(handler)

    return respond


def test_short_parts_are_asked_for_until_the_image_is_whole(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.pages["/files/7/1"] = whole_or(steps(500))
    assert load(kind, shop, tmp_path).complete
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    asked = [headers["range"] for headers in shop.requests("/files/7/1")[1:]]
    assert asked == [f"bytes={first}-" for first in range(3000, SIZE, 500)]


def test_an_image_in_endless_many_parts_is_given_up(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.pages["/files/7/1"] = whole_or(steps(1))
    report = load(kind, shop, tmp_path)
    assert report.problems == ("image 1 of '7': it came in more than 100 parts",)
    assert images(tmp_path) == {}


def chunked(body: bytes, headers: dict[str, str] | None = None) -> Answer:
    """Answer without a length."""

    def respond(handler: Handler) -> None:
        handler.send_response(200)
        for name, value in {"Transfer-Encoding": "chunked", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

    return respond


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("gzip", lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:])),
    ],
)
def test_a_coding_that_can_be_undone_is_undone(
    kind: Kind, shop: Shop, tmp_path: Path, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    shop.pages["/files/7/1"] = serve(pack(CONTENT), {"Content-Encoding": coding})
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "aes128gcm", "x" * 500])
def test_a_coding_that_cannot_be_undone_is_a_problem(kind: Kind, shop: Shop, tmp_path: Path, coding: str) -> None:
    shop.pages["/files/7/1"] = serve(CONTENT, {"Content-Encoding": coding})
    report = load(kind, shop, tmp_path)
    assert "which cannot be undone" in report.problems[0]
    assert len(report.problems[0]) < 250
    assert images(tmp_path) == {}
    shop.pages["/files/7/1"] = serve(CONTENT)
    assert load(kind, shop, tmp_path).complete


@pytest.mark.parametrize("send", [serve, chunked])
@pytest.mark.parametrize("body", [GZIP[:-9], GZIP[:30], CONTENT, GZIP[:2]], ids=["trailer", "begun", "none", "magic"])
def test_a_body_that_is_not_in_its_coding_is_a_problem(
    kind: Kind, shop: Shop, tmp_path: Path, body: bytes, send: Callable[..., Answer]
) -> None:
    shop.pages["/files/7/1"] = send(body, {"Content-Encoding": "gzip"})
    assert load(kind, shop, tmp_path).pending == 1
    assert images(tmp_path) == {}


def test_what_was_compressed_is_asked_for_whole_after_it_broke_off(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    packed = gzip.compress(CONTENT)
    shop.pages["/files/7/1"] = in_turn(cut(packed, 200, {**V1, "Content-Encoding": "gzip"}), serve(CONTENT, V1))
    load(kind, shop, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    assert not [headers for headers in shop.requests("/files/7/1") if "range" in headers]


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip, br"}, {"ACCEPT-ENCODING": "br"}, {"Range": "bytes=5-"}])
def test_images_are_asked_for_uncompressed_and_whole(kind: Kind, shop: Shop, tmp_path: Path, headers: dict[str, str]) -> None:
    shop.pages["/files/7/1"] = redirect("/there")
    shop.pages["/there"] = serve(CONTENT)
    run_mirror(kind, shop.url, tmp_path, {"headers": headers}, mode="URL")
    for path in ("/files/7/1", "/there"):
        (asked,) = shop.requests(path)
        assert (asked["accept-encoding"], "range" in asked) == ("identity", False)


@pytest.mark.parametrize(
    "etag",
    [
        "v1",
        '"v1',
        'v1"',
        '"a"b"',
        '"v 1"',
        "\u00e9",
        '"\u00e9"',
        '"\t"',
        '"\x7f"',
        'w/"v1"',
        'W/v1"',
        '"v1", "v2"',
        '"' + "x" * 600 + '"',
        '"' + "x" * 50_000 + '"',
        "*",
    ],
)
def test_an_etag_that_cannot_be_sent_back_is_not_kept(kind: Kind, shop: Shop, tmp_path: Path, etag: str) -> None:
    raw = etag.encode("utf-8").decode("latin-1")
    shop.pages["/files/7/1"] = in_turn(cut(CONTENT, 3000, {"ETag": raw}), serve(CONTENT, {"ETag": raw}))
    assert load(kind, shop, tmp_path).complete
    shop.put(7, (1, "a.png", CONTENT, f"{shop.url}/files/7/1"))
    assert load(kind, shop, tmp_path).complete
    assert images(tmp_path) == {"7/1-a.png": CONTENT}
    for asked in shop.requests("/files/7/1"):
        assert not {"if-none-match", "if-range", "range"} & asked.keys()


def test_a_weak_etag_serves_for_what_is_whole_only(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    weak = {"ETag": 'W/"v1"'}
    shop.pages["/files/7/1"] = in_turn(cut(CONTENT, 3000, weak), serve(CONTENT, weak), lambda handler: handler.answer(304))
    load(kind, shop, tmp_path)
    shop.put(7, (1, "a.png", CONTENT, f"{shop.url}/files/7/1"))
    assert load(kind, shop, tmp_path).unchanged == 1
    asked = shop.requests("/files/7/1")
    assert ["range" in headers for headers in asked] == [False, False, False]
    assert asked[-1]["if-none-match"] == 'W/"v1"'


@pytest.mark.parametrize("etag", ['"v1"', '""', 'W/"v1"', '"a,b"', '"' + "x" * 500 + '"'])
def test_an_etag_of_the_right_form_is_kept(etag: str) -> None:
    assert sendable_etag(etag) == etag


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        (None, "the server answered 302 without a Location"),
        ("", "the server answered 302 without a Location"),
        (" ", "the server answered 302 without a Location"),
        ("1", "redirects to itself"),
        ("#top", "redirects to itself"),
        ("/files/7/1", "redirects to itself"),
        ("{url}/files/7/1#again", "redirects to itself"),
        ("/round", "redirects to itself"),
        ("http://[", "redirects to what is not an http or https URL"),
        ("http://127.0.0.1:0/", "redirects to what is not an http or https URL"),
        ("http://127.0.0.1:99999/", "redirects to what is not an http or https URL"),
        ("file:///etc/passwd", "redirects to what is not an http or https URL"),
        ("ftp://127.0.0.1/x", "redirects to what is not an http or https URL"),
        ("javascript:alert(1)", "redirects to what is not an http or https URL"),
        ("data:image/png;base64,AAAA", "redirects to what is not an http or https URL"),
        ("http://x\x01y/", "redirects to what is not an http or https URL"),
    ],
)
def test_a_redirect_to_nowhere_ends_at_once(kind: Kind, shop: Shop, tmp_path: Path, location: str | None, problem: str) -> None:
    headers = {} if location is None else {"Location": location.format(url=shop.url)}
    shop.pages["/files/7/1"] = lambda handler: handler.answer(302, b"moved", headers)
    shop.pages["/round"] = redirect("/files/7/1")
    report = load(kind, shop, tmp_path)
    assert problem in report.problems[0]
    assert len(shop.asked) == (3 if location == "/round" else 2)
    assert images(tmp_path) == {}


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_a_redirect_of_any_kind_needs_a_target(kind: Kind, shop: Shop, tmp_path: Path, status: int) -> None:
    shop.pages["/files/7/1"] = lambda handler: handler.answer(status, b"moved")
    assert load(kind, shop, tmp_path).problems == (f"image 1 of '7': the server answered {status} without a Location",)


def drip(head: bytes, body: bytes = b"") -> Answer:
    """Send some bytes at once, and then one byte after another until the client hangs up."""

    def respond(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        try:
            for _ in range(2000):
                handler.wfile.write(body)
                handler.wfile.flush()
                handler.shop.waits.wait(0.02)
        except OSError:
            return

    return respond


DRIPS = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"\0"),
    "body without a length": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"\0"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n\0\r\n"),
    "status": (b"HTTP/1.1 200 ", b"O"),
    "headers": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /", b"x"),
    "chunk extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize(("head", "body"), DRIPS.values(), ids=DRIPS)
def test_what_drips_is_given_up(kind: Kind, shop: Shop, tmp_path: Path, head: bytes, body: bytes) -> None:
    shop.put(8, (1, "b.png", CONTENT))
    shop.pages["/files/7/1"] = drip(head, body)
    report = load(kind, shop, tmp_path, timeout=0.5)
    assert report.problems == (f"image 1 of '7': it came slower than {SLOWEST} bytes a second",)
    assert images(tmp_path) == {"8/1-b.png": CONTENT}


def test_a_host_that_drips_is_left_alone_for_a_while(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, *((number, "a.png", CONTENT) for number in range(9)))
    shop.pages.update((f"/files/7/{number}", drip(*DRIPS["body"])) for number in range(9))
    report = load(kind, shop, tmp_path, timeout=0.2, parallel=1)
    assert report.pending == 9
    assert "left alone" in report.problems[-1]
    assert len([path for path, _ in shop.asked if path.startswith("/files")]) == Breaker.FAILURES


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], ids=["unanswered", "begun"])
def test_a_server_that_falls_silent_is_waited_for_until_the_deadline_only(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr("product_images._mirror.body.LONGEST", 1.0)

    def fall_silent(handler: Handler) -> None:
        handler.wfile.write(begun)
        handler.wfile.flush()
        handler.shop.waits.wait(15)
        handler.close_connection = True

    shop.pages["/files/7/1"] = fall_silent
    started = time.monotonic()
    report = load(kind, shop, tmp_path, timeout=12)
    assert time.monotonic() - started < 8
    assert report.problems == ("image 1 of '7': it did not come within 1 seconds",)


def test_an_image_has_so_much_time_and_no_more() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0], 30.0)
    for _ in range(int(LONGEST) - 1):
        now[0] += 1
        pace.advance(SLOWEST)
    now[0] += 2
    with pytest.raises(UnobtainableError, match="it did not come within 600 seconds"):
        pace.advance(SLOWEST)


def test_a_slow_image_is_patiently_waited_for_and_a_slower_one_is_not() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0], 30.0)
    now[0] = 29.0
    pace.check()
    pace.advance(10 * SLOWEST)
    now[0] = 39.0
    pace.check()
    now[0] = 41.0
    with pytest.raises(UnobtainableError, match="slower than 1024 bytes a second"):
        pace.check()
    pace.begin()
    pace.check()
