"""Exchanges with an ASGI or WSGI application in this process."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from twinwire.errors import UsageError
from twinwire_conformance.findings import FailureKind, TimeSpent, Unreachable
from twinwire_conformance.model import Request, Response
from twinwire_conformance.transport.asgi import AsgiServer, asgi3
from twinwire_conformance.transport.concurrent import Threads
from twinwire_conformance.transport.deadline import ExchangeDeadline
from twinwire_conformance.transport.endpoint import Endpoint
from twinwire_conformance.transport.http import BodyBuffer, received
from twinwire_conformance.transport.interfaces import Interface, interface_of
from twinwire_conformance.transport.response import AppResponse, LoggedErrors, Take, Truncated
from twinwire_conformance.transport.wsgi import WsgiServer


class Server(Protocol):
    """Calls an application in place of a server that listens on a port."""

    def respond(self, url: str, headers: Sequence[tuple[str, str]], take: Take, seconds: float) -> AppResponse:
        """Return the response to a GET request.

        Args:
            url: The absolute URL.
            headers: The headers in the order of the request.
            take: Takes each chunk of the body, and returns whether more is wanted.
            seconds: The time limit.

        Raises:
            TimeoutError: The response was not complete within ``seconds``.
            Truncated: The body is incomplete.
        """
        ...

    def close(self) -> None:
        """Close the connections that are kept open."""
        ...


class AppTransport(Threads):
    """Sends requests to an application in this process. An exception becomes HTTP 500 with the end of its traceback.

    Args:
        endpoint: The operation to send requests to.
        timeout: The seconds allowed for one whole exchange.
        max_bytes: The largest body that is accepted.
        app: An ASGI or WSGI application.
        lifespan: Start an ASGI application, and shut it down at the end.
        until: The deadline of the run; None for none.

    Raises:
        UsageError: ``app`` is not an application, or fails to start.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        timeout: float,
        max_bytes: int,
        app: Any,
        *,
        lifespan: bool = False,
        until: ExchangeDeadline | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.max_bytes = max_bytes
        self._until = until
        self._server = _server(app, min(timeout, _rest(until)), lifespan=lifespan)
        self._logged = LoggedErrors()
        # Django logs exceptions of views and responds with 500, so the traceback is available in the log only.
        logging.getLogger().addHandler(self._logged)

    def exchange(self, request: Request, call: int) -> Response:  # noqa: ARG002 - only recordings count calls
        """Send a request and return its response.

        Raises:
            Unreachable: No complete response was received.
            TimeSpent: The time of the run ended first.
        """
        shown_text = self.endpoint.shown_url(request)
        started = time.monotonic()
        body = BodyBuffer(request, self.max_bytes)
        try:
            app_response = self._server.respond(
                self.endpoint.url(request),
                self.endpoint.sent_headers(request),
                body.add,
                ExchangeDeadline(self.timeout, self._until).rest,
            )
        except TimeoutError as error:
            if self._until is not None and self._until.is_over:
                raise TimeSpent("the run's time ended before the response did") from error
            raise Unreachable(
                f"no whole answer within {self.timeout:g} s from {shown_text}", kind=FailureKind.TIMEOUT
            ) from error
        except Truncated as error:
            reason = self.endpoint.secrets.text(str(error))
            raise Unreachable(f"no whole answer from {shown_text}: {reason}", kind=FailureKind.BROKEN) from error
        seconds = time.monotonic() - started
        response = received(self.endpoint, request, (app_response.status, app_response.headers, body), seconds)
        return replace(response, trace=self.endpoint.secrets.text(app_response.trace)) if app_response.trace else response

    def close(self) -> None:
        """Shut the application down."""
        logging.getLogger().removeHandler(self._logged)
        self._server.close()


def _rest(until: ExchangeDeadline | None) -> float:
    return math.inf if until is None else until.rest


def _server(app: Any, timeout: float, *, lifespan: bool) -> Server:
    kind = interface_of(app)
    if kind is Interface.FACTORY:
        raise UsageError("the application is a factory", "pass what it returns")
    if kind is Interface.WSGI:
        return WsgiServer(app)
    return AsgiServer(asgi3(app) if kind is Interface.ASGI2 else app, timeout, lifespan=lifespan)
