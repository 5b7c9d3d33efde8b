# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

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
