"""Transports that exchange over HTTP, with an application in this process or from a recording, and record exchanges."""

from typing import Any

from twinwire_conformance.transport.deadline import ExchangeDeadline
from twinwire_conformance.transport.endpoint import Endpoint, Transport
from twinwire_conformance.transport.http import HttpTransport
from twinwire_conformance.transport.recording import RecordingInfo, RecordingTransport
from twinwire_conformance.transport.redaction import REDACTED, Secrets
from twinwire_conformance.transport.replay import Recording, ReplayTransport, read_recording

__all__ = [
    "REDACTED",
    "Endpoint",
    "ExchangeDeadline",
    "Recording",
    "RecordingInfo",
    "RecordingTransport",
    "ReplayTransport",
    "Secrets",
    "Transport",
    "connect",
    "read_recording",
]


def connect(
    endpoint: Endpoint,
    timeout: float,
    max_bytes: int,
    app: Any = None,
    *,
    lifespan: bool = False,
    until: ExchangeDeadline | None = None,
) -> Transport:
    """Connect to a live endpoint over HTTP, or to an application in this process.

    Args:
        endpoint: The operation to send requests to.
        timeout: The seconds allowed for one whole exchange.
        max_bytes: The largest body that is accepted.
        app: An ASGI or WSGI application; None for HTTP.
        lifespan: Start an ASGI application, and shut it down at the end.
        until: The deadline of the run; None for none.

    Raises:
        UsageError: The proxy cannot be used, ``app`` is not an application, or it fails to start.
    """
    if app is None:
        return HttpTransport(endpoint, timeout, max_bytes, until)
    # The import is slow, and a run over HTTP does not need it.
    from twinwire_conformance.transport.application import AppTransport  # noqa: PLC0415

    return AppTransport(endpoint, timeout, max_bytes, app, lifespan=lifespan, until=until)
