# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What the core and the transports say to each other."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Send this GET request; it is answered with a Reply or a Failure."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait so many seconds; it is answered with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it came; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No answer came. ``transient`` says that another attempt may go better."""

    cause: Exception
    transient: bool


Flow: TypeAlias = Generator[HttpRequest | Sleep, HttpResponse | TransportFailure | None, T]
"""A task that neither waits nor sends: it yields what is to be done, takes what came of it, and returns its outcome."""
