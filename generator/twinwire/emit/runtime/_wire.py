"""The values exchanged between the core and the clients that send its requests."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A GET request to send; the outcome is an HttpResponse or a TransportFailure."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sleep:
    """A wait in seconds; the outcome is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response as received; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No response arrived. ``transient`` is True when another attempt may succeed."""

    cause: Exception
    transient: bool


Flow: TypeAlias = Generator[HttpRequest | Sleep, HttpResponse | TransportFailure | None, T]
"""A task without I/O: it yields the next action, receives the outcome of the action, and returns a result."""
