"""Arguments of a client that cannot be used are one clear error, before anything is sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from product_images import AsyncClient, Client, ParameterError, Retry, decode_json, decode_xml
from sdk_clients import BASE, Driver

HUGE = 2**2000


WRONG: dict[str, list[Any]] = {
    "timeout": [True, "1", b"1", 0, -1, float("nan"), float("inf"), HUGE, [], (1, 2)],
    "deadline": [True, "1", b"1", 0, -1.5, float("nan"), float("inf"), HUGE, httpx.Timeout(1)],
    "max_bytes": [True, 1.0, "1", None, 0, float("inf")],
    "max_members": [True, 1.0, b"1"],
    "max_depth": [True, "64"],
    "max_attributes": [False, 2.5],
    "retry": [3, True, "none", 0, {}],
    "headers": [
        *([("A", "b")], "A: b", 0, []),
        *({"A": b"b"}, {b"A": "b"}, {"A": 1}, {"A": None}, {"A": " b"}, {"A": "b\t"}, {1: "b"}, {"X-A": "1", "x-a": "2"}),
    ],
    "session": [b"abc", 5, True, ["a"]],
    "representation": [None, b"json", ["json"], "JSON", {}],
    "verbatim_base64": [1, "no", None],
    "lenient_base64": [1, "no", None],
    "raise_on_warning": [1, "no", None],
    "on_event": [1, "print"],
    "on_unknown": [1, "print"],
    "transport": [1, "http", object()],
    "http_client": [1, "http", object()],
    "base_url": [None, b"http://feed.test", 5, httpx.URL(BASE)],
    "sleep": [1, "sleep"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_an_argument_of_a_wrong_kind_is_refused(driver: Driver, name: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        driver.configured(**{name: value}).get()
    assert caught.value.parameter == name
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "name",
    [
        *("Content-Length", "content-length", "Transfer-Encoding", "Connection", "Host", "TE", "Expect", "Upgrade"),
        *("Trailer", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings"),
    ],
)
def test_a_header_that_frames_a_message_is_refused(driver: Driver, name: str) -> None:
    with pytest.raises(ParameterError, match=f"headers: {name} frames or routes a message"):
        driver.configured(headers={name: "5"}).get()


def test_a_timeout_is_not_given_beside_an_http_client() -> None:
    with httpx.Client() as http, pytest.raises(ParameterError, match="timeout: cannot be given with an http_client"):
        Client(BASE, http_client=http, timeout=5.0)
    with pytest.raises(ParameterError, match="timeout: cannot be given with an http_client"):
        AsyncClient(BASE, http_client=httpx.AsyncClient(), timeout=httpx.Timeout(5.0))


def test_the_http_client_of_the_other_kind_is_refused() -> None:
    other: Any = httpx.AsyncClient()
    with pytest.raises(ParameterError, match=r"http_client: must be a httpx\.Client, not AsyncClient"):
        Client(BASE, http_client=other)
    with httpx.Client() as blocking:
        another: Any = blocking
        with pytest.raises(ParameterError, match=r"http_client: must be a httpx\.AsyncClient, not Client"):
            AsyncClient(BASE, http_client=another)


@pytest.mark.parametrize("value", [True, 1.0, 100.0, b"5", [], float("nan"), "1.0", "1e2"])
def test_a_count_is_an_integer(driver: Driver, value: Any) -> None:
    with pytest.raises(ParameterError, match="count"):
        driver.get(count=value)


@pytest.mark.parametrize("value", [True, 1.0, b"5", float("inf"), "5.0"])
def test_a_token_is_an_integer_or_its_text(driver: Driver, value: Any) -> None:
    with pytest.raises(ParameterError, match="token"):
        driver.get(token=value)


UNUSABLE: dict[str, list[Any]] = {
    "max_retries": [True, 1.5, "3", None, -1],
    "base_delay": [True, "1", -1, float("nan"), float("inf")],
    "max_delay": [None, b"1"],
    "max_retry_after": [-0.1, "60"],
    "draw": [0.5],
    "clock": [0],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNUSABLE.items() for value in values])
def test_what_cannot_be_a_retry_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        Retry(**{name: value})
    assert caught.value.parameter == name


@pytest.mark.parametrize("decode", [decode_json, decode_xml])
@pytest.mark.parametrize(
    ("name", "value"),
    [("data", None), ("data", 5), ("data", ["a"]), ("data", {}), ("encoding", 5), ("encoding", b"utf-8"), ("max_bytes", True)],
)
def test_a_decoder_names_the_argument_that_is_wrong(decode: Any, name: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        decode(**{"data": b"", name: value})
    assert caught.value.parameter == name


def test_no_message_shows_a_header_or_a_session() -> None:
    for settings in ({"headers": [("Authorization", "hunter2")]}, {"session": b"hunter2"}, {"headers": {"A": b"hunter2"}}):
        arguments: Any = settings
        with pytest.raises(ParameterError) as caught:
            Client(BASE, **arguments)
        assert "hunter2" not in str(caught.value)
