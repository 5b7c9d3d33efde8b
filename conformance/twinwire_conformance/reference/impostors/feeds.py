"""Impostors with valid pages that do not form a feed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from twinwire.ir import Contract
from twinwire_conformance.reference.encoding import to_json
from twinwire_conformance.reference.feed import mix
from twinwire_conformance.reference.impostors.impostor import Impostor
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import ENCODE, NEGOTIATE, PARSE, WINDOW, Exchange, Hook, ServedPage, Step
from twinwire_conformance.reference.query import ParsedQuery
from twinwire_conformance.reference.server import create_app
from twinwire_conformance.reference.variants.variant import VariantOverride

T = TypeVar("T")
Make = Callable[[Contract], ASGIApp]


def served(step: Step[T], hook: Hook[T]) -> Make:
    """Return a factory of reference servers with one step replaced."""
    return lambda contract: create_app(contract, override=VariantOverride(step, hook))


def _deaf(x: Exchange, _proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    return ParsedQuery(None, x.feed.limit.default, x.feed.modes.default if x.feed.modes else None)


def _empty(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return ServedPage([], 0, x.parsed_query.after, 0)


def _promises(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return ServedPage([], 0, x.parsed_query.after, x.snapshot.total)


def _first_for_ever(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(0, x.parsed_query.limit)


def _first_only(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    page = x.cut(0, x.parsed_query.limit)
    page.remaining = 0
    return page


def _last_for_ever(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.snapshot.total - x.parsed_query.limit, x.parsed_query.limit)


def _noise(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["asked"] = asked = x.state.get("asked", 0) + 1
    return x.cut(mix(asked) % x.snapshot.total, x.parsed_query.limit)


def _json_only(x: Exchange, _proceed: Callable[[], Negotiated]) -> Negotiated:
    return x.choice


def _json_in_disguise(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return to_json(x.result).encode() if x.is_xml else proceed()


def _first_page_only(contract: Contract) -> ASGIApp:
    app = create_app(contract)
    name = contract.feed.cursor.parameter.name

    async def forgets(scope: Scope, receive: Receive, send: Send) -> None:
        goes_on = f"{name}=".encode() in scope["query_string"]
        await (Response("gone", 404) if goes_on else app)(scope, receive, send)

    return forgets


IMPOSTORS = (
    Impostor("deaf", "every parameter is ignored", served(PARSE, _deaf)),
    Impostor("always-empty", "every page is empty and none remain", served(WINDOW, _empty)),
    Impostor("promises", "every page is empty, and all entries remain", served(WINDOW, _promises)),
    Impostor("first-lot-for-ever", "every page is the first one", served(WINDOW, _first_for_ever)),
    Impostor("first-lot-only", "every page is the first one, and none remain", served(WINDOW, _first_only)),
    Impostor("last-lot-for-ever", "every page is the last one", served(WINDOW, _last_for_ever)),
    Impostor("noise", "every request gets a random page", served(WINDOW, _noise)),
    Impostor("json-only", "everything is answered in JSON", served(NEGOTIATE, _json_only)),
    Impostor("json-in-disguise", "JSON has the Content-Type of XML", served(ENCODE, _json_in_disguise)),
    Impostor("first-page-only", "only requests without a cursor are served", _first_page_only),
)
