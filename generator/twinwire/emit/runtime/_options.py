"""How a client reads and retries, apart from what it asks."""

from __future__ import annotations

from dataclasses import dataclass

from ._reading import Reading
from .events import OnEvent
from .retry import Retry


@dataclass(frozen=True, slots=True)
class Options:
    """When to ask again, and how to read the answer.

    ``raise_on_warning`` makes errors of a result's warnings; ``on_event`` is told of the client's work.
    """

    retry: Retry
    reading: Reading
    raise_on_warning: bool = False
    on_event: OnEvent | None = None
