"""Transports: how an exchange comes about, over HTTP, in-process or from a recording, and how it is recorded."""

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
    """Return the transport to a live endpoint: over HTTP, or to an application in this process.

    Args:
        endpoint: Where requests go.
        timeout: The seconds for one whole exchange.
        max_bytes: The largest body that is read.
        app: An ASGI or WSGI application; None for HTTP.
        lifespan: Whether an ASGI application is started, and shut down at the end.
        until: The deadline of the run.

    Raises:
        UsageError: The proxy cannot be used, or the application is none or fails to start.
    """
    if app is None:
        return HttpTransport(endpoint, timeout, max_bytes, until)
    # Its libraries are of no use to a run over HTTP, and take a while to import.
    from twinwire_conformance.transport.application import AppTransport  # noqa: PLC0415

    return AppTransport(endpoint, timeout, max_bytes, app, lifespan=lifespan, until=until)
