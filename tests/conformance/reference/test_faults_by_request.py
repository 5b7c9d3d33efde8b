"""Faults that only particular requests expose: a larger feed, other headers, compression, or a real connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import h11
import httpx
import pytest

import reference_calls
from fault_requests import JSON, PATH, SHOWN, XML, Sent, at, sent
from twinwire_conformance.reference import FAULTS, create_app, running

CONTRACT = reference_calls.images()

Got = tuple[int, str | None, str | None, bytes]
"""The status, Content-Type, Content-Encoding and body of a response; the status is 0 if the connection broke."""


def exchange(connection: socket.socket, request: Sent) -> Got:
    """Send one request over a persistent connection. A broken response has status 0 and the body received so far."""
    query, headers = request
    client = h11.Connection(h11.CLIENT)
    connection.sendall(client.send(h11.Request(method="GET", target=f"{PATH}?{query}", headers=list(headers))) or b"")
    connection.sendall(client.send(h11.EndOfMessage()) or b"")
    status, told, body = 0, {}, b""
    try:
        while True:
            event = client.next_event()
            if event is h11.NEED_DATA:
                client.receive_data(connection.recv(65536))
            elif isinstance(event, h11.Response):
                status, told = event.status_code, {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
    except (h11.RemoteProtocolError, OSError):
        status = 0
    return status, told.get("content-type"), told.get("content-encoding"), body


def over_http(app: Any, requests: Iterable[Sent]) -> list[Got]:
    with running(app) as url:
        place = urlsplit(url)
        got: list[Got] = []
        connection = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
        for request in requests:
            got.append(exchange(connection, request))
            # The client must not reuse a connection that broke or that it asked to close.
            if not got[-1][0] or ("connection", "close") in request[1]:
                connection.close()
                connection = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
        connection.close()
        return got


def in_process(app: Any, requests: Iterable[Sent]) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        transport, got = httpx.ASGITransport(app), []
        for query, headers in requests:
            request = httpx.Request("GET", f"http://reference.test{PATH}?{query}")
            request.headers = httpx.Headers(list(headers))
            response = await transport.handle_async_request(request)
            body = b"".join([chunk async for chunk in response.aiter_raw()])
            kept = [value for name, value in response.headers.items() if name != "content-length"]
            # The first ten bytes of gzip contain the time of compression, which differs between runs.
            got.append((response.status_code, *kept, body[10:] if body[:2] == b"\x1f\x8b" else body))
        return got

    return asyncio.run(run())


@pytest.mark.parametrize("name", SHOWN)
def test_the_requests_bring_the_fault_to_light(name: str) -> None:
    fault = FAULTS[name]
    parsed_query: Any = over_http if fault.needs_http else in_process
    size: dict[str, Any] = {"products": fault.products, "image_bytes": fault.image_bytes}
    requests = list(SHOWN[name])
    assert parsed_query(create_app(CONTRACT, fault=name, **size), requests) != parsed_query(
        create_app(CONTRACT, **size), requests
    )


def test_a_pause_brings_its_fault_to_light() -> None:
    # The first reading is the server's start; the last one comes 4.8 s after the request before.
    times = iter([0.0, 0.1, 0.2, 5.0])
    app = create_app(CONTRACT, fault="pause-restarts", clock=lambda: next(times))
    request = sent(at(10, "count=2"))
    first, second, after_pause = in_process(app, [request] * 3)
    assert first == second != after_pause


PARCELS = reference_calls.parcels()


@pytest.mark.parametrize("name", [name for name in SHOWN if FAULTS[name].fits(PARCELS) and not FAULTS[name].needs_http])
def test_the_fault_serves_another_contract_too(name: str) -> None:
    app = create_app(PARCELS, fault=name)
    requests = [(query, accept) for query in ("", "size=3", "size=x", "after=") for accept in (JSON, XML)]
    # A fault may send a body that is not valid gzip; here only a crash of the server matters.
    with suppress(httpx.DecodingError):
        answers = reference_calls.call(app, PARCELS.operation.path, *requests)
        assert all(response.status_code for response in answers)
