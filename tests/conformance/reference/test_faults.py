"""The seeded faults: each changes at least one response, names its rules and keeps its state on its own server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from urllib.parse import quote

import pytest

import reference_calls
from fault_requests import SHOWN
from reference_calls import Outcome, Request
from twinwire.errors import UsageError
from twinwire.ir import Contract
from twinwire_conformance.reference import FAULTS, create_app
from twinwire_conformance.reference.query import write_cursor

CONTRACTS = {"images": reference_calls.images(), "parcels": reference_calls.parcels()}
RULES = {
    f"{family}-{number:02}"
    for family, count in {"HTTP": 12, "PARAM": 10, "SCHEMA": 10, "PAGE": 11, "TWIN": 5, "IMAGE": 8}.items()
    for number in range(1, count + 1)
}
SIZE = 1200


class Probe:
    """A fixed set of requests that covers everything a fault may change. Cursors come from the faultless server."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.feed = contract.feed
        self.app = create_app(contract, products=SIZE)
        self.types = [name for each in self.feed.representations for name in each.media_types]

    def get(self, app: object, *requests: Request, encoding: str = "identity") -> list[Outcome]:
        return reference_calls.call_together(app, self.contract.operation.path, *requests, encoding=encoding)

    @cached_property
    def rounds(self) -> list[tuple[str, tuple[Request, ...]]]:
        """The requests in rounds, each with the Accept-Encoding that it offers."""
        plain = [("identity", (request,)) for request in self.requests()]
        packed = [("gzip", (request,)) for request in self.packed()]
        return [*packed, ("identity", tuple(self.crowd())), *plain]

    def parsed_query(self, app: object) -> Iterator[list[Outcome]]:
        """Yield an application's responses, round by round."""
        for encoding, requests in self.rounds:
            yield self.get(app, *requests, encoding=encoding)

    def token_at(self, rank: int) -> str:
        """Return the query parameter for the cursor after the entry at this rank, found by a traversal."""
        token = ""
        while rank > 0:
            count = min(rank, self.feed.limit.maximum)
            query = f"{self.feed.limit.parameter.name}={count}" + (f"&{token}" if token else "")
            [response] = reference_calls.call(self.app, self.contract.operation.path, (query, None))
            token = (
                f"{self.feed.cursor.parameter.name}={quote(str(response.json()[self.feed.cursor.member.wire_name]), safe='')}"
            )
            rank -= count
        return token

    def requests(self) -> Iterator[Request]:
        limit, cursor = self.feed.limit.parameter.name, self.feed.cursor.parameter.name
        modes = (
            [f"&{self.feed.modes.parameter.name}={mode.value}" for mode in self.feed.modes.choices if mode.value]
            if self.feed.modes
            else []
        )
        far, later, end = (self.token_at(rank) for rank in (1010, 150, SIZE))
        yield from ((query, accept) for query in ("", later, end) for accept in (None, "*/*", *self.types))
        for options in ["", *modes]:
            for accept in (self.types[0], self.types[-1]):
                for count in (1, 2, 5, 64, 128, 300, self.feed.limit.maximum, self.feed.limit.maximum + 1):
                    yield f"{limit}={count}{options}", accept
                yield from (
                    (f"{token}&{limit}={count}{options}", accept) for token in (far, later, end) for count in (1, 20, 400)
                )
                yield f"{self.token_at(SIZE - 20)}&{limit}=20{options}", accept
                yield f"{end}&{limit}=1000000", accept
                yield from ((f"{self.token_at(SIZE - rest)}&{limit}=20{options}", accept) for rest in (10, 30))
        names = [parameter.name for parameter in self.contract.operation.parameters]
        # Missing, mistyped, out of range, over-long, NUL, invalid UTF-8, and numbers in other notations.
        bad = ["", "x", "-1", "0", str(2**63 - 1), str(2**63), "9" * 30, "x" * 101, "%00", "%ff", "1.5", "1e1", "0x10"]
        # Two-byte characters at the contract's length limits find servers that count bytes.
        bad += [char * length for char in ("x", "%C3%A9") for length in (2, 8, 9, 100)]
        for accept in (self.types[0], self.types[-1]):
            yield from ((f"{name}={value}", accept) for name in names for value in bad)
            yield f"{limit}=1&{limit}=1", accept
            yield "unheard=of", accept
            # A cursor between two entries, which the feed never handed out.
            yield f"{cursor}={quote(str(write_cursor(self.feed.cursor, 636_000_000_500_000_007)), safe='')}", accept
        first, second = self.types[0], self.types[-1]
        weighed = [f"{second};q=0.1, {first}", f"{first};q=0.1, {second}", f"{first};q=0, {second}", f"*/*;q=0.1, {second}"]
        yield from (("", accept) for accept in (*weighed, "image/png", "video/*", "application/unheard-of+json"))
        yield from self.sessions()

    def sessions(self) -> Iterator[Request]:
        """Yield the requests of two sessions in turn, and of one session that starts again."""
        if self.feed.session is None:
            return
        limit, cursor, session = self.feed.limit.parameter.name, self.feed.cursor.parameter.name, self.feed.session.name
        for rank in (0, 3):
            token = f"&{self.token_at(rank)}" if rank else f"&{cursor}="
            yield from ((f"{limit}={count}{token}&{session}={name}", self.types[0]) for name, count in (("a", 3), ("b", 5)))
        yield f"{limit}=3&{session}=a", self.types[0]

    def packed(self) -> Iterator[Request]:
        """Yield the requests that offer gzip."""
        limit = self.feed.limit
        yield from ((f"{limit.parameter.name}={count}", self.types[0]) for count in (2, limit.maximum))

    def crowd(self) -> Iterator[Request]:
        """Yield the requests that are sent concurrently."""
        limit = self.feed.limit.parameter.name
        yield from ((f"{limit}={count}", accept) for count in (2, 3) for accept in (self.types[0], self.types[-1]))
        for mode in self.feed.modes.choices if self.feed.modes else ():
            if self.feed.modes and mode.value:
                yield f"{self.feed.modes.parameter.name}={mode.value}&{limit}=2", self.types[0]
        yield f"{self.token_at(10)}&{limit}=2", self.types[0]


@cache
def expected(name: str) -> tuple[Probe, list[list[Outcome]]]:
    probe = Probe(CONTRACTS[name])
    return probe, list(probe.parsed_query(probe.app))


# Faults that need requests of their own, or a clock: see test_faults_by_request.py.
APART = {*SHOWN, "pause-restarts"}
FITTING = [
    (name, fault)
    for name, contract in CONTRACTS.items()
    for fault in FAULTS
    if fault not in APART and FAULTS[fault].fits(contract)
]


@pytest.mark.parametrize(("name", "fault"), FITTING)
def test_every_fault_changes_an_answer(name: str, fault: str) -> None:
    probe, answers = expected(name)
    app = create_app(CONTRACTS[name], products=SIZE, fault=fault)
    assert any(got != response for got, response in zip(probe.parsed_query(app), answers, strict=True))


def test_every_fault_names_a_rule_that_must_see_it_and_every_rule_is_named() -> None:
    assert {rule for fault in FAULTS.values() for rule in fault.trips} == RULES
    assert all(fault.trips for fault in FAULTS.values())


def test_every_fault_fits_the_product_images() -> None:
    assert [name for name, fault in FAULTS.items() if not fault.fits(CONTRACTS["images"])] == []


def test_names_and_descriptions_are_plain_and_unique() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in FAULTS)
    descriptions = [fault.description for fault in FAULTS.values()]
    assert len(set(descriptions)) == len(descriptions) >= 250
    assert all(len(text) <= 100 and not text.endswith(".") for text in descriptions)


def test_a_fault_that_has_nothing_to_break_is_refused() -> None:
    with pytest.raises(UsageError, match="has nothing to break in 'Parcel events'"):
        create_app(CONTRACTS["parcels"], fault="mode-ignored")


def test_a_fault_keeps_its_state_on_its_own_server() -> None:
    def lots(app: object) -> list[bytes]:
        # Four identical requests show both states of a fault that changes with every second response.
        return [response.content for response in reference_calls.get_images(app, *["count=500&token=636000004000000000"] * 4)]

    apps = [create_app(CONTRACTS["images"], products=500, fault="stale-replica") for _ in range(2)]
    first, second = lots(apps[0]), lots(apps[1])
    assert first == second
    assert len(set(first)) == 2
