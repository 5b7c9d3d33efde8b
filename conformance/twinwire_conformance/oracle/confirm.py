"""Confirmation: a difference between several responses counts only when the feed cannot have caused it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from twinwire_conformance.model import Unconfirmed, Violation
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.stable import only, stable_keys
from twinwire_conformance.reading import difference

S = TypeVar("S")

ATTEMPTS = 4
"""How often a difference is looked at again before it is left undecided."""

Reference = Callable[[bool], Sequence[Lot]]
"""Fetches the pages that a subject is compared with; True asks for fresh responses."""

Judge = Callable[[Sequence[Lot], S], Violation | None]


def confirm(
    reference: Reference,
    subject: Callable[[bool], S],
    judge: Judge[S],
    may_go_on: Callable[[], bool] = lambda: True,
    *,
    entries: bool = True,
) -> None:
    """Judge a subject against a reference; raise what is found only when it is confirmed.

    Kept responses may serve for a first look. What they show is repeated with fresh ones: reference A, subject B, reference A.
    With ``entries``, a difference in the entries that are the same in both A is a violation, however much the feed moves
    otherwise. A difference in anything else (how many entries remain, say) counts when A, B, A, B, A shows it twice and all A
    are equal: between two A, one entry may have been added and another deleted. Raises Unconfirmed when that never comes
    about, or when ``may_go_on`` ends the attempts. Source: the contract, "Live feeds".
    """
    if judge(reference(False), subject(False)) is None:
        return
    settled = judged = False
    for _ in range(ATTEMPTS):
        if not may_go_on():
            break
        before = reference(True)
        now = subject(True)
        after = reference(True)
        if entries:
            still = stable_keys(before, after)
            found = judge(only(list(before), still), only(now, still))
            if found is not None:
                raise judge(before, now) or found
            judged = judged or bool(still)
        if not same(before, after):
            continue
        if judge(before, now) is None:
            return
        settled = True
        again, last = subject(True), reference(True)
        if same(before, last):
            found = judge(before, again)
            if found is not None:
                raise found
            return
    if judged:
        # The feed moves, and every entry that stood still meanwhile is as it must be.
        return
    if settled:
        raise Unconfirmed("the feed changed, or a response differs now and then: a difference did not come twice in a row")
    raise Unconfirmed("the feed changed during every attempt to confirm a difference")


def same(left: Sequence[Lot], right: Sequence[Lot]) -> bool:
    """Return whether two series of pages are equal, but for members that differ between equal requests anyway."""
    return len(left) == len(right) and all(
        difference(one.signature, other.signature) is None for one, other in zip(left, right, strict=True)
    )
