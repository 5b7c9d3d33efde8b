"""Transports: how an exchange comes about, over HTTP, in-process or from a recording, and how it is recorded."""

from twinwire_conformance.transport.endpoint import Endpoint, Transport
from twinwire_conformance.transport.http import HttpTransport
from twinwire_conformance.transport.recording import Origin, RecordingTransport
from twinwire_conformance.transport.replay import Recording, ReplayTransport, read_recording
from twinwire_conformance.transport.secrecy import REDACTED, Secrets

__all__ = [
    "REDACTED",
    "Endpoint",
    "HttpTransport",
    "Origin",
    "Recording",
    "RecordingTransport",
    "ReplayTransport",
    "Secrets",
    "Transport",
    "read_recording",
]
