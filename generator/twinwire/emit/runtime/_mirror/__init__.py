"""A directory that holds the images of a feed, and follows it.

``naming`` says where an image lies, ``plan`` what a lot lists, ``disk`` and ``manifest`` keep it (``record`` is a row of it),
``job`` is a run of all that without the asking and waiting, which ``blocking`` and ``asynchronous`` do; ``opening`` begins one.
``address``, ``download``, ``connections``, ``body`` and ``content`` load a link and judge what came.
"""

from __future__ import annotations

from .asynchronous import mirror_async
from .blocking import mirror
from .report import MirrorReport

__all__ = ["MirrorReport", "mirror", "mirror_async"]
