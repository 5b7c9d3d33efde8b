# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The mirror: a directory that holds the images of a feed and is brought up to date by each run.

- ``naming`` gives each image its path, and ``plan`` lists the images of a page.
- ``disk`` stores files, and ``manifest`` their metadata (``record`` is one row).
- ``job`` is a run without I/O to the network; ``blocking`` and ``asynchronous`` drive it, and ``opening`` starts it.
- ``address``, ``download``, ``connections``, ``body`` and ``content`` load a link and check the response.
"""

# asyncio is imported on first use, so that a blocking mirror does not pay for it.
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
