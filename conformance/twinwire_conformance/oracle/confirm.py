"""Confirmation: a difference between several answers counts only while the feed stands still around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from twinwire_conformance.model import Unconfirmed, Violation
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import difference

S = TypeVar("S")

ATTEMPTS = 4
"""How often a difference is looked at again before it is left undecided."""

Reference = Callable[[bool], Sequence[Lot]]
"""Fetches the lots that a subject is compared with; True asks for fresh answers."""


def confirm(
    reference: Reference,
    subject: Callable[[bool], S],
    judge: Callable[[Sequence[Lot], S], Violation | None],
    may_go_on: Callable[[], bool] = lambda: True,
) -> None:
    """Judge a subject against a reference; raise what is found only when it is confirmed.

    Kept answers may serve for a first look. What they show is repeated with fresh ones: reference, subject, reference.
    When both references are equal and the subject still differs, that is the violation. Raises Unconfirmed when the
    references never agree, or when ``may_go_on`` ends the attempts. Source: the contract, "Live feeds".
    """
    if judge(reference(False), subject(False)) is None:
        return
    for _ in range(ATTEMPTS):
        if not may_go_on():
            break
        before = reference(True)
        now = subject(True)
        after = reference(True)
        if same(before, after):
            found = judge(before, now)
            if found is not None:
                raise found
            return
    raise Unconfirmed("the feed changed during every attempt to confirm a difference")


def same(left: Sequence[Lot], right: Sequence[Lot]) -> bool:
    """Say whether two series of lots are equal, but for the version of the API."""
    return len(left) == len(right) and all(
        difference(one.signature, other.signature) is None for one, other in zip(left, right, strict=True)
    )
