"""Memory: have huge blocks returned to the system when they are freed."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

# The value of M_MMAP_THRESHOLD in glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


@cache
def give_back_large_blocks() -> None:
    """Have glibc allocate every block over 1 MB by mmap, which returns it to the system when it is freed.

    By default glibc raises the threshold each time such a block is freed, and later blocks come from the heap, whose gaps stay
    with the process: with images of 12 MB a run takes half as much memory again. Other systems are left as they are.
    """
    if sys.platform == "linux":
        # musl, as in Alpine images, has no mallopt().
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE)
