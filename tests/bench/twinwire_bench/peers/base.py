"""What a peer is: a library that decodes pages, in the way its documentation shows first."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from twinwire_bench import values
from twinwire_bench.pages import Values

Decode = Callable[[bytes], Any]
Representation = Literal["JSON", "XML"]


class Peer(ABC):
    """One library. ``packages`` are the distributions whose versions belong to its numbers.

    A floor is a bare parser: the least that decoding can cost, yielding less than the others.
    """

    name: ClassVar[str]
    packages: ClassVar[Sequence[str]]
    floor: ClassVar[bool] = False

    @abstractmethod
    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        """Set up and return the decoders of what the library can read; it may generate code below ``workdir``."""

    def values(self, result: Any) -> Values:
        """Return a result's values. This is not timed."""
        return values.of_objects(result)


def decode_images(result: Any) -> Any:
    """Turn a result's base64 text into bytes, in place: the step that some libraries leave to the caller."""
    for product in result.product or ():
        if product.images:
            for image in product.images.image or ():
                image.binaryimage = base64.b64decode(image.binaryimage, validate=True)
    return result
