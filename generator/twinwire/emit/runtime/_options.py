"""Client options for decoding, retrying and reporting."""

from __future__ import annotations

from dataclasses import dataclass

from ._arguments import function, kind
from ._settings import DecodeSettings
from .events import OnEvent
from .retry import Retry


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """The options of a client that do not depend on its requests.

    ``deadline`` is the limit of an exchange in seconds. ``raise_on_warning`` turns a result's warnings into WarningError.
    ``on_event`` is called for each attempt and each result.
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
