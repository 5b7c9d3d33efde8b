"""Variants that require credentials or a session, or stand behind a path prefix."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from twinwire.ir import Contract
from twinwire_conformance.reference.pipeline import PARSE, Exchange, Hook
from twinwire_conformance.reference.query import ParsedQuery, RefusedError, parse_query
from twinwire_conformance.reference.variants.variant import REMARKS_OR_OPEN, Variant, VariantOverride

_BEARER = "Bearer eyJhbGciOiJub25lIn0.reference"
_SESSION = "6f1c2d-reference"


def _bearer(app: ASGIApp, _pace: float) -> ASGIApp:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        known = Headers(scope=scope).get("authorization") == _BEARER
        refusal = JSONResponse({"error": "unauthorised"}, 401, {"www-authenticate": "Bearer"})
        await (app if known else refusal)(scope, receive, send)

    return guarded


def _session(valid: Callable[[str], bool]) -> Hook[ParsedQuery]:
    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        parsed_query = proceed()
        assert x.feed.session is not None
        # A value that is repeated or out of range was rejected by `proceed`.
        if not valid(*parse_query(x.query).get(x.feed.session.name, [""])):
            raise RefusedError("there is no such session", status=401)
        return parsed_query

    return hook


def _has_session(contract: Contract) -> bool:
    return contract.feed.session is not None


VARIANTS = (
    Variant("bearer", "requests need a bearer token in a header", wrap=_bearer, headers={"Authorization": _BEARER}),
    Variant(
        "session-required",
        "requests need a session",
        REMARKS_OR_OPEN,
        VariantOverride(PARSE, _session(bool)),
        session=_SESSION,
        condition=_has_session,
    ),
    Variant(
        "session-known",
        "requests need one particular session",
        REMARKS_OR_OPEN,
        VariantOverride(PARSE, _session(lambda session: session == _SESSION)),
        session=_SESSION,
        condition=_has_session,
    ),
    Variant("prefix", "the operation's path has a prefix", base_path="/shop/api/v1.0"),
)
