"""Confirmation: a difference between responses counts only when a change of the feed cannot have caused it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from twinwire_conformance.decoding import difference
from twinwire_conformance.findings import Unconfirmed, Violation
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.stable import only, stable_keys

S = TypeVar("S")

ATTEMPTS = 4
"""The number of further attempts to confirm a difference before it is left undecided."""

Reference = Callable[[bool], Sequence[Page]]
"""A function that returns the pages a subject is compared with; True requests fresh responses."""


class Watch(Protocol):
    """An observer of the signs that the feed changed or that responses are unstable."""

    def feed_moved(self) -> None:
        """Note that the feed changed between two requests for the same pages."""

    def flickered(self, found: Violation) -> None:
        """Note a difference that did not recur, in a response between two equal baseline responses."""


Judge = Callable[[Sequence[Page], S], Violation | None]


def confirm(  # noqa: PLR0912 - one sequence of requests, which is easier to follow in one place
    reference: Reference,
    subject: Callable[[bool], S],
    judge: Judge[S],
    may_go_on: Callable[[], bool] = lambda: True,
    *,
    entries: bool = True,
    watch: Watch | None = None,
) -> None:
    """Judge a subject against a baseline, and raise a violation only when it is confirmed.

    The first look may use kept responses. A difference is repeated with fresh ones: baseline A, subject B, baseline A. With
    ``entries``, a difference in entries that are equal in both A is a violation however much the rest of the feed changes; when
    such entries exist and do not differ, they decide for the target. Any other difference, such as the number of remaining
    entries, must occur twice in A, B, A, B, A with all A equal, because one entry may be added and another deleted between
    two A.

    Example: A is a b c and B is a c. If the second A is a b c, b stood still and is missing in B: a violation. If it is a c b,
    b was modified meanwhile, and a and c, which stood still, are right in B: no violation.

    Source: the contract, "Live feeds".

    Args:
        reference: Returns the baseline pages A, fresh ones for True.
        subject: Returns the page or pages under test B, fresh ones for True.
        judge: Returns the violation of B against A, or None.
        may_go_on: Whether the budget allows another attempt.
        entries: Whether stable entries can decide; False when the difference is in numbers only.
        watch: Is notified when the feed changed or a difference did not recur; None for no observer.

    Raises:
        Violation: The difference is confirmed.
        Unconfirmed: It was neither confirmed nor explained within the attempts or the budget.
    """
    before, now = reference(False), subject(False)
    seen = judge(before, now)
    if seen is None:
        return
    if not may_go_on():
        raise Unconfirmed("a difference was found, and the budget of requests to confirm it is spent")
    after = reference(True)
    if not same(before, after):
        _tell(watch, before, after)
        if entries and _stood_still(before, now, after, judge):
            return
        seen = None
    for _ in range(ATTEMPTS):
        if not may_go_on():
            break
        # The last A of one attempt is the first A of the next, which saves a third of the requests.
        before, now, after = after, subject(True), reference(True)
        equal = same(before, after)
        _tell(watch, before, after)
        found = judge(before, now) if equal else None
        if entries:
            still = stable_keys(before, after)
            # Judge the stable entries alone: they cannot differ because of a change of the feed.
            among = judge(only(list(before), still), only(now, still))
            if among is not None:
                raise found or among
            # The stable entries are right, and the others cannot be judged while the feed changes.
            if still and not equal:
                return
        if not equal:
            continue
        if found is not None:
            # A difference outside the entries has occurred once in A, B, A: go on to A, B, A, B, A.
            again, last = subject(True), reference(True)
            if same(before, last):
                second = judge(before, again)
                if second is not None:
                    raise second
                seen = found
            else:
                after, seen = last, None
                continue
        # All A are equal, and the difference is gone: the response seen first was wrong now and then, which may be a defect.
        if seen is not None and watch is not None:
            watch.flickered(seen)
        return
    raise Unconfirmed("the feed changed during every attempt to confirm a difference")


def _tell(watch: Watch | None, before: Sequence[Page], after: Sequence[Page]) -> None:
    """Report a change of the feed when the entries changed. A number that differs now and then may be a server's defect."""
    if watch is not None and [page.words for page in before] != [page.words for page in after]:
        watch.feed_moved()


def _stood_still(before: Sequence[Page], now: S, after: Sequence[Page], judge: Judge[S]) -> bool:
    """Return whether some entries are the same before and after a subject, and the subject has them right."""
    still = stable_keys(before, after)
    return bool(still) and judge(only(list(before), still), only(now, still)) is None


def same(left: Sequence[Page], right: Sequence[Page]) -> bool:
    """Return whether two series of pages are equal, apart from members that differ between equal requests."""
    return len(left) == len(right) and all(
        difference(one.signature, other.signature) is None for one, other in zip(left, right, strict=True)
    )
