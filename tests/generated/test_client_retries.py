"""When the clients ask again, how long they wait, and when they give up."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from product_images import Client, HTTPStatusError, RateLimitedError, ResultWarning, Retry, TransportError
from sdk_clients import URL, Driver, answer, lot

GOOD = lot((1,), 0)
# The draw at its highest, so that a wait is its own limit; the clock stands at 1994-11-06 08:49:37 GMT.
RETRY = Retry(draw=lambda: 1.0, clock=lambda: 784111777.0)


@pytest.fixture
def patient(driver: Driver) -> Driver:
    return driver.configured(retry=RETRY)


def busy(status: int, retry_after: str | None = None) -> httpx.Response:
    return httpx.Response(status, headers={} if retry_after is None else {"Retry-After": retry_after})


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_status_is_asked_again_with_growing_waits(patient: Driver, network: respx.MockRouter, status: int) -> None:
    network.get(URL).mock(side_effect=[busy(status), busy(status), busy(status), answer(GOOD)])
    assert patient.get() == GOOD
    assert patient.sleeps == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("86400", 60.0),
        ("9" * 99, 60.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Sun, 06 Nov 1994 08:49:27 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("-5", 0.5),
        ("1.5", 0.5),
        ("soon", 0.5),
        ("", 0.5),
        ("\u00b2", 0.5),
    ],
)
def test_retry_after_is_honoured_up_to_its_cap_and_otherwise_left_aside(
    patient: Driver, network: respx.MockRouter, retry_after: str, wait: float
) -> None:
    response = httpx.Response(503, headers=[(b"Retry-After", retry_after.encode("latin-1"))])
    network.get(URL).mock(side_effect=[response, answer(GOOD)])
    assert patient.get() == GOOD
    assert patient.sleeps == [wait]


def test_the_cap_can_be_set(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=[busy(429, "100"), answer(GOOD)])
    driver.configured(retry=Retry(max_retry_after=5)).get()
    assert driver.sleeps == [5]


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_a_failed_connection_is_tried_again(patient: Driver, network: respx.MockRouter, error: Exception) -> None:
    network.get(URL).mock(side_effect=[error, error, answer(GOOD)])
    assert patient.get() == GOOD
    assert patient.sleeps == [0.5, 1.0]


def test_a_connection_that_keeps_failing_raises_transport_error(patient: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(TransportError, match=f"{URL} did not answer, attempts made: 4: ConnectError: refused") as caught:
        patient.get()
    assert caught.value.attempts == len(network.calls) == 4
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_what_another_attempt_would_not_mend_is_not_tried_again(patient: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=httpx.LocalProtocolError("bad"))
    with pytest.raises(TransportError) as caught:
        patient.get()
    assert caught.value.attempts == len(network.calls) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_stays_busy_raises_rate_limited_error(patient: Driver, network: respx.MockRouter, status: int) -> None:
    network.get(URL).mock(return_value=busy(status, "120"))
    with pytest.raises(RateLimitedError) as caught:
        patient.get()
    assert (caught.value.status, caught.value.retry_after) == (status, 120.0)
    assert patient.sleeps == [60.0] * 3


def test_a_gateway_that_stays_bad_raises_its_status(patient: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=busy(502))
    with pytest.raises(HTTPStatusError, match="answered 502"):
        patient.get()
    assert len(network.calls) == 4


@pytest.mark.parametrize("status", [400, 401, 404, 500, 501])
def test_a_lasting_status_is_not_asked_again(patient: Driver, network: respx.MockRouter, status: int) -> None:
    network.get(URL).mock(return_value=busy(status))
    with pytest.raises(HTTPStatusError):
        patient.get()
    assert len(network.calls) == 1
    assert patient.sleeps == []


def test_no_retries_means_one_attempt(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=busy(429))
    with pytest.raises(RateLimitedError):
        driver.configured(retry=Retry(max_retries=0)).get()
    assert (len(network.calls), driver.sleeps) == (1, [])


def test_the_waits_are_a_random_part_of_what_grows_to_a_cap() -> None:
    drawn: list[float] = []

    def draw() -> float:
        drawn.append(0.25)
        return 0.25

    retry = Retry(base_delay=1, max_delay=10, draw=draw)
    assert [retry.delay(attempt, None) for attempt in (0, 1, 2, 3, 4, 10_000)] == [0.25, 0.5, 1.0, 2.0, 2.5, 2.5]
    assert len(drawn) == 6


@given(st.text(max_size=40) | st.text("0123456789:,- GMTSunNov+", max_size=40))
def test_any_retry_after_gives_a_wait_within_the_cap(retry_after: str) -> None:
    assert 0 <= RETRY.delay(0, retry_after) <= RETRY.max_retry_after


def test_a_body_that_breaks_off_is_loaded_again(patient: Driver, network: respx.MockRouter) -> None:
    class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield b'{"returncode"'
            raise httpx.ReadError("reset")

        async def __aiter__(self) -> Any:
            yield b'{"returncode"'
            raise httpx.ReadError("reset")

    broken = httpx.Response(200, stream=Broken(), headers={"Content-Type": "application/json"})
    network.get(URL).mock(side_effect=[broken, answer(GOOD)])
    assert patient.get() == GOOD


def test_retries_happen_in_the_middle_of_a_walk_too(patient: Driver, network: respx.MockRouter) -> None:
    lots: list[httpx.Response | Exception] = [
        answer(lot((1,), 1)),
        busy(503, "1"),
        httpx.ReadTimeout("slow"),
        answer(lot((2,), 0)),
    ]
    network.get(URL).mock(side_effect=lots)
    assert [page.resume_token for page in patient.pages()] == ["1", "2"]
    assert patient.sleeps == [1.0, 1.0]


def test_a_client_that_is_handed_in_is_used_and_not_closed(network: respx.MockRouter) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0, warnings=("w",))))
    with httpx.Client(headers={"X-Own": "1"}) as http:
        with Client("http://feed.test/api", http_client=http) as client, pytest.warns(ResultWarning):
            client.get_images()
        assert not http.is_closed
    assert network.calls.last.request.headers["X-Own"] == "1"
