"""Paging: every lot, in order, once; and proof of progress."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import httpx
import pytest
import respx

import product_images.client as client_module
from product_images import DecodeError, ImagesResult, PaginationStalled, ParameterError, ReturnCodeError
from product_images.client import CONTRACT
from sdk_clients import URL, Driver, Feed, answer, lot, queries, raw


def serve(network: respx.MockRouter, answers: Iterable[httpx.Response]) -> respx.Route:
    return network.get(URL).mock(side_effect=list(answers))


@pytest.mark.parametrize("representation", ["json", "xml"])
@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20])
def test_every_entry_comes_once_and_in_order(driver: Driver, network: respx.MockRouter, representation: str, size: int) -> None:
    network.get(URL).mock(side_effect=Feed(size))
    products = driver.configured(representation=representation).products(count=10)
    assert [product.product_id for product in products] == list(range(1, size + 1))


def test_nothing_is_asked_beyond_the_lot_that_says_that_none_remain(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(20))
    assert [len(page.result.product) for page in driver.pages(count=10)] == [10, 10]
    assert queries(network) == [{"count": "10"}, {"token": "10", "count": "10"}]


def test_every_page_carries_the_cursor_it_was_asked_with_and_the_one_to_go_on_from(
    driver: Driver, network: respx.MockRouter
) -> None:
    network.get(URL).mock(side_effect=Feed(25))
    pages = driver.pages(count=10)
    assert [(page.token, page.resume_token) for page in pages] == [(None, "10"), ("10", "20"), ("20", "25")]


def test_a_walk_can_stop_anywhere_and_go_on_from_the_resume_token(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(35))
    first = driver.pages(take=2, count=10)
    rest = driver.pages(count=10, token=first[-1].resume_token)
    ids = [product.product_id for page in [*first, *rest] for product in page.result.product]
    assert ids == list(range(1, 36))


@pytest.mark.parametrize("token", [None, "", "7", "0"])
def test_an_empty_lot_ends_the_feed_and_leaves_the_cursor_where_it_was(
    driver: Driver, network: respx.MockRouter, token: str | None
) -> None:
    serve(network, [raw({"returncode": 0, "count": 0, "queuecount": 0, "product": None, "token": token})])
    (page,) = driver.pages(token=7)
    assert (page.token, page.resume_token, page.result.product) == ("7", "7", ())


def test_the_session_goes_with_every_request(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(15))
    driver.configured(session="s & \u00e9").products(count=10, options="URL")
    assert [query["session"] for query in queries(network)] == ["s & \u00e9"] * 2
    assert [query["options"] for query in queries(network)] == ["URL"] * 2


def test_a_cursor_that_comes_back_stalls(driver: Driver, network: respx.MockRouter) -> None:
    lots = [lot((1,), 5, "10"), lot((2,), 4, "20"), lot((3,), 3, "10")]
    serve(network, map(answer, lots))
    with pytest.raises(PaginationStalled, match="'10' came back") as caught:
        driver.pages(token=5)
    assert (caught.value.token, caught.value.seen, caught.value.remaining) == ("10", ("5", "10", "20"), 3)
    assert len(network.calls) == 3


@pytest.mark.parametrize("spelt", ["7", "+7", "007", "0" * 5000 + "7"])
def test_the_cursor_that_was_asked_with_stalls_however_it_is_spelt(
    driver: Driver, network: respx.MockRouter, spelt: str
) -> None:
    serve(network, [answer(lot((8,), 1, spelt))])
    with pytest.raises(PaginationStalled):
        driver.pages(token=7)


def test_a_cursor_that_means_the_beginning_stalls(driver: Driver, network: respx.MockRouter) -> None:
    serve(network, [answer(lot((1,), 5, "0"))])
    with pytest.raises(PaginationStalled, match="'0' came back"):
        driver.pages()


def test_a_cycle_of_two_cursors_stalls_when_it_closes(driver: Driver, network: respx.MockRouter) -> None:
    serve(network, [answer(lot((number,), 5, token)) for number, token in enumerate(["10", "20", "10", "20"])])
    with pytest.raises(PaginationStalled, match="'10' came back after 3 lots"):
        driver.pages()
    assert len(network.calls) == 3


def test_what_remains_and_never_falls_stalls(driver: Driver, network: respx.MockRouter) -> None:
    serve(network, [answer(lot((number,), 7)) for number in range(1, 100)])
    with pytest.raises(
        PaginationStalled, match="7 entries were said to remain; 50 came since, in 50 lots, and still 7"
    ) as caught:
        driver.pages()
    assert (caught.value.token, caught.value.remaining) == ("51", 7)
    assert caught.value.seen == tuple(str(number) for number in range(43, 51))


def test_what_remains_may_grow_for_a_while_on_a_live_feed(driver: Driver, network: respx.MockRouter) -> None:
    queue = [60, *range(60, 90), *range(89, -1, -1)]
    serve(network, [answer(lot((number,), remaining)) for number, remaining in enumerate(queue, 1)])
    assert len(driver.pages()) == len(queue)


def test_what_remains_may_stand_still_for_as_many_entries_as_were_left(driver: Driver, network: respx.MockRouter) -> None:
    # A hundred lots without progress are no proof yet while more entries were left than came.
    queue = [200] * 101 + list(range(199, -1, -1))
    serve(network, [answer(lot((number,), remaining)) for number, remaining in enumerate(queue, 1)])
    assert len(driver.pages()) == len(queue)


def test_an_empty_lot_while_entries_remain_stalls(driver: Driver, network: respx.MockRouter) -> None:
    serve(network, [answer(lot((1,), 5, "10")), answer(lot((), 5, "10"))])
    with pytest.raises(PaginationStalled, match="5 entries remain") as caught:
        driver.pages()
    assert (caught.value.token, caught.value.seen, caught.value.remaining) == ("10", ("10",), 5)


@pytest.mark.parametrize("token", [None, ""])
def test_a_lot_with_entries_and_no_cursor_is_refused(driver: Driver, network: respx.MockRouter, token: str | None) -> None:
    members = {"returncode": 0, "count": 1, "queuecount": 1, "product": [{"product_id": 1}], "token": token}
    serve(network, [raw(members)])
    with pytest.raises(DecodeError, match="no cursor") as caught:
        driver.pages()
    assert caught.value.path == "$.token"


@pytest.mark.parametrize("token", ["abc", "1.5", str(2**63), " 5", "\u0665"])
def test_a_cursor_that_cannot_be_asked_with_is_refused(driver: Driver, network: respx.MockRouter, token: str) -> None:
    serve(network, [answer(lot((1,), 1, token))])
    with pytest.raises(DecodeError, match="cursor") as caught:
        driver.pages()
    assert caught.value.path == "$.token"


def test_a_refusal_in_the_middle_ends_the_walk_with_its_error(driver: Driver, network: respx.MockRouter) -> None:
    serve(network, [answer(lot((1,), 5, "10")), answer(ImagesResult(returncode=9, returnmsg="no"))])
    with pytest.raises(ReturnCodeError, match="return code 9: no"):
        driver.pages()


@pytest.mark.parametrize(
    ("arguments", "constraint"),
    [
        ({"count": 0}, "count: must be an integer from 1 to 500, not 0"),
        ({"count": 501}, "count: must be an integer from 1 to 500, not 501"),
        ({"count": True}, "not True"),
        ({"count": 1.0}, "not 1.0"),
        ({"count": "ten"}, "not 'ten'"),
        ({"count": "0" * 200_000 + "x"}, "not '0000"),
        ({"token": "9" * 5000}, "not '9999"),
        ({"token": 2**63}, f"token: must be an integer from {-(2**63)} to {2**63 - 1}"),
        ({"token": -(2**63) - 1}, "token: must be an integer"),
        ({"token": 10**5000}, "not a far larger integer"),
        ({"token": "sample string 1"}, "token: must be an integer"),
        ({"options": "x" * 101}, "options: must have from 0 to 100 characters and has 101"),
        ({"options": 5}, "options: must be a string, not 5"),
        ({"options": "\ud800"}, "surrogates"),
    ],
)
@pytest.mark.parametrize("method", ["get", "pages", "products"])
def test_an_argument_that_breaks_its_constraint_sends_nothing(
    driver: Driver, network: respx.MockRouter, method: str, arguments: dict[str, object], constraint: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        getattr(driver, method)(**arguments)
    assert constraint in str(caught.value)
    assert caught.value.parameter in arguments
    assert len(network.calls) == 0


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, {}),
        ({"token": None, "count": None, "options": None}, {}),
        ({"token": "", "count": ""}, {}),
        ({"token": 0, "count": 1}, {"token": "0", "count": "1"}),
        ({"token": -(2**63), "count": 500}, {"token": str(-(2**63)), "count": "500"}),
        ({"token": "+007"}, {"token": "7"}),
        ({"options": ""}, {"options": ""}),
        ({"options": "\U0001f600" * 100}, {"options": "\U0001f600" * 100}),
        ({"options": "a&b=c#d+e %"}, {"options": "a&b=c#d+e %"}),
    ],
)
def test_an_argument_within_its_constraint_is_sent_as_it_is(
    driver: Driver, network: respx.MockRouter, arguments: dict[str, object], query: dict[str, str]
) -> None:
    network.get(URL).mock(return_value=answer(lot((1,), 0)))
    driver.get(**arguments)
    assert queries(network) == [query]


def test_a_bad_argument_is_refused_by_the_call_and_not_by_the_first_page() -> None:
    from product_images import AsyncClient, Client

    with Client("http://feed.test") as client, pytest.raises(ParameterError):
        client.iter_pages(count=0)
    asynchronous = AsyncClient("http://feed.test")
    with pytest.raises(ParameterError):
        asynchronous.iter_pages(count=0)


def test_the_body_of_a_page_is_what_the_feed_said(driver: Driver, network: respx.MockRouter) -> None:
    network.get(URL).mock(side_effect=Feed(3))
    (page,) = driver.pages()
    assert json.loads(network.calls.last.response.content)["count"] == page.result.count == 3


@pytest.mark.parametrize("remaining", [0, None])
@pytest.mark.parametrize("prefetch", [0, 1])
def test_the_last_lot_is_delivered_when_it_has_no_cursor(
    driver: Driver, network: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, remaining: int | None, prefetch: int
) -> None:
    first = {"returncode": 0, "count": 1, "queuecount": 1, "token": "5", "product": [{"product_id": 1}]}
    last = {"returncode": 0, "count": 1, "queuecount": remaining, "token": None, "product": [{"product_id": 2}]}
    if remaining is None:
        # As in a feed without the member.
        plan = replace(CONTRACT.feed, remaining=None, complete={"returncode": "returncode"})
        monkeypatch.setattr(client_module, "CONTRACT", replace(CONTRACT, feed=plan))
    network.get(URL).mock(side_effect=[raw(first), raw(last), raw(first), raw(last)])
    pages = driver.pages(prefetch=prefetch)
    assert [page.result.product[0].product_id for page in pages] == [1, 2]
    assert [(page.token, page.resume_token) for page in pages] == [(None, "5"), ("5", "5")]
    assert [entry.product_id for entry in driver.products(prefetch=prefetch)] == [1, 2]


def test_a_lot_without_a_cursor_while_entries_remain_is_refused(driver: Driver, network: respx.MockRouter) -> None:
    members = {"returncode": 0, "count": 1, "queuecount": 3, "product": [{"product_id": 1}]}
    network.get(URL).mock(return_value=raw(members))
    with pytest.raises(DecodeError, match="has no cursor to go on from"):
        driver.pages()
