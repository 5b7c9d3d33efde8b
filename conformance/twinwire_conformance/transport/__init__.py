"""Transports: how an exchange comes about, over HTTP, in-process or from a recording, and how it is recorded."""

from typing import Any

from twinwire_conformance.transport.endpoint import Endpoint, Transport
from twinwire_conformance.transport.http import HttpTransport
from twinwire_conformance.transport.recording import Origin, RecordingTransport
from twinwire_conformance.transport.replay import Recording, ReplayTransport, read_recording
from twinwire_conformance.transport.secrecy import REDACTED, Secrets

__all__ = [
    "REDACTED",
    "Endpoint",
    "Origin",
    "Recording",
    "RecordingTransport",
    "ReplayTransport",
    "Secrets",
    "Transport",
    "connect",
    "read_recording",
]


def connect(endpoint: Endpoint, timeout: float, max_bytes: int, app: Any = None) -> Transport:
    """Return the transport to a live endpoint: over HTTP, or to ``app`` in this process. Raises UsageError."""
    if app is None:
        return HttpTransport(endpoint, timeout, max_bytes)
    # Its libraries are of no use to a run over HTTP, and take a while to import.
    from twinwire_conformance.transport.application import AppTransport  # noqa: PLC0415

    return AppTransport(endpoint, timeout, max_bytes, app)
