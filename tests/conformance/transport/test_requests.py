"""Requests on the wire: raw queries, keys of recordings, client identities and header order."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from raw_sockets import listening
from twinwire_conformance.model import ClientIdentity, Request
from twinwire_conformance.target import Target
from twinwire_conformance.transport import Endpoint, Secrets
from twinwire_conformance.transport.clients import CHROME, CLIENTS, CURL, DOTNET, DOTNET_FRAMEWORK, NODE, REQUESTS
from twinwire_conformance.transport.http import HttpTransport

# Queries that URL libraries would normalise or refuse.
RAW = [
    "%",
    "%zz=1",
    "token=%u00e9",
    "session=%C3",
    "options=a+b",
    "a=1&&b=2",
    "=x",
    "a=1;b=2",
    "a=%c3%A9",
    "a=%C0%AF",
    "",
    "a=[1-3]{x}\"<>\\^`|'",
]


def sent(request: Request, **options: object) -> list[str]:
    """Return the lines of the request head as received by a server."""

    def serve(link: object, _head: bytes) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")  # type: ignore[attr-defined]

    with listening(serve) as (place, heads), Target(f"http://{place}", "/feed", **options) as target:  # type: ignore[arg-type]
        target.send(request)
    return heads[0].decode("latin-1").replace(place, "HOST").split("\r\n")[:-2]


@pytest.mark.parametrize("query", RAW)
def test_a_raw_query_is_sent_and_shown_as_it_is(query: str) -> None:
    request = Request(raw_query=query)
    assert sent(request)[0] == f"GET /feed?{query} HTTP/1.1"
    endpoint = Endpoint("http://feed.invalid", "/feed")
    assert endpoint.shown_url(request) == f"http://feed.invalid/feed?{query}"


@pytest.mark.parametrize("query", ["a b", "a#b", "\u00e9", "a\r\nX: y", "\x7f"])
def test_a_raw_query_that_cannot_be_sent_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="raw_query must be printable ASCII"):
        Request(raw_query=query)


def test_a_request_has_params_or_a_raw_query() -> None:
    with pytest.raises(ValueError, match="not both"):
        Request((("a", "1"),), raw_query="a=1")


def test_requests_that_differ_on_the_wire_have_different_keys() -> None:
    endpoint = Endpoint("http://feed.invalid", "/feed")
    requests = [
        # Each differs on the wire from another one in one respect only.
        Request((("a", "1"),)),
        Request(),
        Request(raw_query="a=1"),
        Request(raw_query=""),
        Request(raw_query="a=%c3"),
        Request(raw_query="a=%C3"),
        Request(fresh_connection=True),
        Request(client=CURL),
        Request(client=CHROME),
        Request(client=replace(CURL, headers=CURL.headers[::-1])),
    ]
    assert len({endpoint.key(request) for request in requests}) == len(set(requests)) == len(requests)


def test_the_key_of_a_plain_request_is_that_of_older_versions() -> None:
    key = Endpoint("http://feed.invalid", "/feed").key(Request((("a", "1"),), "text/xml", (("b", "c"),)))
    # Recordings of older versions must stay replayable.
    assert key == "7fc9d6ea5df0d702d9d12e97881531b10897e6136f70cd99317045ecd259f7c1"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("session=s3%20cr%C3%A9t&count=%", "session=***&count=%"),
        ("session=s3+cr%c3%a9t;count=%zz", "session=***;count=%zz"),
        ("a=%&%73ession=s3%20cr%C3%A9t", "a=%&%73ession=***"),
        ("session=%C3", "session=%C3"),
        ("session", "session"),
    ],
)
def test_the_session_in_a_raw_query_is_hidden(query: str, shown: str) -> None:
    endpoint = Endpoint("http://feed.invalid", "/feed", {}, Secrets((), ("session", "s3 cr\u00e9t")))
    assert endpoint.shown_url(Request(raw_query=query)) == f"http://feed.invalid/feed?{shown}"


def test_evidence_of_a_raw_query_keeps_curl_from_reading_it() -> None:
    def serve(link: object, _head: bytes) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")  # type: ignore[attr-defined]

    with listening(serve) as (place, _), Target(f"http://{place}", "/feed", headers={"X-Key": "k"}) as target:
        # curl expands [] and {} in URLs unless --globoff is given.
        response = target.send(Request(raw_query="a=[1-3]&b=%zz'", client=CHROME))
        words = shlex.split(target.evidence(response).curl)
    assert words[:4] == ["curl", "-sS", "-i", "--globoff"]
    assert words[-1] == f"http://{place}/feed?a=[1-3]&b=%zz'"
    assert f"User-Agent: {dict(CHROME.headers)['User-Agent']}" in words
    assert "X-Key: ***" in words


def test_a_plain_request_is_the_kit() -> None:
    lines = sent(Request((("a", "1"),), "text/xml"), headers={"X-Key": "k"})
    assert lines[:2] == ["GET /feed?a=1 HTTP/1.1", "Host: HOST"]
    assert lines[2].startswith("User-Agent: twinwire/")
    assert lines[3:] == ["Accept-Encoding: identity", "X-Key: k", "Accept: text/xml"]


def test_a_client_has_its_own_headers_in_its_own_order_and_case() -> None:
    assert sent(Request((), "*/*", client=CURL))[1:] == [
        "Host: HOST",
        "User-Agent: curl/8.14.1",
        "Accept: */*",
        "Accept-Encoding: identity",
    ]
    assert sent(Request((), "text/xml", (("Accept-Encoding", "gzip"),), client=REQUESTS))[1:] == [
        "Host: HOST",
        "User-Agent: python-requests/2.32.5",
        "Accept-Encoding: gzip",
        "Accept: text/xml",
        "Connection: keep-alive",
    ]
    assert sent(Request((), "text/xml", client=NODE))[1:4] == ["host: HOST", "connection: keep-alive", "accept: text/xml"]
    assert sent(Request((), "text/xml", client=DOTNET_FRAMEWORK))[1:] == [
        "Accept: text/xml",
        "Accept-Encoding: identity",
        "Host: HOST",
        "Connection: Keep-Alive",
    ]
    # .NET's HttpClient sends neither header by default.
    assert not any(line.lower().startswith(("user-agent", "accept:")) for line in sent(Request(client=DOTNET)))


def test_headers_of_the_caller_win_over_those_of_a_client() -> None:
    lines = sent(Request(client=CURL), headers={"user-agent": "mine", "Host": "other.example"})
    assert lines[1:3] == ["Host: other.example", "User-Agent: mine"]


def test_a_client_can_be_made_up() -> None:
    odd = ClientIdentity("odd", (("uSER-aGENT", "x"), ("aCCEPT", None)))
    assert sent(Request((), "*/*", client=odd))[1:4] == ["Host: HOST", "uSER-aGENT: x", "aCCEPT: */*"]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_no_client_offers_a_coding_or_asks_for_a_media_type_of_its_own(client: ClientIdentity) -> None:
    names = [name.lower() for name, _ in client.headers]
    assert len(set(names)) == len(names)
    values = {name.lower(): value for name, value in client.headers}
    assert [values.get(name) for name in ("host", "accept", "accept-encoding")] == [None] * 3
    lines = sent(Request(client=client))
    assert "accept-encoding: identity" in [line.lower() for line in lines]
    assert not any("twinwire" in line for line in lines)


def test_the_clients_have_names_of_their_own() -> None:
    assert len({client.name for client in CLIENTS}) == len(CLIENTS)


def test_the_default_port_is_not_in_the_host_header() -> None:
    for base, host in [
        ("http://feed.invalid:80", "feed.invalid"),
        ("https://jo:pw@feed.invalid:443", "feed.invalid"),
        ("https://feed.invalid:80", "feed.invalid:80"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("http://[::1]", "[::1]"),
    ]:
        assert dict(Endpoint(base, "/feed").sent_headers(Request()))["Host"] == host


def test_a_transport_shows_what_it_sends() -> None:
    endpoint = Endpoint("http://127.0.0.1:9", "/feed", {"X-Key": "k"})
    HttpTransport(endpoint, 1, 1).close()
    shown = endpoint.shown_headers(Request((), "text/xml", client=REQUESTS))
    assert [name for name, _ in shown] == ["Host", "User-Agent", "Accept-Encoding", "Accept", "Connection", "X-Key"]
    assert shown[-1] == ("X-Key", "***")
