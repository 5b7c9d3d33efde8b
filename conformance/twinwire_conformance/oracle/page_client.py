"""Requesting and decoding of pages, with a cache of reusable responses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from twinwire_conformance.contract import FORMATS, ContractView, Format, PageRequest, identity
from twinwire_conformance.decoding import Undecodable
from twinwire_conformance.decoding.limits import weight
from twinwire_conformance.findings import FailureKind, Inconclusive, NotServed, Unreachable
from twinwire_conformance.model import Request, Response
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_content import Content, ContentCache, ContentHandle, Identity
from twinwire_conformance.oracle.response_cache import ResponseCache
from twinwire_conformance.target import Target

_OWNERS = {FailureKind.BROKEN: "HTTP-06", FailureKind.NO_RESPONSE: "HTTP-01", FailureKind.TIMEOUT: "HTTP-01"}
"""The rule that is broken when a valid request gets no complete response, by the kind of failure."""
ACCIDENTS = 3
"""The number of 5xx responses to valid requests that exceeds occasional gateway failures."""
MOST_NOTED = 100
"""The most missing pages that are noted for one rule."""
ENDED = (FailureKind.NO_RESPONSE, FailureKind.BROKEN, FailureKind.REFUSED, FailureKind.TIMEOUT)
"""The kinds of failure that the request itself may have caused."""
HUGE_BYTES = 4 * 1024 * 1024
"""The body size in bytes above which rules request a smaller page if that suffices."""
ALTERED_BYTES = 256 * 1024
"""The most bytes read of a response to a modified content mode, which a server may mistake for the binary mode."""


class PageClient:
    """Requests pages from a target, and keeps responses so that rules can share them.

    ``page_size`` is the largest page that the target serves. ``media_types`` are the two that traversals use: the canonical
    ones of JSON and XML, or one of them twice when the other representation is unusable; ``broken`` holds the reason.

    Args:
        contract: The contract.
        target: The server under test.
        session: The session of requests that name none; None for none.
    """

    def __init__(self, contract: ContractView, target: Target, session: str | None = None) -> None:
        self.contract = contract
        self.target = target
        self.session = session
        self.page_size = contract.feed.limit.maximum
        self.media_types = (contract.canonical_type("json"), contract.canonical_type("xml"))
        self.broken: dict[Format, NotServed] = {}
        self.volatile: frozenset[str] = frozenset()
        self.not_served: dict[str, list[NotServed]] = {}
        """Valid requests that did not get a page that can be judged, by the rule that this breaks."""
        self.failed_once: list[Response] = []
        """Responses with a 5xx to requests that succeeded when they were sent again."""
        self.on_page: Callable[[Page], None] = lambda _: None
        self.on_result: Callable[[Page], None] = lambda _: None
        self.on_response: Callable[[Response], None] = lambda _: None
        self._kept = ResponseCache()
        self._content_cache = ContentCache()
        self._observed: set[tuple[Request, Identity | None]] = set()

    def size(self, wanted: int) -> int:
        """Return the allowed page size nearest to a wanted one."""
        return max(self.contract.feed.limit.minimum, min(self.page_size, wanted))

    @property
    def formats(self) -> tuple[Format, ...]:
        """The usable representations."""
        return tuple(format_ for format_ in FORMATS if format_ not in self.broken)

    def request(self, page_request: PageRequest) -> Request:
        """Return the HTTP request for a page, with the caller's session unless the page request names one."""
        return self.contract.request(
            page_request if page_request.session is not None else replace(page_request, session=self.session)
        )

    def altered(self, media_type: str, *params: tuple[str, str]) -> Request:
        """Return a request for a small page in which some parameters are replaced.

        Args:
            media_type: The media type to accept.
            params: Names and values, valid or not; a name may be repeated.
        """
        names = {name for name, _ in params}
        sample = self.request(self.contract.sample(media_type))
        kept = [param for param in sample.params if param[0] not in names]
        modes = self.contract.feed.modes
        # An altered content mode may be read as the default, which returns binary content.
        most = ALTERED_BYTES if modes is not None and modes.parameter.name in names else None
        return Request((*kept, *params), media_type, most=most)

    def response(self, request: Request, *, fresh: bool = False) -> Response:
        """Return the response to a request.

        A request that gets a 5xx is sent once more, because gateways fail now and then; a second 5xx is not an accident.

        Args:
            request: The request.
            fresh: Whether to send it even when a response is kept.

        Raises:
            Unreachable: No complete response was received.
            BudgetSpent: The budget of requests or time is spent.
        """
        kept = None if fresh else self._kept.response(request)
        if kept is not None:
            return kept
        response = self._sent(request)
        if response.status >= 500:
            failed, response = response, self._sent(request)
            if response.status < 500:
                self._failed_once(failed)
        self._kept.keep(request, response)
        return response

    def _sent(self, request: Request) -> Response:
        response = self.target.send(request)
        self.on_response(response)
        return response

    def odd_response(self, request: Request, *, fresh: bool = False, own: bool = False) -> Response:
        """Return the response to a request that is unusual or invalid; a result in it is checked as such.

        Args:
            request: The request.
            fresh: Whether to send it even when a response is kept.
            own: Whether the calling rule itself judges a missing response, so that it is not noted for another rule.

        Raises:
            NotServed: No response was received.
        """
        kept = None if fresh else self._kept.response(request)
        if kept is not None:
            return kept
        response = self._any(request, own=own)
        if len(response.body) <= ALTERED_BYTES:
            with suppress(Undecodable):
                cursor = dict(request.params).get(self.contract.feed.cursor.parameter.name)
                page = Page(PageRequest(request.accept or "", cursor), response, self.contract.read(response), self.contract)
                if self.contract.feed.outcome.code.wire_name in page.value:
                    self.on_result(page)
        return response

    def read(self, page_request: PageRequest, *, fresh: bool = False) -> Page:
        """Return the decoded response to a valid request, success or rejection.

        Raises:
            NotServed: The response cannot be decoded, or none was received.
        """
        request = self.request(page_request)
        kept = None if fresh else self._kept.page(request)
        if kept is not None:
            return kept
        self._refuse_broken(page_request)
        page = self._noted(page_request, request, fresh=fresh)
        self._kept.keep_page(request, page)
        self._observe(request, page)
        return page

    def reassign(self, error: NotServed, owner: str) -> None:
        """Make another rule fail for a page that was not served, when that rule is about the reason."""
        noted = self.not_served.get(error.owner, [])
        if error in noted:
            noted.remove(error)
        if not noted:
            self.not_served.pop(error.owner, None)
        self.note(NotServed(owner, "the page to be served", error.got, error.responses))

    def _observe(self, request: Request, page: Page) -> None:
        """Pass a page to the observer of all pages, unless the same page came for the same request before."""
        seen = (request, page.source.identity if isinstance(page.source, ContentHandle) else None)
        if seen not in self._observed:
            self._observed.add(seen)
            self.on_page(page)

    def page(self, page_request: PageRequest, *, fresh: bool = False) -> Page:
        """Return the page for a valid request. Raises NotServed when the response is not a page."""
        page = self.read(page_request, fresh=fresh)
        if not page.succeeded:
            outcome = self.contract.feed.outcome
            code = page.value.get(outcome.code.wire_name)
            message = page.value.get(outcome.message.wire_name) if outcome.message else None
            got = f"{outcome.code.wire_name} {code!r}" + (f" with the message {message!r}" if message else "")
            owner = "HTTP-01"
            if not isinstance(code, int):
                # Without a return code the body is not a result, which is a matter of the schema and not of the request.
                owner = "SCHEMA-01" if page.format == "json" else "SCHEMA-02"
            expected = f"{outcome.code.wire_name} {outcome.success} for a valid request"
            raise self.note(NotServed(owner, expected, got, [page.response], path=f"$.{outcome.code.wire_name}"))
        return page

    def well_formed(self, response: Response) -> None:
        """Note a 200 response to any request that cannot be decoded, for the rule that this breaks."""
        format_ = self.contract.declared_format(response.media_type)
        if response.status != 200 or response.cut or format_ is None:
            return
        try:
            self.contract.read(response)
        except Undecodable as error:
            self.note(NotServed(_owner(response, error, format_), "a readable result", str(error), [response]))

    def judge(self, page_request: PageRequest, response: Response) -> Page:
        """Decode the response to a valid request and check that it is a result.

        Args:
            page_request: The request, in the terms of the contract.
            response: The response.

        Raises:
            NotServed: The response is not a decodable result in the representation requested.
            Inconclusive: The target requires credentials, or the body was cut.
        """
        # Without access every rule would fail for the same reason, which says nothing about the contract.
        if response.status in (401, 403, 407):
            hint = "give credentials with --header or --session"
            raise Inconclusive(f"HTTP {response.status}: the target does not accept the suite's requests; {hint}", [response])
        if response.cut:
            raise Inconclusive(f"{response.flaw}: the response has large content that was not requested", [response])
        if response.status != 200:
            raise NotServed("HTTP-01", "HTTP 200 for a valid request", _status(response), [response])
        came, asked = self.contract.declared_format(response.media_type), self.contract.format_of(page_request.media_type)
        try:
            held = self._held(response)
        except Undecodable as error:
            raise NotServed(_owner(response, error, came), "a readable result", str(error), [response]) from error
        if asked is not None and asked != came:
            raise NotServed(
                "HTTP-02", f"{asked.upper()} for Accept: {page_request.media_type}", response.media_type, [response]
            )
        return Page(page_request, response.shortened(), held, self.contract, self.volatile)

    def _held(self, response: Response) -> ContentHandle:
        bare = replace(response, body=b"")

        def read(body: bytes) -> Content:
            return Content(self.contract.read(replace(bare, body=body)), self.contract)

        is_json = self.contract.declared_format(response.media_type) == "json"
        held = ContentHandle(
            self._content_cache, identity(response), weight(response.body, is_json=is_json), read, self._kept.body(response)
        )
        held.begin(response.body)
        return held

    def _valid(self, request: Request) -> Response:
        """Return the response to a valid request. Raises NotServed without one, if the target responds to other requests."""
        try:
            return self.response(request, fresh=True)
        except Unreachable as error:
            if error.kind not in _OWNERS or not self.alive(request.accept):
                raise
            # A broken connection may be an accident of the network. After a timeout, waiting again costs another whole
            # timeout.
            if error.kind is not FailureKind.TIMEOUT:
                with suppress(Unreachable):
                    return self.response(request, fresh=True)
            got = f"{error.message}, although the target responds to other requests"
            responses = error.responses or (self.target.unanswered(request),)
            raise self.note(NotServed(_OWNERS[error.kind], "a complete response to a valid request", got, responses)) from error

    def _failed_once(self, response: Response) -> None:
        """Note a 5xx response that a retry did not repeat. One may be an accident, several are not."""
        self.failed_once.append(response.shortened())
        if len(self.failed_once) == ACCIDENTS:
            got = (
                f"HTTP {response.status} {len(self.failed_once)} times, none of which recurred when the request was sent again"
            )
            self.note(NotServed("HTTP-09", "a status below 500 for any input", got, self.failed_once))

    def _any(self, request: Request, *, own: bool) -> Response:
        """Return the response to any request.

        Raises:
            NotServed: Two attempts got no response, or the target stopped responding to other requests as well.
        """
        note = (lambda error: error) if own else self.note
        try:
            response = self.response(request, fresh=True)
            if response.status >= 500 and not own:
                self.note(NotServed("HTTP-09", "a status below 500 for any input", f"HTTP {response.status}", [response]))
            return response
        except Unreachable as error:
            if error.kind not in ENDED:
                raise
            responses = error.responses or (self.target.unanswered(request),)
            expected = "a response to any input"
            if error.kind is FailureKind.REFUSED or not self.alive(self.media_types[0]):
                got = f"{error.message}; other requests have got no response since then"
                raise note(NotServed("HTTP-09", expected, got, responses)) from error
            try:
                return self.response(request, fresh=True)
            except Unreachable as again:
                if again.kind not in ENDED:
                    raise
                got = f"{again.message}, twice, although other requests get responses"
                raise note(NotServed("HTTP-09", expected, got, responses)) from again

    def alive(self, accept: str | None = None) -> bool:
        """Return whether the target responds to a request for one entry, with any status."""
        smallest = PageRequest("", None, self.contract.feed.limit.minimum, self.contract.link_mode)
        try:
            self.response(replace(self.request(smallest), accept=accept), fresh=True)
        except Unreachable:
            return False
        return True

    def _noted(self, page_request: PageRequest, request: Request, *, fresh: bool) -> Page:
        response = (None if fresh else self._kept.response(request)) or self._valid(request)
        try:
            return self.judge(page_request, response)
        except NotServed as error:
            raise self.note(error) from error.__cause__

    def note(self, error: NotServed) -> NotServed:
        """Note that a page was not served, so that the rule which this breaks fails. Return the error."""
        error.keep_less()
        noted = self.not_served.setdefault(error.owner, [])
        if error not in noted and len(noted) < MOST_NOTED:
            noted.append(error)
        return error

    def _refuse_broken(self, page_request: PageRequest) -> None:
        format_ = self.contract.format_of(page_request.media_type)
        if format_ is not None and format_ in self.broken:
            raise self.broken[format_]


def _owner(response: Response, error: Undecodable, format_: Format | None) -> str:
    """Return the rule that is broken by a response which cannot be decoded."""
    if response.flaw or error.coding:
        return "HTTP-06"
    if format_ is None:
        return "HTTP-02"
    return "SCHEMA-01" if format_ == "json" else "SCHEMA-02"


def _status(response: Response) -> str:
    where = f" to {response.headers['location']!r}" if "location" in response.headers else ""
    label = f" ({response.media_type})" if response.media_type else ""
    return f"HTTP {response.status}{where}{label}"
