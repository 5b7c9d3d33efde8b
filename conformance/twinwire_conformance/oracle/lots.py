"""Pages: requesting and decoding them, and keeping responses that can be used again."""

from __future__ import annotations

import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Any

from twinwire.ir import Mode
from twinwire_conformance.contract import FORMATS, Ask, Format, Terms, integer
from twinwire_conformance.model import Answer, Failure, Inconclusive, NotServed, Request, Unreachable
from twinwire_conformance.reading import Reading, Unreadable
from twinwire_conformance.target import Target

_OWNERS = {Failure.BROKEN: "HTTP-06", Failure.NO_RESPONSE: "HTTP-01", Failure.TIMEOUT: "HTTP-01"}
"""The rule that is broken when a valid request gets no complete response, by the kind of failure."""
ACCIDENTS = 3
"""The number of 5xx to valid requests that is more than the occasional failure of a gateway."""
ENDED = (Failure.NO_RESPONSE, Failure.BROKEN, Failure.REFUSED, Failure.TIMEOUT)
"""The kinds of failure that an input may have caused."""
KEPT_BYTES = 24 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
LARGE_BYTES = 256 * 1024
"""Larger bodies are kept on disk."""
HUGE_BYTES = 4 * 1024 * 1024
"""A page with a larger body is held without it, and is not requested where a smaller page will do."""
DISK_BYTES = 1024 * 1024 * 1024
ALTERED_BYTES = 256 * 1024
"""The most bytes that are read of a response to a modified content mode, which may be large content by mistake."""


@dataclass(frozen=True)
class Lot:
    """A page of entries as received.

    A member that is missing or mistyped is None here; the schema rules name it.

    Args:
        ask: The request, in the terms of the contract.
        answer: The response.
        reading: The decoded result.
        terms: The contract.
        volatile: The members that differ between equal requests, and are left out of comparisons.
    """

    ask: Ask
    answer: Answer
    reading: Reading
    terms: Terms
    volatile: frozenset[str] = frozenset()
    """The members that differ between equal requests, and are left out of comparisons."""

    @property
    def format(self) -> Format | None:
        """The representation that the Content-Type declares; None for any other Content-Type."""
        return self.terms.labelled(self.answer.media_type)

    @property
    def value(self) -> dict[str, Any]:
        """The decoded result, in a form that is the same for JSON and XML."""
        return self.reading.value

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The entries, in the order of the page."""
        found = self.value.get(self.terms.feed.entries.wire, [])
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    @cached_property
    def keys(self) -> list[Any]:
        """The value of the key member of each entry, in order; None where it is missing."""
        return [entry.get(self.terms.feed.key.wire) for entry in self.entries]

    @cached_property
    def collections(self) -> list[tuple[int, Mode, list[dict[str, Any]]]]:
        """The images of every entry that has some: the index of the entry, the content mode, and the images."""
        modes = () if self.terms.feed.modes is None else self.terms.feed.modes.choices
        found = ((index, mode, self.terms.items(entry, mode)) for mode in modes for index, entry in enumerate(self.entries))
        return [each for each in found if each[2]]

    @cached_property
    def words(self) -> list[str]:
        """The entries as texts: equal texts are equal entries, and are quick to compare."""
        return [repr(entry) for entry in self.entries]

    @property
    def cursor(self) -> str | None:
        """The cursor of the next page, as text to send; None when it is missing or empty."""
        found = self.value.get(self.terms.feed.cursor.member.wire)
        return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) and found != "" else None

    @property
    def count(self) -> int | None:
        """The number of entries according to the page; None when it is missing or mistyped."""
        member = self.terms.feed.limit.member
        return None if member is None else self._integer(member.wire)

    @property
    def remaining(self) -> int | None:
        """The number of entries after this page according to the page; None when it is missing or mistyped."""
        member = self.terms.feed.remaining
        return None if member is None else self._integer(member.wire)

    @property
    def succeeded(self) -> bool:
        """True when the return code is the success code."""
        return self._integer(self.terms.feed.outcome.code.wire) == self.terms.feed.outcome.success

    def _integer(self, wire: str) -> int | None:
        return integer(self.value.get(wire))

    @cached_property
    def compared(self) -> dict[str, Any]:
        """The part of the result that two pages of one request must share: all but the volatile members."""
        return {name: item for name, item in self.value.items() if name not in self.volatile}

    @cached_property
    def signature(self) -> dict[str, Any]:
        """The part of the result in which equal pages agree: the compared part without the API version."""
        version = self.terms.feed.version
        return {name: item for name, item in self.compared.items() if version is None or name != version.wire}

    def only(self, keys: frozenset[str]) -> Lot:
        """Return the page reduced to entries with the given keys, without cursor, count and remaining count."""
        feed = self.terms.feed
        # These members describe the whole page, not the entries that are left of it.
        told = {field.wire for field in (feed.cursor.member, feed.limit.member, feed.remaining) if field is not None}
        value = {name: item for name, item in self.value.items() if name not in told}
        kept = [entry for key, entry in zip(self.keys, self.entries, strict=True) if repr(key) in keys]
        return replace(self, reading=Reading({**value, feed.entries.wire: kept}))


class _Disk:
    """Bodies in a temporary file without a name, which the system deletes with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0

    def write(self, body: bytes) -> tuple[int, int]:
        """Append a body and return its offset and length."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="twinwire-")  # noqa: SIM115 - closed with this object
            weakref.finalize(self, self._file.close)
        self._file.seek(self._size)
        self._file.write(body)
        place = (self._size, len(body))
        self._size += len(body)
        return place

    def read(self, place: tuple[int, int]) -> bytes:
        """Return the body at an offset and length."""
        assert self._file is not None
        self._file.seek(place[0])
        return self._file.read(place[1])

    def takes(self, body: bytes) -> bool:
        """Return whether there is room for a body."""
        return self._size + len(body) <= DISK_BYTES


class _Kept:
    """A cache of responses and of decoded pages, both limited by bytes; the least recently used go first.

    The bodies of large responses are on disk. Decoded pages are kept for few requests only, as they take much more memory.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Request, Answer] = OrderedDict()
        self._places: dict[Request, tuple[int, int]] = {}
        self._disk = _Disk()
        self._lots: OrderedDict[Request, Lot] = OrderedDict()
        self._size = 0
        self._read_size = 0

    def answer(self, request: Request) -> Answer | None:
        found = self._answers.get(request)
        if found is None:
            return None
        self._answers.move_to_end(request)
        place = self._places.get(request)
        return found if place is None else replace(found, body=self._disk.read(place))

    def on_disk(self, request: Request) -> bool:
        return request in self._places

    def lot(self, request: Request) -> Lot | None:
        found = self._lots.get(request)
        if found is not None:
            self._lots.move_to_end(request)
        return found

    def keep(self, request: Request, answer: Answer) -> None:
        self._forget(request)
        large = len(answer.body) > LARGE_BYTES
        # Requests are equal whatever they read at most: a cut body must not serve a request that reads all of it.
        if answer.cut or (large and not self._disk.takes(answer.body)):
            return
        if large:
            self._places[request] = self._disk.write(answer.body)
            answer = replace(answer, body=b"")
        self._answers[request] = answer
        self._size += len(answer.body)
        while self._size > KEPT_BYTES:
            self._forget(next(iter(self._answers)))

    def keep_lot(self, request: Request, lot: Lot) -> None:
        if request not in self._answers:
            return
        self._lots[request] = lot
        self._read_size += len(lot.answer.body)
        while self._read_size > READ_BYTES and len(self._lots) > 1:
            self._drop_lot(next(iter(self._lots)))

    def _forget(self, request: Request) -> None:
        found = self._answers.pop(request, None)
        self._size -= len(found.body) if found else 0
        self._places.pop(request, None)
        self._drop_lot(request)

    def _drop_lot(self, request: Request) -> None:
        lot = self._lots.pop(request, None)
        self._read_size -= len(lot.answer.body) if lot else 0


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
        self._kept = _Kept()
        self._observed: set[tuple[Request, int]] = set()

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
        known = self._kept.lot(request)
        kept_answer = None if fresh else self._kept.answer(request)
        answer = kept_answer or self._valid(request)
        lot = self._noted(ask, answer, known)
        self._observe(request, lot)
        if len(answer.body) > HUGE_BYTES and self._kept.on_disk(request):
            # The body is on disk, and reading.body() fetches it from there when a rule needs all of it.
            reading = replace(lot.reading, body=lambda: self.answer(request).body)
            return replace(lot, answer=replace(answer, body=answer.body[:LARGE_BYTES]), reading=reading)
        self._kept.keep_lot(request, lot)
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
        """Pass a page on to ``on_page``, unless the same request has returned the same page before."""
        # A hash is enough, and does not keep bodies of megabytes in memory.
        seen = (request, hash(lot.answer.body))
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

    def judge(self, ask: Ask, answer: Answer, known: Lot | None = None) -> Lot:
        """Return the page in a response to a valid request.

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
            reading = known.reading if known is not None and _reads_as(answer, known.answer) else self.terms.read(answer)
        except Unreadable as error:
            raise NotServed(_owner(answer, error, came), "a readable result", str(error), [answer]) from error
        if asked is not None and asked != came:
            raise NotServed("HTTP-02", f"{asked.upper()} for Accept: {ask.media_type}", answer.media_type, [answer])
        return Lot(ask, answer, reading, self.terms, self.volatile)

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
        """Note a 5xx that did not recur. One may be an accident, several are not."""
        self.failed_once.append(replace(answer, body=answer.body[:LARGE_BYTES]))
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

    def _noted(self, ask: Ask, answer: Answer, known: Lot | None) -> Lot:
        try:
            return self.judge(ask, answer, known)
        except NotServed as error:
            raise self.note(error) from error.__cause__

    def note(self, error: NotServed) -> NotServed:
        """Note that a page was not served, so that the rule which this breaks fails. Return the error."""
        error.keep_less()
        noted = self.not_served.setdefault(error.owner, [])
        if error not in noted:
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


def _reads_as(answer: Answer, other: Answer) -> bool:
    """Return whether two responses decode alike: their bodies, Content-Types and defects are equal."""
    labels = [(each.headers.get("content-type"), each.flaw) for each in (answer, other)]
    return labels[0] == labels[1] and answer.body == other.body


def _status(answer: Answer) -> str:
    where = f" to {answer.headers['location']!r}" if "location" in answer.headers else ""
    label = f" ({answer.media_type})" if answer.media_type else ""
    return f"HTTP {answer.status}{where}{label}"
