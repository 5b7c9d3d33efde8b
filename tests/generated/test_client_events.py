"""What a client tells of its work: to the hook, to the log, and of warnings."""

from __future__ import annotations

import logging
import socket
from typing import Any

import httpx
import pytest
import respx

from product_images import (
    Attempt,
    Decoded,
    HTTPStatusError,
    ParameterError,
    ProductImagesError,
    ResultWarning,
    Retry,
    TransportError,
    WarningError,
)
from raw_sockets import listening
from sdk_clients import URL, Driver, answer, lot

NO_WAIT = Retry(max_retries=1, base_delay=2.0, draw=lambda: 0.5)


def attempts(events: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (event.url, event.number, event.status, event.error, event.again_in) for event in events if isinstance(event, Attempt)
    ]


def test_every_attempt_and_every_result_is_told(driver: Driver, network: respx.MockRouter) -> None:
    events: list[Any] = []
    good = answer(lot(range(1, 4), 7))
    network.get(URL).mock(side_effect=[httpx.Response(503), good])
    driver.configured(retry=NO_WAIT, on_event=events.append).get(count=3)
    url = f"{URL}?count=3"
    assert attempts(events) == [(url, 1, 503, None, 1.0), (url, 2, 200, None, None)]
    decoded = [event for event in events if isinstance(event, Decoded)]
    assert [(event.entries, event.remaining, event.size) for event in decoded] == [(3, 7, len(good.content))]
    assert events[1].size == len(good.content)
    assert all(event.seconds >= 0 for event in events)


def test_an_attempt_without_an_answer_is_told_with_its_reason(driver: Driver, network: respx.MockRouter) -> None:
    events: list[Any] = []
    network.get(URL).mock(side_effect=httpx.ConnectError("no route"))
    with pytest.raises(TransportError):
        driver.configured(retry=NO_WAIT, on_event=events.append).get()
    assert attempts(events) == [(URL, 1, None, "ConnectError: no route", 1.0), (URL, 2, None, "ConnectError: no route", None)]


def test_no_event_and_no_line_of_the_log_holds_a_secret(
    driver: Driver, network: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []
    network.get(URL).mock(side_effect=httpx.ConnectError("s3cret/session and t0ken-value were refused"))
    driver.configured(session="s3cret/session", headers={"X-Key": "Bearer t0ken-value"}, retry=NO_WAIT, on_event=events.append)
    with caplog.at_level(logging.DEBUG, "product_images"), pytest.raises(TransportError):
        driver.get()
    said = "\n".join([*caplog.messages, *map(str, events)])
    assert "***" in said
    assert "s3cret" not in said
    assert "t0ken" not in said


def test_the_log_says_what_is_repeated_at_info_and_the_rest_at_debug(
    driver: Driver, network: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    network.get(URL).mock(side_effect=[httpx.Response(429), answer(lot((1,), 0))])
    with caplog.at_level(logging.DEBUG, "product_images"):
        driver.configured(retry=NO_WAIT).get()
    lines = [(record.name, record.levelname) for record in caplog.records if record.name.startswith("product_images")]
    assert lines == [("product_images", "INFO"), ("product_images", "DEBUG"), ("product_images", "DEBUG")]
    assert "again in 1.0 s" in caplog.text


def test_what_the_hook_raises_ends_the_request(driver: Driver, network: respx.MockRouter) -> None:
    def stop(_event: object) -> None:
        raise KeyError("enough")

    network.get(URL).mock(return_value=answer(lot((1,), 0)))
    with pytest.raises(KeyError, match="enough"):
        driver.configured(on_event=stop).get()


def test_warnings_raise_where_that_is_asked_for(driver: Driver, network: respx.MockRouter) -> None:
    result = lot((1,), 0, warnings=("cut short", "and s3cret/session"))
    network.get(URL).mock(return_value=answer(result))
    with pytest.raises(WarningError, match=r"^cut short; and \*\*\*$") as caught:
        driver.configured(raise_on_warning=True, session="s3cret/session").get()
    assert caught.value.warnings == ("cut short", "and ***")
    assert caught.value.result == result


def test_a_transport_and_a_timeout_of_the_http_library_are_used(driver: Driver) -> None:
    asked: list[dict[str, Any]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.extensions["timeout"])
        return httpx.Response(418)

    timeout = httpx.Timeout(7.0, connect=3.0)
    with pytest.raises(HTTPStatusError, match="418"):
        driver.configured(transport=httpx.MockTransport(serve), timeout=timeout).get()
    assert asked == [timeout.as_dict()]


def test_a_transport_beside_a_client_of_ones_own_is_refused(driver: Driver) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200))
    with pytest.raises(ParameterError, match="transport: cannot be given with an http_client"):
        driver.configured(transport=transport, http_client=object()).get()


SECRET = "hunter2 & more"


def test_the_log_of_the_http_library_shows_no_session(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Echo: hunter2 & more\r\nContent-Length: 46\r\n\r\n"

    def serve(link: socket.socket, _: bytes) -> None:
        link.sendall(answer + b'{"returncode": 0, "count": 0, "queuecount": 0}')

    with listening(serve) as (address, heads), caplog.at_level(logging.DEBUG):
        driver.configured(base_url=f"http://{address}", session=SECRET, headers={"Authorization": "Bearer tops3cret"}).get()
        own = caplog.text
        # A request of another is logged as it was.
        httpx.get(f"http://{address}/?q=hunter2")
    assert b"hunter2" in heads[0]
    assert "?q=hunter2" in caplog.text
    assert "HTTP Request: GET" in own
    assert "session=***" in own
    assert "receive_response_headers" in own
    assert "hunter2" not in own
    assert "tops3cret" not in caplog.text


NASTY = "a\x1b[31m\u202e\u2066\x9b\x00\r\n\u2028b"
ESCAPED = r"a\x1b[31m\u202e\u2066\x9b\x00\r\n\u2028b"


@pytest.mark.parametrize("repeat", [1, 10_000])
def test_what_a_server_says_is_escaped_and_short_in_messages(driver: Driver, network: respx.MockRouter, repeat: int) -> None:
    answers = [
        httpx.Response(200, json={"returncode": 5, "returnmsg": NASTY * repeat}),
        httpx.Response(200, json={"returncode": 0, "count": 0, "queuecount": 0, "warnings": [NASTY * repeat]}),
        httpx.Response(200, json={"returncode": NASTY * repeat}),
        httpx.Response(200, json={"returncode": 0, "product": {NASTY * repeat: 1}}),
        httpx.Response(200, content=b"x", headers={"Content-Type": "text/\x1b[31mhtml"}),
        httpx.Response(404, content=(NASTY * repeat).encode()),
        httpx.Response(
            200,
            content=f"<result returncode='0' count='\u202e{'x' * repeat}'/>".encode(),
            headers={"Content-Type": "application/xml"},
        ),
    ]
    for response in answers:
        network.get(URL).mock(return_value=response)
        with pytest.raises(ProductImagesError) as caught:
            driver.configured(raise_on_warning=True).get()
        assert str(caught.value).isprintable(), response
        assert len(str(caught.value)) <= 2100
    network.get(URL).mock(return_value=answers[1])
    with pytest.warns(ResultWarning) as told:
        driver.configured(raise_on_warning=False).get()
    assert str(told[0].message).isprintable()
    if repeat == 1:
        assert str(told[0].message) == ESCAPED
