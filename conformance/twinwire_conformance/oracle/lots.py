"""Pages: requesting and decoding them, and keeping responses that can be used again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from twinwire.ir import Mode
from twinwire_conformance.contract import FORMATS, Ask, Format, Terms, identity
from twinwire_conformance.model import Answer, Failure, Inconclusive, NotServed, Request, Unreachable
from twinwire_conformance.oracle.contents import Content, Facts, Held, Identity, Shelf
from twinwire_conformance.oracle.kept import Kept
from twinwire_conformance.reading import Reading, Unreadable
from twinwire_conformance.reading.limits import weight
from twinwire_conformance.target import Target

_OWNERS = {Failure.BROKEN: "HTTP-06", Failure.NO_RESPONSE: "HTTP-01", Failure.TIMEOUT: "HTTP-01"}
"""The rule that is broken when a valid request gets no complete response, by the kind of failure."""
ACCIDENTS = 3
"""The number of 5xx to valid requests that is more than the occasional failure of a gateway."""
MOST_NOTED = 100
"""The most pages not served that are noted for one rule."""
ENDED = (Failure.NO_RESPONSE, Failure.BROKEN, Failure.REFUSED, Failure.TIMEOUT)
"""The reasons for no whole response that an input may have brought about."""
HUGE_BYTES = 4 * 1024 * 1024
"""A lot with a larger body is not asked for where a smaller one will do."""
ALTERED_BYTES = 256 * 1024
"""The most bytes that are read of a response to a modified content mode, which may be large content by mistake."""


@dataclass(frozen=True)
class Lot:
    """One lot as it was answered. Members that are missing or mistyped are None here; schema rules name them.

    ``source`` is what the response says, or the way to it for a lot that is held without its content.
    """

    ask: Ask
    answer: Answer
    source: Reading | Held
    terms: Terms
    volatile: frozenset[str] = frozenset()
    """The members that differ between equal requests, and are left out of comparisons."""

    @property
    def content(self) -> Content:
        """The decoded content; whoever goes through many pages must not hold those of all of them."""
        return self.source.content() if isinstance(self.source, Held) else self._content

    @cached_property
    def _content(self) -> Content:
        assert isinstance(self.source, Reading)
        return Content(self.source, self.terms)

    @cached_property
    def _facts(self) -> Facts:
        return self.source.facts if isinstance(self.source, Held) else self._content.facts

    @property
    def reading(self) -> Reading:
        """The body as the field plan sees it."""
        return self.content.reading

    @property
    def format(self) -> Format | None:
        """The representation that the Content-Type declares; None for any other Content-Type."""
        return self.terms.labelled(self.answer.media_type)

    @property
    def value(self) -> dict[str, Any]:
        """The decoded result, in a form that is the same for JSON and XML."""
        return self.reading.value

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries, in the order of the lot."""
        return self.content.entries

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._facts.size

    @property
    def keys(self) -> list[Any]:
        """The value that identifies each entry."""
        return self.content.keys

    @property
    def collections(self) -> list[tuple[int, Mode, list[dict[str, Any]]]]:
        """The items of every entry that has some: the entry's index, the mode they belong to, and the items."""
        return self.content.collections

    @property
    def words(self) -> list[str]:
        """A short text for each entry: equal texts are equal entries."""
        return self.content.words

    @property
    def cursor(self) -> str | None:
        """The cursor with which to go on, in the text that is sent."""
        return self._facts.cursor

    @property
    def count(self) -> int | None:
        """How many entries the lot says it has."""
        return self._facts.count

    @property
    def remaining(self) -> int | None:
        """How many entries the lot says remain after it."""
        return self._facts.remaining

    @property
    def succeeded(self) -> bool:
        """Whether the result says that the request worked."""
        return self._facts.succeeded

    @property
    def compared(self) -> dict[str, Any]:
        """The part of the result that two pages of one request must share: all but the volatile members."""
        return {name: item for name, item in self.value.items() if name not in self.volatile}

    @property
    def signature(self) -> dict[str, Any]:
        """The part of the result in which equal pages agree: the compared part without the API version."""
        version = self.terms.feed.version
        return {name: item for name, item in self.compared.items() if version is None or name != version.wire}

    def only(self, keys: frozenset[str]) -> Lot:
        """Return the page reduced to entries with the given keys, without cursor, count and remaining count."""
        feed = self.terms.feed
        # These members describe the whole page, not the entries that are left of it.
        told = {field.wire for field in (feed.cursor.member, feed.limit.member, feed.remaining) if field is not None}
        content = self.content
        value = {name: item for name, item in content.reading.value.items() if name not in told}
        kept = [entry for key, entry in zip(content.keys, content.entries, strict=True) if repr(key) in keys]
        return replace(self, source=Reading({**value, feed.entries.wire: kept}))


class Lots:
    """Requests pages from a target, and keeps responses so that rules can share them.

    ``page_size`` is the largest page that the target serves. ``media_types`` are the two that traversals use: the canonical
    ones of JSON and XML, or one of them twice when the other representation is unusable; ``broken`` holds the reason.

    Args:
        terms: The contract.
        target: The server under test.
        session: The session of requests that name none; None for none.
    """

    def __init__(self, terms: Terms, target: Target, session: str | None = None) -> None:
        self.terms = terms
        self.target = target
        self.session = session
        self.page_size = terms.feed.limit.maximum
        self.media_types = (terms.canonical_type("json"), terms.canonical_type("xml"))
        self.broken: dict[Format, NotServed] = {}
        self.volatile: frozenset[str] = frozenset()
        self.not_served: dict[str, list[NotServed]] = {}
        """Valid requests that did not get a page that can be judged, by the rule that this breaks."""
        self.failed_once: list[Answer] = []
        """Responses with a 5xx to requests that succeeded when they were sent again."""
        self.on_page: Callable[[Lot], None] = lambda _: None
        self.on_result: Callable[[Lot], None] = lambda _: None
        self.on_response: Callable[[Answer], None] = lambda _: None
        self._kept = Kept()
        self._shelf = Shelf()
        self._observed: set[tuple[Request, Identity | None]] = set()

    def size(self, wanted: int) -> int:
        """Return the allowed page size nearest to a wanted one."""
        return max(self.terms.feed.limit.minimum, min(self.page_size, wanted))

    @property
    def formats(self) -> tuple[Format, ...]:
        """The usable representations."""
        return tuple(format_ for format_ in FORMATS if format_ not in self.broken)

    def request(self, ask: Ask) -> Request:
        """Return the HTTP request for a page, with the caller's session unless the page request names one."""
        return self.terms.request(ask if ask.session is not None else replace(ask, session=self.session))

    def altered(self, media_type: str, *params: tuple[str, str]) -> Request:
        """Return a request for a small page in which some parameters are replaced.

        Args:
            media_type: The media type to accept.
            params: Names and values, valid or not; a name may be repeated.
        """
        names = {name for name, _ in params}
        sample = self.request(self.terms.sample(media_type))
        kept = [param for param in sample.params if param[0] not in names]
        modes = self.terms.feed.modes
        # An altered content mode may be read as the default, which returns binary content.
        most = ALTERED_BYTES if modes is not None and modes.parameter.name in names else None
        return Request((*kept, *params), media_type, most=most)

    def answer(self, request: Request, *, fresh: bool = False) -> Answer:
        """Return the response to a request.

        A request that gets a 5xx is sent once more, because gateways fail now and then; a second 5xx is not an accident.

        Args:
            request: The request.
            fresh: Whether to send it even when a response is kept.

        Raises:
            Unreachable: No complete response was received.
            BudgetSpent: The budget of requests or time is spent.
        """
        kept = None if fresh else self._kept.answer(request)
        if kept is not None:
            return kept
        answer = self._sent(request)
        if answer.status >= 500:
            failed, answer = answer, self._sent(request)
            if answer.status < 500:
                self._failed_once(failed)
        self._kept.keep(request, answer)
        return answer

    def _sent(self, request: Request) -> Answer:
        answer = self.target.send(request)
        self.on_response(answer)
        return answer

    def odd_answer(self, request: Request, *, fresh: bool = False, own: bool = False) -> Answer:
        """Return the response to a request that is unusual or invalid; a result in it is checked as such.

        Args:
            request: The request.
            fresh: Whether to send it even when a response is kept.
            own: Whether the calling rule itself judges a missing response, so that it is not noted for another rule.

        Raises:
            NotServed: No response was received.
        """
        kept = None if fresh else self._kept.answer(request)
        if kept is not None:
            return kept
        answer = self._any(request, own=own)
        if len(answer.body) <= ALTERED_BYTES:
            with suppress(Unreadable):
                cursor = dict(request.params).get(self.terms.feed.cursor.parameter.name)
                lot = Lot(Ask(request.accept or "", cursor), answer, self.terms.read(answer), self.terms)
                if self.terms.feed.outcome.code.wire in lot.value:
                    self.on_result(lot)
        return answer

    def read(self, ask: Ask, *, fresh: bool = False) -> Lot:
        """Return the decoded response to a valid request, success or rejection.

        Raises:
            NotServed: The response cannot be decoded, or none was received.
        """
        request = self.request(ask)
        kept = None if fresh else self._kept.lot(request)
        if kept is not None:
            return kept
        self._refuse_broken(ask)
        lot = self._noted(ask, request, fresh=fresh)
        self._kept.keep_lot(request, lot)
        self._observe(request, lot)
        return lot

    def reassign(self, error: NotServed, owner: str) -> None:
        """Make another rule fail for a page that was not served, when that rule is about the reason."""
        noted = self.not_served.get(error.owner, [])
        if error in noted:
            noted.remove(error)
        if not noted:
            self.not_served.pop(error.owner, None)
        self.note(NotServed(owner, "the page to be served", error.got, error.answers))

    def _observe(self, request: Request, lot: Lot) -> None:
        """Show a page to whoever looks at all of them, unless the same page came for the same request before."""
        seen = (request, lot.source.identity if isinstance(lot.source, Held) else None)
        if seen not in self._observed:
            self._observed.add(seen)
            self.on_page(lot)

    def lot(self, ask: Ask, *, fresh: bool = False) -> Lot:
        """Return the page for a valid request. Raises NotServed when the response is not a page."""
        lot = self.read(ask, fresh=fresh)
        if not lot.succeeded:
            outcome = self.terms.feed.outcome
            code = lot.value.get(outcome.code.wire)
            message = lot.value.get(outcome.message.wire) if outcome.message else None
            got = f"{outcome.code.wire} {code!r}" + (f" with the message {message!r}" if message else "")
            owner = "HTTP-01"
            if not isinstance(code, int):
                # Without a return code the body is not a result, which is a matter of the schema and not of the request.
                owner = "SCHEMA-01" if lot.format == "json" else "SCHEMA-02"
            expected = f"{outcome.code.wire} {outcome.success} for a valid request"
            raise self.note(NotServed(owner, expected, got, [lot.answer], path=f"$.{outcome.code.wire}"))
        return lot

    def well_formed(self, answer: Answer) -> None:
        """Note a 200 response to any request that cannot be decoded, for the rule that this breaks."""
        format_ = self.terms.labelled(answer.media_type)
        if answer.status != 200 or answer.cut or format_ is None:
            return
        try:
            self.terms.read(answer)
        except Unreadable as error:
            self.note(NotServed(_owner(answer, error, format_), "a readable result", str(error), [answer]))

    def judge(self, ask: Ask, answer: Answer) -> Lot:
        """Read a response to a valid request.

        Args:
            ask: The request, in the terms of the contract.
            answer: The response.
            known: An earlier page; when its response is equal, its decoded result is used again. None for none.

        Raises:
            NotServed: The response is not a decodable result in the representation requested.
            Inconclusive: The target requires credentials, or the body was cut.
        """
        # Without access every rule would fail for the same reason, which says nothing about the contract.
        if answer.status in (401, 403, 407):
            hint = "give credentials with --header or --session"
            raise Inconclusive(f"HTTP {answer.status}: the target does not accept the suite's requests; {hint}", [answer])
        if answer.cut:
            raise Inconclusive(f"{answer.flaw}: the response has large content that was not requested", [answer])
        if answer.status != 200:
            raise NotServed("HTTP-01", "HTTP 200 for a valid request", _status(answer), [answer])
        came, asked = self.terms.labelled(answer.media_type), self.terms.format_of(ask.media_type)
        try:
            held = self._held(answer)
        except Unreadable as error:
            raise NotServed(_owner(answer, error, came), "a readable result", str(error), [answer]) from error
        if asked is not None and asked != came:
            raise NotServed("HTTP-02", f"{asked.upper()} for Accept: {ask.media_type}", answer.media_type, [answer])
        return Lot(ask, answer.shortened(), held, self.terms, self.volatile)

    def _held(self, answer: Answer) -> Held:
        bare = replace(answer, body=b"")

        def read(body: bytes) -> Content:
            return Content(self.terms.read(replace(bare, body=body)), self.terms)

        is_json = self.terms.labelled(answer.media_type) == "json"
        held = Held(self._shelf, identity(answer), weight(answer.body, is_json=is_json), read, self._kept.body(answer))
        held.begin(answer.body)
        return held

    def _valid(self, request: Request) -> Answer:
        """Return the response to a valid request. Raises NotServed when none comes although the target responds to others."""
        try:
            return self.answer(request, fresh=True)
        except Unreachable as error:
            if error.kind not in _OWNERS or not self.alive(request.accept):
                raise
            # A broken connection may be an accident of the network. After a timeout, waiting again costs another whole
            # timeout.
            if error.kind is not Failure.TIMEOUT:
                with suppress(Unreachable):
                    return self.answer(request, fresh=True)
            got = f"{error.message}, although the target responds to other requests"
            answers = error.answers or (self.target.unanswered(request),)
            raise self.note(NotServed(_OWNERS[error.kind], "a complete response to a valid request", got, answers)) from error

    def _failed_once(self, answer: Answer) -> None:
        """Note a 5xx that did not come again; one may be an accident, several are not."""
        self.failed_once.append(answer.shortened())
        if len(self.failed_once) == ACCIDENTS:
            got = f"HTTP {answer.status} {len(self.failed_once)} times, none of which recurred when the request was sent again"
            self.note(NotServed("HTTP-09", "a status below 500 for any input", got, self.failed_once))

    def _any(self, request: Request, *, own: bool) -> Answer:
        """Return the response to any request.

        Raises:
            NotServed: Two attempts got no response, or the target stopped responding to other requests as well.
        """
        note = (lambda error: error) if own else self.note
        try:
            answer = self.answer(request, fresh=True)
            if answer.status >= 500 and not own:
                self.note(NotServed("HTTP-09", "a status below 500 for any input", f"HTTP {answer.status}", [answer]))
            return answer
        except Unreachable as error:
            if error.kind not in ENDED:
                raise
            answers = error.answers or (self.target.unanswered(request),)
            expected = "a response to any input"
            if error.kind is Failure.REFUSED or not self.alive(self.media_types[0]):
                got = f"{error.message}; other requests have got no response since then"
                raise note(NotServed("HTTP-09", expected, got, answers)) from error
            try:
                return self.answer(request, fresh=True)
            except Unreachable as again:
                if again.kind not in ENDED:
                    raise
                got = f"{again.message}, twice, although other requests get responses"
                raise note(NotServed("HTTP-09", expected, got, answers)) from again

    def alive(self, accept: str | None = None) -> bool:
        """Return whether the target responds to a request for one entry, with any status."""
        smallest = Ask("", None, self.terms.feed.limit.minimum, self.terms.light_mode)
        try:
            self.answer(replace(self.request(smallest), accept=accept), fresh=True)
        except Unreachable:
            return False
        return True

    def _noted(self, ask: Ask, request: Request, *, fresh: bool) -> Lot:
        answer = (None if fresh else self._kept.answer(request)) or self._valid(request)
        try:
            return self.judge(ask, answer)
        except NotServed as error:
            raise self.note(error) from error.__cause__

    def note(self, error: NotServed) -> NotServed:
        """Note that a page was not served, so that the rule which this breaks fails. Return the error."""
        error.keep_less()
        noted = self.not_served.setdefault(error.owner, [])
        if error not in noted and len(noted) < MOST_NOTED:
            noted.append(error)
        return error

    def _refuse_broken(self, ask: Ask) -> None:
        format_ = self.terms.format_of(ask.media_type)
        if format_ is not None and format_ in self.broken:
            raise self.broken[format_]


def _owner(answer: Answer, error: Unreadable, format_: Format | None) -> str:
    """Return the rule that is broken by a response which cannot be decoded."""
    if answer.flaw or error.coding:
        return "HTTP-06"
    if format_ is None:
        return "HTTP-02"
    return "SCHEMA-01" if format_ == "json" else "SCHEMA-02"


def _status(answer: Answer) -> str:
    where = f" to {answer.headers['location']!r}" if "location" in answer.headers else ""
    label = f" ({answer.media_type})" if answer.media_type else ""
    return f"HTTP {answer.status}{where}{label}"
