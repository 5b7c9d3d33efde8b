"""The registry of sections: a new one is one module with a function, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from twinwire_bench import certification, decoding, generation, importing, mirroring, scaling
from twinwire_bench.report import Table

Section = Callable[[Path, float], Table]
"""Measures in a scratch directory, spending at most about so many seconds on each cell. Raises SkippedError."""

SECTIONS: Mapping[str, Section] = {
    "decoding": decoding.run,
    "scaling": scaling.run,
    "importing": importing.run,
    "generation": generation.run,
    "certification": certification.run,
    "mirroring": mirroring.run,
}
