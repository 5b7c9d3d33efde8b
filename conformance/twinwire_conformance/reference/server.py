"""The reference server: the feed of a contract as an ASGI application."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twinwire.errors import UsageError
from twinwire.ir import Contract
from twinwire_conformance.reference.contents import Contents
from twinwire_conformance.reference.faults import find_fault
from twinwire_conformance.reference.feed import FeedLog
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import SEND, Exchange, ServerResponse, StepOverride, response
from twinwire_conformance.reference.sending import EXCHANGE, Sending

MAX_PRODUCTS = 10**9

# A path that no contract's operation is likely to have.
_IMAGES = "/reference-images"


def create_app(
    contract: Contract,
    *,
    products: int = 1200,
    seed: int = 0,
    fault: str | None = None,
    live: float = 0,
    latency_ms: int = 0,
    image_bytes: int = 0,
    lower_limit: bool = False,
    prefix: str = "",
    images: bool = False,
    log: Callable[[int, int], FeedLog] = FeedLog,
    override: StepOverride | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Return an ASGI application that serves the contract's operation from a synthetic feed.

    Args:
        contract: The contract to serve.
        products: The number of entries, 0 to 10**9.
        seed: Selects the contents; equal seeds give equal feeds.
        fault: The name of a fault to apply; None for a conformant server.
        live: Modified entries per second of `clock`.
        latency_ms: Delay before each response, in milliseconds.
        image_bytes: The minimum size of each binary in bytes.
        lower_limit: Lower a page size above the maximum, with a warning, instead of rejecting it.
        prefix: A path before the operation's path.
        images: Serve the images that links lead to; otherwise links lead nowhere.
        log: Makes the feed from a size and a seed.
        override: Replaces one step in a conformant way; a fault takes precedence.
        clock: Returns seconds; the feed changes by it.

    Raises:
        UsageError: The fault is unknown or does not fit the contract, or a number is out of range.
    """
    numbers = (("products", products), ("live", live), ("latency", latency_ms), ("image bytes", image_bytes))
    for (name, number), most in zip(numbers, (MAX_PRODUCTS, 10**6, 10**6, 2**30), strict=True):
        if not (math.isfinite(number) and 0 <= number <= most):
            raise UsageError(f"{name} must be from 0 to {most}, got {number}")
    contents = Contents(contract, seed, image_bytes)
    _try_contents(contents, products)
    override = find_fault(fault, contract) or override
    links = prefix + _IMAGES if images else None
    service = _Service(contract, contents, log(products, seed), override, live, lower_limit, clock, links)

    async def endpoint(request: Request) -> Response:
        if latency_ms:
            await asyncio.sleep(latency_ms / 1000)
        done = await service.response(request)
        return Response(done.body, done.status, done.headers)

    async def image(request: Request) -> Response:
        found = contents.image(request.path_params["index"], request.path_params["position"] - 1)
        return Response(status_code=404) if found is None else Response(found, media_type="image/png")

    app = Starlette(
        routes=[
            Route(prefix + contract.operation.path, endpoint, methods=["GET"]),
            *([Route(prefix + _IMAGES + "/{index:int}/{position:int}", image, methods=["GET"])] if images else []),
        ],
        middleware=[
            *([Middleware(Sending, override=override)] if override and override.step is SEND else []),
            # The lowest level, because bodies are random bytes in base64 that hardly compress, and a test run waits for them.
            Middleware(GZipMiddleware, minimum_size=500, compresslevel=1),
        ],
        exception_handlers={HTTPException: _http_error},
    )
    # A redirect for a trailing slash would hide a wrong path from the test.
    app.router.redirect_slashes = False
    return app


@dataclass(slots=True)
class _Service:
    contract: Contract
    contents: Contents
    feed: FeedLog
    override: StepOverride | None
    live: float
    lower_limit: bool
    clock: Callable[[], float]
    links: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    async def response(self, request: Request) -> ServerResponse:
        # One snapshot per request: a change of the feed must not appear in half a response.
        now = self.clock() - self.started
        snapshot = self.feed.at(int(now * self.live))
        first = self.contract.feed.representations[0]
        choice = Negotiated(first, first.media_types[0])
        contents = self.contents
        if self.links is not None:
            # The host that the client used, because the server does not know its own public name.
            contents = replace(contents, links=f"{request.url.scheme}://{request.url.netloc}{self.links}")
        query, accept = request.scope["query_string"], ",".join(request.headers.getlist("accept"))
        x = Exchange(self.contract, contents, snapshot, query, accept, self.lower_limit, self.state, choice)
        x.takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        x.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        x.client, x.now = str(request.client), now
        request.scope[EXCHANGE] = x
        return await response(x, self.override)


def _try_contents(contents: Contents, products: int) -> None:
    # Report values that cannot be generated at the start, and not in the middle of a traversal.
    modes = contents.contract.feed.modes
    for index in {0, products - 1} if products else ():
        for mode in modes.choices if modes else (None,):
            contents.entry(index, mode)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code, error.headers)
