"""Walks that stop anywhere and go on, lots that are loaded ahead, and one client in many threads."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import respx

from product_images import AsyncClient, Client, ParameterError, ResultWarning, Retry, TransportError
from sdk_clients import BASE, URL, Driver, Feed, answer, lot, queries


def prefetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "feed-prefetch"]


class Gate:
    """A feed that holds back every answer but the first until the gate opens, and says that it has been asked."""

    def __init__(self, feed: Callable[[httpx.Request], httpx.Response]) -> None:
        self.feed = feed
        self.asked = threading.Event()
        self.opened = threading.Event()
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.requests > 1:
            self.asked.set()
            assert self.opened.wait(20)
        return self.feed(request)


@pytest.mark.parametrize("prefetch", [0, 1])
@pytest.mark.parametrize("stop", range(26))
def test_a_walk_over_entries_stops_anywhere_and_goes_on_without_loss(
    network: respx.MockRouter, prefetch: int, stop: int
) -> None:
    network.get(URL).mock(side_effect=Feed(25))
    with Client(BASE) as client:
        products = client.iter_products(count=10, prefetch=prefetch)
        taken = [next(products).product_id for _ in range(stop)]
        token = products.resume_token
        rest = [product.product_id for product in client.iter_products(token=token, count=10, prefetch=prefetch)]
    # What comes again is the beginning of a lot that was not done.
    done = stop if stop == 25 else stop // 10 * 10
    assert taken == list(range(1, stop + 1))
    assert rest == list(range(done + 1, 26))
    assert token == (str(done) if done else None)


@pytest.mark.parametrize("prefetch", [0, 1])
def test_the_asynchronous_walk_says_the_same_at_each_entry(network: respx.MockRouter, prefetch: int) -> None:
    network.get(URL).mock(side_effect=Feed(25))

    async def walk() -> list[tuple[int, str | None]]:
        async with AsyncClient(BASE) as client:
            products = client.iter_products(token=5, count=10, prefetch=prefetch)
            assert products.resume_token == "5"
            return [(product.product_id, products.resume_token) async for product in products]

    expected = [(number, "25" if number == 25 else "15" if number >= 15 else "5") for number in range(6, 26)]
    assert asyncio.run(walk()) == expected


def test_after_the_empty_lot_at_the_end_the_token_is_the_last_one(network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=[answer(lot((1,), 5, "1")), answer(lot((), 0))])
    with Client(BASE) as client:
        products = client.iter_products()
        assert [product.product_id for product in products] == [1]
        assert products.resume_token == "1"


@pytest.mark.parametrize("size", [0, 1, 10, 25])
def test_prefetching_changes_neither_the_lots_nor_their_tokens(driver: Driver, network: respx.MockRouter, size: int) -> None:
    network.get(URL).mock(side_effect=Feed(size))
    plain = driver.pages(count=10)
    asked = queries(network)
    assert driver.pages(count=10, prefetch=1) == plain
    assert queries(network) == asked * 2


@pytest.mark.parametrize("prefetch", [-1, 2, True, 1.0, "1", None, []])
def test_prefetch_is_nought_or_one(driver: Driver, network: respx.MockRouter, prefetch: Any) -> None:
    with pytest.raises(ParameterError, match=r"prefetch: must be .*0 or 1"):
        driver.pages(prefetch=prefetch)
    assert len(network.calls) == 0


def test_the_next_lot_is_loaded_while_the_present_one_is_handled(network: respx.MockRouter) -> None:
    gate = Gate(Feed(30))
    network.get(URL).mock(side_effect=gate)
    with Client(BASE) as client, client.iter_pages(count=10, prefetch=1) as pages:
        assert next(pages).resume_token == "10"
        assert gate.asked.wait(20)
        gate.opened.set()
        assert [page.resume_token for page in pages] == ["20", "30"]


def test_without_prefetch_nothing_is_asked_ahead(network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(30))
    with Client(BASE) as client:
        next(client.iter_pages(count=10))
        assert not prefetchers()
    assert len(network.calls) == 1


def test_an_error_ahead_is_raised_where_its_lot_would_have_been_loaded(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=[answer(lot((1,), 2, "1")), answer(lot((2,), 1, "2")), httpx.ReadTimeout("silence")])
    taken: list[Any] = []
    # The driver notes a page when it has it, so an error that came too early would leave fewer.
    with pytest.raises(TransportError, match="silence"):
        driver.configured(retry=Retry(max_retries=0)).pages(taken=taken, prefetch=1)
    assert [page.resume_token for page in taken] == ["1", "2"]


def test_an_iterator_that_has_raised_is_finished(network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=[answer(lot((1,), 2, "1")), httpx.ReadTimeout("silence"), answer(lot((2,), 0, "2"))])
    with Client(BASE, retry=Retry(max_retries=0)) as client:
        products = client.iter_products()
        next(products)
        with pytest.raises(TransportError):
            next(products)
        assert list(products) == []
        assert products.resume_token == "1"


def test_a_warning_of_a_lot_ahead_that_is_made_an_error_is_raised_in_its_place(network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=[answer(lot((1,), 1, "1")), answer(lot((2,), 0, "2", warnings=("cut",)))])
    with Client(BASE) as client, warnings.catch_warnings():
        warnings.simplefilter("error", ResultWarning)
        pages = client.iter_pages(prefetch=1)
        assert next(pages).resume_token == "1"
        with pytest.raises(ResultWarning, match="cut"):
            next(pages)


def test_closing_ends_the_thread_and_the_walk(network: respx.MockRouter) -> None:
    gate = Gate(Feed(30))
    network.get(URL).mock(side_effect=gate)
    with Client(BASE) as client:
        products = client.iter_products(count=10, prefetch=1)
        next(products)
        assert gate.asked.wait(20)
        assert len(prefetchers()) == 1
        gate.opened.set()
        products.close()
        assert not prefetchers()
        assert list(products) == []
        assert products.resume_token is None
    assert gate.requests == 2


def test_a_walk_that_is_dropped_leaves_no_thread(network: respx.MockRouter) -> None:
    gate = Gate(Feed(30))
    network.get(URL).mock(side_effect=gate)
    with Client(BASE) as client:
        for _ in client.iter_pages(count=10, prefetch=1):
            break
        (thread,) = prefetchers()
        gate.opened.set()
        thread.join(20)
        assert not prefetchers()
    assert gate.requests == 2


def test_closing_does_not_wait_out_a_retry(network: respx.MockRouter) -> None:
    limited = httpx.Response(503, headers={"Retry-After": "50"})
    network.get(URL).mock(side_effect=[answer(lot((1,), 5, "1")), limited])
    with Client(BASE) as client, client.iter_pages(prefetch=1) as pages:
        next(pages)
        while len(network.calls) < 2:
            assert prefetchers()
    # Were the wait not cut short, the test's own time limit would say so.
    assert not prefetchers()


def test_closing_or_dropping_the_asynchronous_walk_leaves_no_task(network: respx.MockRouter) -> None:
    asked = asyncio.Event()

    async def feed(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.params:
            asked.set()
            await asyncio.sleep(3600)
        return answer(lot((1,), 5, "1"))

    async def walk(*, close: bool) -> set[Any]:
        async with AsyncClient(BASE) as client:
            products = client.iter_products(prefetch=1)
            await anext(products)
            await asyncio.wait_for(asked.wait(), 20)
            if close:
                await products.aclose()
                assert [product async for product in products] == []
            del products
            gc.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    network.get(URL).mock(side_effect=feed)
    assert asyncio.run(walk(close=True)) == set()
    asked.clear()
    assert asyncio.run(walk(close=False)) == set()


def test_cancelling_who_waits_for_a_lot_ahead_cancels_its_load(network: respx.MockRouter) -> None:
    ended = []

    async def feed(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.params:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(request)
        return answer(lot((1,), 5, "1"))

    async def walk() -> None:
        async with AsyncClient(BASE) as client:
            pages = client.iter_pages(prefetch=1)
            await anext(pages)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(pages), 0.01)
            assert len(ended) == 1

    network.get(URL).mock(side_effect=feed)
    asyncio.run(walk())


def test_one_client_serves_many_threads_at_once(network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(500))
    with Client(BASE) as client, ThreadPoolExecutor(16) as pool:
        walks = pool.map(
            lambda index: [p.product_id for p in client.iter_products(token=index, count=7 + index, prefetch=index % 2)],
            range(32),
        )
        assert list(walks) == [list(range(index + 1, 501)) for index in range(32)]
