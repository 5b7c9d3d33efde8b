"""Both clients end, with an error of their own, whatever a server sends and however long it goes on."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from hostile_feeds import CHUNKED, COSTLY, ENDLESS, FLOODS, GZIP, JSON, RESULT, chunk, deflate_bomb, pieces, whole
from product_images import Client, DecodeError, ProductImagesError, Retry, TransportError
from raw_sockets import Serve, listening
from sdk_clients import Driver, Kind

KINDS: tuple[Kind, ...] = ("sync", "async")
MEGABYTE = 1024 * 1024
# No test waits for longer: each of them ends in a few seconds.
BOUND = 120


def bounded(act: Callable[[], object]) -> object:
    """Return what a function returns or raise what it raises; fail when it does not end."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((act(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(BOUND)
    assert outcome, "the client did not end"
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def ask(kind: Kind, serve: Serve, **settings: Any) -> object:
    settings = {"deadline": 1.0, "timeout": 20, "retry": Retry(max_retries=0), **settings}
    with listening(serve) as (address, _):
        return bounded(lambda: Driver(kind).configured(base_url=f"http://{address}", **settings).get())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_end_is_ended_by_the_deadline(kind: Kind, name: str) -> None:
    with pytest.raises(TransportError, match="the exchange did not end within 1 seconds"):
        ask(kind, ENDLESS[name])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_ended_by_a_limit(kind: Kind, name: str) -> None:
    # The deadline would end it, too, but not before the test fails.
    with pytest.raises(ProductImagesError) as caught:
        ask(kind, FLOODS[name], deadline=2 * BOUND, max_bytes=MEGABYTE)
    assert "did not end within" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_deadline_is_not_tried_again(kind: Kind) -> None:
    with listening(ENDLESS["slow header"]) as (address, heads):
        client = Driver(kind).configured(base_url=f"http://{address}", deadline=0.2)
        with pytest.raises(TransportError, match="attempts made: 1"):
            bounded(client.get)
    assert len(heads) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_unless_given_the_deadline_is_ten_times_the_timeout(kind: Kind) -> None:
    with pytest.raises(TransportError, match="within 1 seconds"):
        ask(kind, ENDLESS["slow body"], timeout=0.1, deadline=None)


def test_a_connection_that_is_used_again_keeps_the_deadline() -> None:
    answers = iter((whole(JSON, RESULT), ENDLESS["slow header"]))

    def serve(link: socket.socket, head: bytes) -> None:
        next(answers)(link, head)

    with listening(serve) as (address, heads):
        client = Client(f"http://{address}", deadline=1.0, retry=Retry(max_retries=0))
        assert client.get_images().returncode == 0
        with pytest.raises(TransportError, match="did not end within"):
            bounded(client.get_images)
        client.close()
    assert len(heads) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_body_is_refused(kind: Kind, name: str) -> None:
    head, body = COSTLY[name]
    with pytest.raises(DecodeError):
        ask(kind, whole(head, body), deadline=BOUND)


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_body_takes_little_memory(name: str) -> None:
    head, body = COSTLY[name]
    peak = 0

    def load() -> None:
        nonlocal peak
        with listening(whole(head, body)) as (address, _):
            client = Driver("sync").configured(base_url=f"http://{address}", max_bytes=64 * MEGABYTE, deadline=BOUND)
            tracemalloc.start()
            try:
                client.get()
            finally:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()

    with pytest.raises(DecodeError):
        bounded(load)
    assert peak < 5 * 64 * MEGABYTE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("members", [1, 20])
def test_a_bomb_is_refused_within_the_memory_of_a_page(kind: Kind, members: int) -> None:
    bomb = deflate_bomb(200 // members) * members
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match="max_bytes"):
            ask(kind, whole(JSON + GZIP, bomb), max_bytes=20 * MEGABYTE, deadline=BOUND)
        assert tracemalloc.get_traced_memory()[1] < 100 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_one_byte_chunks_are_joined(kind: Kind) -> None:
    body = RESULT + b" " * 100_000
    chunks = b"".join(chunk(body[place : place + 1]) for place in range(len(body)))
    result = ask(kind, pieces(JSON + CHUNKED + b"\r\n", (chunks, b"0\r\n\r\n")), deadline=BOUND)
    assert result == ask(kind, whole(JSON, RESULT), deadline=BOUND)


@pytest.mark.parametrize("kind", KINDS)
def test_what_grows_a_little_when_compressed_is_within_the_limit(kind: Kind) -> None:
    body = RESULT + b" " * 1000
    result = ask(kind, whole(JSON + GZIP, gzip.compress(body, 0)), max_bytes=len(body))
    assert result == ask(kind, whole(JSON, RESULT))


@pytest.mark.parametrize("kind", KINDS)
def test_gzip_in_members_and_empty_blocks_is_read(kind: Kind) -> None:
    body = gzip.compress(b"") + gzip.compress(RESULT[:10]) + gzip.compress(b"") + gzip.compress(RESULT[10:])
    assert ask(kind, whole(JSON + GZIP, body)) == ask(kind, whole(JSON, RESULT))
