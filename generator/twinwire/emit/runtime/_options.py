"""How a client reads and retries, apart from what it asks."""

from __future__ import annotations

from dataclasses import dataclass

from ._arguments import function, kind
from ._settings import DecodeSettings
from .events import OnEvent
from .retry import Retry


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """When to ask again, and how to read the answer.

    ``deadline`` is how many seconds an exchange may last.
    ``raise_on_warning`` makes errors of a result's warnings; ``on_event`` is told of the client's work.
    """

    retry: Retry
    reading: DecodeSettings
    deadline: float
    raise_on_warning: bool = False
    on_event: OnEvent | None = None

    def __post_init__(self) -> None:
        kind("retry", self.retry, Retry, "a Retry")
        kind("raise_on_warning", self.raise_on_warning, bool, "True or False")
        function("on_event", self.on_event)
