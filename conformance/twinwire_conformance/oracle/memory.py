"""Memory: huge blocks go back to the system when they are freed."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


@cache
def give_back_large_blocks() -> None:
    """Have glibc map every large block by itself.

    By default the first one that is freed moves the later ones to the heap, where the holes that they leave stay ours: with
    images of 12 MB a run then takes half as much memory again. Other systems are left as they are.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE)
