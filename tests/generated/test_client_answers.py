"""What the clients make of answers that are no lot: refusals, statuses, labels, bodies, and warnings."""

from __future__ import annotations

import gzip
import traceback
import warnings
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import respx

from product_images import (
    DecodeError,
    HTTPStatusError,
    ImagesResult,
    ParameterError,
    ProductImagesError,
    ResultWarning,
    ReturnCodeError,
    TransportError,
)
from sdk_clients import BASE, URL, Driver, answer, lot, raw

REFUSAL = ImagesResult(returncode=-7, returnmsg="count is <bad> & \u00e9")

PACKED = gzip.compress(b'{"returncode": 0, "count": 0, "queuecount": 0}', mtime=0)


class Bytewise(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes byte by byte, and that nobody reads before the client does."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for place in range(len(self._content)):
            yield self._content[place : place + 1]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def streaming(driver: Driver, content: bytes, coding: str, status: int = 200) -> httpx.Client | httpx.AsyncClient:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=Bytewise(content), headers=headers))
    return httpx.Client(transport=transport) if driver.kind == "sync" else httpx.AsyncClient(transport=transport)


@pytest.mark.parametrize("representation", ["json", "xml"])
@pytest.mark.parametrize("status", [200, 400, 404, 422])
def test_a_refusal_raises_its_code_and_message(
    driver: Driver, network: respx.MockRouter, representation: str, status: int
) -> None:
    network.get(URL).mock(return_value=answer(REFUSAL, representation, status))
    with pytest.raises(ReturnCodeError, match="return code -7: count is <bad> & \u00e9") as caught:
        driver.configured(representation=representation).get()
    error = caught.value
    assert (error.code, error.message, error.result, error.status) == (-7, REFUSAL.returnmsg, REFUSAL, status)
    assert len(network.calls) == 1


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, html="<h1>Not   Found</h1>"),
        httpx.Response(400, json={"error": "no"}),
        httpx.Response(403, content=b"{broken", headers={"Content-Type": "application/json"}),
        raw({"returncode": 0, "count": 0, "queuecount": 0}, status=409),
        httpx.Response(500, json={"returncode": 5}),
        httpx.Response(204),
        httpx.Response(206, json={"returncode": 0}),
    ],
)
def test_a_status_without_a_refusal_raises_with_status_and_excerpt(
    driver: Driver, network: respx.MockRouter, response: httpx.Response
) -> None:
    network.get(URL).mock(return_value=response)
    with pytest.raises(HTTPStatusError, match=f"{URL} answered {response.status_code}") as caught:
        driver.get()
    assert caught.value.status == response.status_code
    assert caught.value.excerpt == " ".join(response.text.split())
    assert len(network.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_says_where_it_leads(driver: Driver, network: respx.MockRouter, status: int) -> None:
    headers = {"Location": "https://other.test/images?session=hidden"}
    network.get(URL).mock(return_value=httpx.Response(status, headers=headers))
    with pytest.raises(HTTPStatusError, match=r"leads to 'https://other\.test/images'") as caught:
        driver.get()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "label", ["application/json", "text/json", "Application/JSON ; charset=UTF-8", "text/json;charset=utf-8"]
)
def test_every_json_label_leads_to_the_json_decoder(driver: Driver, network: respx.MockRouter, label: str) -> None:
    body = answer(lot((1,), 0)).content
    network.get(URL).mock(return_value=httpx.Response(200, content=body, headers={"Content-Type": label}))
    assert driver.configured(representation="xml").get() == lot((1,), 0)


@pytest.mark.parametrize("label", ["application/xml", "text/xml", 'text/xml; charset="utf-8"'])
def test_every_xml_label_leads_to_the_xml_decoder(driver: Driver, network: respx.MockRouter, label: str) -> None:
    body = answer(lot((1,), 0), "xml").content
    network.get(URL).mock(return_value=httpx.Response(200, content=body, headers={"Content-Type": label}))
    assert driver.get() == lot((1,), 0)


def test_the_label_s_charset_counts(driver: Driver, network: respx.MockRouter) -> None:
    body = '{"returncode": 0, "count": 0, "queuecount": 0, "returnmsg": "\u00e9"}'.encode("latin-1")
    headers = {"Content-Type": "application/json; charset=iso-8859-1"}
    network.get(URL).mock(return_value=httpx.Response(200, content=body, headers=headers))
    assert driver.get().returnmsg == "\u00e9"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Content-Type": "text/html; charset=utf-8"}, "is labelled 'text/html', expected one of application/json, text/json"),
        ({"Content-Type": "application/octet-stream"}, "is labelled 'application/octet-stream'"),
        ({}, "has no Content-Type"),
    ],
)
def test_another_label_says_what_came(driver: Driver, network: respx.MockRouter, headers: dict[str, str], found: str) -> None:
    network.get(URL).mock(return_value=httpx.Response(200, content=b"<html>\n Log in", headers=headers))
    with pytest.raises(DecodeError) as caught:
        driver.get()
    assert found in str(caught.value)
    assert "it begins '<html> Log in'" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (b"{", "application/json"),
        (b"<result", "text/xml"),
        (b"<html/>", "text/xml"),
        (b"", "text/json"),
        (b"<a/>", "text/json"),
    ],
)
def test_a_body_that_is_no_result_raises_decode_error(
    driver: Driver, network: respx.MockRouter, body: bytes, label: str
) -> None:
    network.get(URL).mock(return_value=httpx.Response(200, content=body, headers={"Content-Type": label}))
    with pytest.raises(DecodeError):
        driver.get()
    assert len(network.calls) == 1


@pytest.mark.parametrize("member", ["count", "queuecount"])
def test_a_success_without_what_a_success_has_is_refused(driver: Driver, network: respx.MockRouter, member: str) -> None:
    members = {"returncode": 0, "count": 0, "queuecount": 0}
    del members[member]
    network.get(URL).mock(return_value=raw(members))
    with pytest.raises(DecodeError, match=f"has no {member}") as caught:
        driver.get()
    assert caught.value.path == f"$.{member}"


def test_a_compressed_answer_is_read_and_its_size_counts_unpacked(driver: Driver, network: respx.MockRouter) -> None:
    body = gzip.compress(b'{"returncode": 0, "count": 0, "queuecount": 0, "later": "' + b"x" * 100_000 + b'"}', mtime=0)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    network.get(URL).mock(side_effect=lambda _: httpx.Response(200, content=body, headers=headers))
    assert driver.get().returncode == 0
    with pytest.raises(DecodeError, match="max_bytes"):
        driver.configured(max_bytes=50_000).get()


def test_a_body_that_never_ends_is_left_when_it_passes_the_cap(driver: Driver, network: respx.MockRouter) -> None:
    class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
        sent = 0
        closed = False

        def __iter__(self) -> Iterator[bytes]:
            # Far beyond the cap, and still not so far that a client without one fills the memory.
            for _ in range(1000):
                self.sent += 1
                yield b" " * 1000

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self:
                yield chunk

        def close(self) -> None:
            self.closed = True

        async def aclose(self) -> None:
            self.closed = True

    stream = Endless()
    network.get(URL).mock(return_value=httpx.Response(200, stream=stream, headers={"Content-Type": "application/json"}))
    with pytest.raises(DecodeError, match="max_bytes"):
        driver.configured(max_bytes=5500).get()
    assert (stream.sent, stream.closed) == (6, True)


def test_a_body_that_is_not_compressed_as_it_says_raises_decode_error(driver: Driver, network: respx.MockRouter) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    stream = httpx.ByteStream(b"no gzip")
    network.get(URL).mock(side_effect=lambda _: httpx.Response(200, stream=stream, headers=headers))
    with pytest.raises(DecodeError, match="Content-Encoding"):
        driver.get()


@pytest.mark.parametrize(
    ("coding", "content", "problem"),
    [
        ("gzip", PACKED[:-9], "gzip ends too early"),
        ("gzip", PACKED + b"junk", "not in the Content-Encoding"),
        ("br", b"whatever", "the Content-Encoding 'br', and only gzip was offered"),
        ("gzip, gzip", gzip.compress(PACKED, mtime=0), "Content-Encoding 'gzip, gzip'"),
    ],
    ids=["cut", "junk after it", "another coding", "twice"],
)
def test_a_body_that_is_packed_in_another_way_raises_decode_error(
    driver: Driver, coding: str, content: bytes, problem: str
) -> None:
    with pytest.raises(DecodeError, match=problem):
        driver.configured(http_client=streaming(driver, content, coding)).get()


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", PACKED),
        ("X-GZIP", PACKED),
        ("identity", gzip.decompress(PACKED)),
        ("gzip", gzip.compress(b'{"returncode": 0, ', mtime=0) + gzip.compress(b'"count": 0, "queuecount": 0}', mtime=0)),
    ],
    ids=["gzip", "its old name", "identity", "two members"],
)
def test_a_body_is_unpacked_however_it_is_cut(driver: Driver, coding: str, content: bytes) -> None:
    assert driver.configured(http_client=streaming(driver, content, coding)).get().returncode == 0


@pytest.mark.parametrize("status", [503, 404])
def test_a_status_counts_more_than_how_its_body_is_packed(driver: Driver, status: int) -> None:
    client = streaming(driver, b"\xff\x00", "br", status)
    with pytest.raises(HTTPStatusError):
        driver.configured(http_client=client).get()


def test_gzip_is_all_that_is_offered_unless_the_caller_sets_it(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0)))
    for headers, expected in (({}, "gzip"), ({"accept-encoding": "identity"}, "identity")):
        driver.configured(headers=headers).get()
        assert network.calls.last.request.headers.get_list("Accept-Encoding") == [expected]


def test_every_warning_of_a_result_is_warned_of(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0, warnings=("cut short", "count lowered"))))
    with pytest.warns(ResultWarning) as caught:
        result = driver.get()
    assert [str(item.message) for item in caught] == ["cut short", "count lowered"]
    assert result.warnings == ("cut short", "count lowered")


def test_a_warning_can_be_made_an_error(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0, warnings=("cut short",))))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResultWarning)
        with pytest.raises(ResultWarning, match="cut short"):
            driver.get()


SECRETS = {"session": "s3cr&t", "headers": {"Authorization": "Bearer t0k3n"}}


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(
            401, text="who is s3cr&t with Bearer t0k3n or s3cr%26t?", headers={"Set-Cookie": "x=s3cr&t", "X": "s3cr&t"}
        ),
        httpx.Response(302, headers={"Location": f"{BASE}/s3cr&t?session=s3cr%26t"}),
        httpx.Response(200, text="s3cr&t" * 99, headers={"Content-Type": "text/plain"}),
        raw({"returncode": 1, "returnmsg": "no session s3cr&t"}),
        httpx.Response(200, text="<result returncode='s3cr&amp;t'/>", headers={"Content-Type": "text/xml"}),
        httpx.Response(403, text="the token t0k3n is not known"),
        httpx.ConnectError("cannot send Bearer t0k3n"),
    ],
)
def test_no_message_holds_the_session_or_a_header_s_value(
    driver: Driver, network: respx.MockRouter, response: httpx.Response | Exception
) -> None:
    network.get(URL).mock(side_effect=[response] * 9)
    with pytest.raises(ProductImagesError) as caught:
        driver.configured(**SECRETS).get()
    told = [
        *traceback.format_exception_only(caught.value),
        str(getattr(caught.value, "headers", "")),
        getattr(caught.value, "excerpt", ""),
    ]
    assert not [text for text in told if "s3cr" in text or "t0k3n" in text or "set-cookie" in text]
    assert network.calls.last.request.headers["Authorization"] == "Bearer t0k3n"


def test_a_session_that_breaks_its_constraint_is_refused_without_being_shown(driver: Driver) -> None:
    with pytest.raises(ParameterError, match="session: must have from 0 to 100 characters and has 101") as caught:
        driver.configured(session="s" * 101).get()
    assert "sss" not in str(caught.value)
    assert caught.value.value is None


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "feed.test",
        "/api",
        "ftp://feed.test",
        "http://",
        "http://[::1",
        "http://h:port",
        "http://u:p4ss@h",
        "http://h?a=p4ss",
        "http://h#f",
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused(driver: Driver, base_url: str) -> None:
    with pytest.raises(ParameterError, match="base_url") as caught:
        driver.configured(base_url=base_url).get()
    assert "p4ss" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["http://feed.test/api", "http://feed.test/api/", " http://feed.test/api "])
def test_the_path_is_appended_to_the_base_url(driver: Driver, network: respx.MockRouter, base_url: str) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0)))
    driver.configured(base_url=base_url).get()
    assert str(network.calls.last.request.url) == URL


@pytest.mark.parametrize(
    "headers", [{"Accept": "text/html"}, {"a b": "x"}, {"": "x"}, {"X": "a\r\nHost: evil"}, {"X": "t0k\u00e9n"}]
)
def test_headers_that_cannot_be_sent_are_refused(driver: Driver, headers: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="headers") as caught:
        driver.configured(headers=headers).get()
    assert "t0k" not in str(caught.value)


@pytest.mark.parametrize(("representation", "accept"), [("json", "application/json"), ("xml", "application/xml")])
def test_the_representation_is_asked_for_alone(
    driver: Driver, network: respx.MockRouter, representation: str, accept: str
) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0), representation))
    driver.configured(representation=representation).get()
    assert network.calls.last.request.headers["Accept"] == accept


def test_a_representation_that_does_not_exist_is_refused(driver: Driver) -> None:
    with pytest.raises(ParameterError, match="representation: must be one of json, xml"):
        driver.configured(representation="yaml").get()


def test_verbatim_base64_reaches_the_caller_undecoded(driver: Driver, network: respx.MockRouter) -> None:
    image = {"sequence": 1, "imagefilename": "a", "binaryimage": "no base64"}
    members = {
        "returncode": 0,
        "count": 1,
        "queuecount": 0,
        "token": "1",
        "product": [{"product_id": 1, "images": {"image": [image]}}],
    }
    network.get(URL).mock(return_value=raw(members))
    images = driver.configured(verbatim_base64=True).get().product[0].images
    assert images is not None
    assert images.image[0].binaryimage == b"no base64"


def test_limits_and_the_hook_reach_the_decoder(driver: Driver, network: respx.MockRouter) -> None:
    told: list[str] = []
    network.get(URL).mock(return_value=raw({"returncode": 0, "count": 0, "queuecount": 0, "later": [1, 2, 3]}))
    driver.configured(on_unknown=told.append).get()
    assert told == ["$.later"]
    with pytest.raises(DecodeError, match="max_members"):
        driver.configured(max_members=5).get()
    body = b"<result returncode='0' count='0' queuecount='0'><later><later/></later></result>"
    network.get(URL).mock(return_value=httpx.Response(200, content=body, headers={"Content-Type": "text/xml"}))
    driver.configured(max_members=100).get()
    for limit, value in (("max_depth", 2), ("max_attributes", 2)):
        with pytest.raises(DecodeError, match=limit):
            Driver(driver.kind).configured(**{limit: value}).get()


@pytest.mark.parametrize("location", ["http://[", "", "//", "http://h:99999999/", "\u00e9"])
def test_a_redirect_to_nowhere_raises_an_error_of_the_package(driver: Driver, network: respx.MockRouter, location: str) -> None:
    headers = [(b"Location", location.encode("latin-1"))]
    network.get(URL).mock(side_effect=lambda _: httpx.Response(302, headers=headers))
    with pytest.raises((HTTPStatusError, TransportError)):
        driver.get()
