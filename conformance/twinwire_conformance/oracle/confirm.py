"""Confirmation: a difference between several responses counts only when the feed cannot have caused it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from twinwire_conformance.model import Unconfirmed, Violation
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.stable import only, stable_keys
from twinwire_conformance.reading import difference

S = TypeVar("S")

ATTEMPTS = 4
"""How often a difference is looked at again before it is left undecided."""

Reference = Callable[[bool], Sequence[Lot]]
"""Fetches the pages that a subject is compared with; True asks for fresh responses."""


class Watch(Protocol):
    """Is told what confirming shows of the feed."""

    def feed_moved(self) -> None:
        """Note that the feed changed between two requests for the same pages."""

    def flickered(self, found: Violation) -> None:
        """Note a difference from equal responses before and after it that did not come again."""


Judge = Callable[[Sequence[Lot], S], Violation | None]


def confirm(  # noqa: PLR0912 - one sequence of requests, which is easier to follow in one place
    reference: Reference,
    subject: Callable[[bool], S],
    judge: Judge[S],
    may_go_on: Callable[[], bool] = lambda: True,
    *,
    entries: bool = True,
    watch: Watch | None = None,
) -> None:
    """Judge a subject against a reference; raise what is found only when it is confirmed.

    Kept responses may serve for a first look. What they show is repeated with fresh ones: reference A, subject B, reference A.
    With ``entries``, a difference in the entries that are the same in both A is a violation, however much the feed moves
    otherwise, and when there is none, the entries that stood still decide. A difference in anything else (how many entries
    remain, say) counts when A, B, A, B, A shows it twice and all A are equal: between two A, one entry may have been added
    and another deleted. Raises Unconfirmed when that never comes about, or when ``may_go_on`` ends the attempts.
    Source: the contract, "Live feeds".
    """
    before, now = reference(False), subject(False)
    seen = judge(before, now)
    if seen is None:
        return
    if not may_go_on():
        raise Unconfirmed("the budget for confirming differences is spent")
    after = reference(True)
    if not same(before, after):
        _tell(watch, before, after)
        if entries and _stood_still(before, now, after, judge):
            return
        seen = None
    for _ in range(ATTEMPTS):
        if not may_go_on():
            break
        before, now, after = after, subject(True), reference(True)
        equal = same(before, after)
        _tell(watch, before, after)
        found = judge(before, now) if equal else None
        if entries:
            still = stable_keys(before, after)
            among = judge(only(list(before), still), only(now, still))
            if among is not None:
                raise found or among
            if still and not equal:
                return
        if not equal:
            continue
        if found is not None:
            again, last = subject(True), reference(True)
            if same(before, last):
                second = judge(before, again)
                if second is not None:
                    raise second
                seen = found
            else:
                after, seen = last, None
                continue
        if seen is not None and watch is not None:
            watch.flickered(seen)
        return
    raise Unconfirmed("the feed changed during every attempt to confirm a difference")


def _tell(watch: Watch | None, before: Sequence[Lot], after: Sequence[Lot]) -> None:
    """Say so when the entries themselves changed; a number that differs now and then may be the server's defect."""
    if watch is not None and [lot.words for lot in before] != [lot.words for lot in after]:
        watch.feed_moved()


def _stood_still(before: Sequence[Lot], now: S, after: Sequence[Lot], judge: Judge[S]) -> bool:
    """Return whether a subject is right in the entries that were the same before and after it, of which there are some."""
    still = stable_keys(before, after)
    return bool(still) and judge(only(list(before), still), only(now, still)) is None


def same(left: Sequence[Lot], right: Sequence[Lot]) -> bool:
    """Return whether two series of pages are equal, but for members that differ between equal requests anyway."""
    return len(left) == len(right) and all(
        difference(one.signature, other.signature) is None for one, other in zip(left, right, strict=True)
    )
