"""Copies of the independent server with one unusual behaviour each, to observe how a run handles it."""

from __future__ import annotations

import itertools
import time
from typing import Any

from independent_server import ImagesServer, RefusedError


class TellsTheTime(ImagesServer):
    """Every message contains a clock, so no two responses are equal."""

    def envelope(self, **members: Any) -> dict[str, Any]:
        return super().envelope(**{**members, "returnmsg": f"OK at {time.perf_counter_ns()}"})


class ServesSmallPagesOnly(ImagesServer):
    """Pages of more than 120 entries are rejected."""

    def read_count(self, text: str) -> int:
        count = super().read_count(text)
        if count > 120:
            raise RefusedError(99, "too many", status=400)
        return count


class ForgetsToEscape(ImagesServer):
    """Some file names contain an ampersand that is not escaped in XML."""

    def write_picture_element(self, tag: str, picture: dict[str, Any]) -> str:
        written = super().write_picture_element(tag, picture)
        return written.replace("imagefilename=", 'imagefilename="a & b" was=', 1) if picture["sequence"] == 21 else written


class WritesTheCodeAsText(ImagesServer):
    """returncode is a string in JSON."""

    def write_json(self, result: dict[str, Any]) -> str:
        return super().write_json({**result, "returncode": str(result["returncode"])})


class HasAQuota(ImagesServer):
    """After 200 requests every page is empty."""

    def __init__(self, products: int = 730) -> None:
        super().__init__(products)
        self.numbers = itertools.count()

    def result(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        found = super().result(pairs)
        # Rejections and empty pages stay as they are.
        if next(self.numbers) < 200 or not found.get("product"):
            return found
        return {**found, "product": [], "count": 0, "queuecount": 0}


class PadsJsonBeyondTheCut(ImagesServer):
    """JSON with binaries ends in white space, which makes it much longer than the XML."""

    def write_json(self, result: dict[str, Any]) -> str:
        text = super().write_json(result)
        return text + " " * 300_000 if "binaryimage" in text else text
