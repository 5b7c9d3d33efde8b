# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""A directory that holds the images of a feed, and follows it.

``naming`` says where an image lies, ``plan`` what a lot lists, ``disk`` and ``manifest`` keep it (``record`` is a row of it),
``job`` is a run of all that without the asking and waiting, which ``blocking`` and ``asynchronous`` do; ``opening`` begins one.
``address``, ``download``, ``connections``, ``body`` and ``content`` load a link and judge what came.
"""

# A blocking mirror needs no asyncio.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from .blocking import mirror
from .report import MirrorReport

if TYPE_CHECKING:
    from .asynchronous import mirror_async

__all__ = ["MirrorReport", "mirror", "mirror_async"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name != "mirror_async":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .asynchronous import mirror_async

        return mirror_async
