"""An examination: the state that the rules of one run share, and the trial of each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from twinwire_conformance.contract import Ask, Format, Terms
from twinwire_conformance.model import Answer, Inconclusive, NotServed, Unconfirmed, Violation
from twinwire_conformance.oracle.confirm import Judge, Reference, confirm
from twinwire_conformance.oracle.coverage import Coverage
from twinwire_conformance.oracle.explore import Drawn, Explorer
from twinwire_conformance.oracle.heavy import Heavy
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.observations import Observations, PairCheck, Properties
from twinwire_conformance.oracle.odd import WIDTH
from twinwire_conformance.oracle.survey import Start, Survey, probe, survey, take
from twinwire_conformance.oracle.walks import (
    Path,
    Property,
    SuccessiveCheck,
    again,
    go,
    last_two,
    reference,
    standing,
    successive,
)
from twinwire_conformance.profiles import Profile
from twinwire_conformance.strategies import BadInput, Walk, smaller, walks
from twinwire_conformance.target import Target

S = TypeVar("S")

ALLOWANCE = 24
"""The requests that a rule may spend on differences that cannot be confirmed."""
SCANT = 12
"""The same once the feed is known to change all the time: other rules make better use of the budget."""
SETTLING = 48
"""The requests that a rule may spend on differences that have disappeared when they are looked at again."""
FLICKERS = 3
"""The number of differences that did not recur from which responses are reported as unstable."""
CONFIRMING = 8
"""The number of requests that usually confirm a suspected failure of a rule."""
RESTLESS = 3
"""The number of rules left undecided by a changing feed from which the feed counts as changing all the time."""


class Examination:
    """One run against one target: the contract, the pages, the baseline traversal, and the search for failures.

    Args:
        terms: The contract.
        target: The server under test.
        profile: The extent of the run.
        seed: The seed of drawn inputs and of samples.
        session: The caller's session, sent with every request; None for none.
        properties: The properties of all rules, by rule id.
    """

    def __init__(
        self,
        terms: Terms,
        target: Target,
        profile: Profile,
        seed: int,
        session: str | None = None,
        properties: Properties | None = None,
    ) -> None:
        self.terms = terms
        self.target = target
        self.profile = profile
        self.seed = seed
        self.lots = Lots(terms, target, session)
        self.explorer = Explorer(target, seed, profile.shrink, self._owed)
        self.properties = properties or Properties()
        self.observations = Observations(self.properties)
        self.lots.on_page = self.observations.page
        self.lots.on_result = self.observations.result
        self.lots.on_response = self.observations.response
        self.unsettled = 0  # rules left undecided because the feed changed
        self.moving = False  # whether a difference was looked at again and not confirmed
        self.moved = False  # whether the same request returned different entries in succession
        self.flickers: list[Violation] = []  # differences from equal responses before and after that did not recur
        self.notes: list[str] = []
        self.decided: set[str] = set()
        """The rules that were tried so far, including the current one."""
        self._objections: dict[Walk, frozenset[str]] = {}
        self._paths: dict[Walk, Path] = {}

    def probe(self) -> Violation | None:
        """Find the usable representations. Return the failure of the first request when none is usable, else None."""
        return probe(self.lots)

    @cached_property
    def survey(self) -> Survey:
        """The baseline traversal, made when a rule first needs it."""
        found = survey(self.lots, self.profile)
        if found.note:
            self.notes.append(found.note)
        self._learn_volatile(found)
        return found

    def keep_less(self) -> None:
        """Release the large bodies that the findings so far hold."""
        noted = [error for errors in self.lots.not_served.values() for error in errors]
        failures = [error for each in self.observations.noted.values() for error in each.failures]
        for error in (*noted, *self.lots.broken.values(), *failures, *self.flickers):
            error.keep_less()

    @property
    def starts(self) -> Sequence[Start]:
        """The places that traversals begin at, the beginning of the feed first."""
        return self.survey.starts

    @cached_property
    def coverage(self) -> Coverage:
        """The check of the feed's entries, made when a rule first needs it."""
        coverage = Coverage(self.lots, self.survey, self.profile, self.seed, self.observations)
        coverage.run(self.corpus())
        return coverage

    @cached_property
    def standing(self) -> list[Walk]:
        """The fixed traversals of every run."""
        # On a changing feed, or where something has failed already, confirming takes a larger share of the budget.
        kept = self.profile.reserve * 3 if self.moved or self.lots.not_served else self.profile.reserve * 8 // 5
        most = min(self.profile.sweep, max(self.profile.sweep // 4, self.room - kept))
        cuts = max(3, most * self.profile.cuts // self.profile.sweep)
        large = [] if self.profile.thrifty else self.heavy.larger()
        return standing(self.lots, self.survey, most, self.seed, cuts, large)

    @property
    def room(self) -> int:
        """The number of requests left in the budget."""
        return self.target.manners.max_requests - self.target.requests

    @cached_property
    def drawn(self) -> Drawn[Walk]:
        """The traversals that Hypothesis draws."""
        strategy = walks(self.terms, len(self.starts), self.lots.media_types, self.lots.page_size)
        return Drawn(strategy, self.profile.walks)

    def _owed(self) -> int:
        """Return the number of requests to keep for confirming suspected failures of rules that were not tried yet."""
        suspected = frozenset().union(*self._objections.values()) - self.decided
        return CONFIRMING * len(suspected)

    def path(self, walk: Walk) -> Path:
        """Return a traversal as it went the first time."""
        if walk not in self._paths:
            self._paths[walk] = go(self.lots, self.survey, walk, fresh=False)
        return self._paths[walk]

    def objections(self, walk: Walk) -> frozenset[str]:
        """Return the ids of the rules that a traversal seems to break, judged from kept responses.

        All rules of traversals are judged together, when a traversal is first needed. Each confirms its own failures later.
        """
        if walk not in self._objections:
            path = self.path(walk)
            largest = reference(self.lots, path, fresh=False)
            pairs = successive(largest, path)
            found = {rule for rule, judge in self.properties.traversal.items() if judge(largest, path) is not None}
            found |= {
                rule
                for rule, check in self.properties.successive.items()
                if any(check(left, right) is not None for left, right in pairs)
            }
            self._objections[walk] = frozenset(found)
        return self._objections[walk]

    @property
    def label_cursors(self) -> tuple[str | None, ...]:
        """The cursors at which media types are compared: the beginning and, unless the run is thrifty, near the end."""
        return (None,) if self.profile.thrifty else tuple(dict.fromkeys((None, self.starts[-1].cursor)))

    def corpus(self, format_: Format | None = None) -> list[Ask]:
        """Return requests whose pages stand for the feed: its beginning, middle and end, in every content mode.

        Args:
            format_: The representation to request; None for the first usable one.
        """
        media_type = self.lots.media_types[0] if format_ is None else self.terms.canonical_type(format_)
        light, limit = self.terms.light_mode, self.terms.feed.limit
        asks = [self.terms.sample(media_type), Ask(media_type, None, None, light), *self.heavy.first(media_type)]
        asks.append(Ask(media_type, None, self.lots.page_size, light))
        if len(self.starts) > 1 and not self.profile.thrifty:
            asks.append(Ask(media_type, self.starts[-1].cursor, min(limit.default, self.lots.page_size), light))
            asks += self.heavy.farther(media_type)
        if self.survey.end is not None:
            asks.append(Ask(media_type, self.survey.end.cursor, None, light))
        return asks

    @cached_property
    def heavy(self) -> Heavy:
        """The requests in content modes with large content."""
        return Heavy(self.lots, self.survey, thrifty=self.profile.thrifty)

    def odd(self, media_type: str) -> Ask:
        """Return the request for the few entries that are unusual in most respects."""
        return Ask(media_type, self.heavy.odd, self.lots.size(WIDTH), self.terms.light_mode)

    def unsteady(self) -> Violation | None:
        """Return a violation when responses differed now and then although the feed never changed, or None."""
        if self.moved or len(self.flickers) < FLICKERS:
            return None
        first = self.flickers[0]
        first.message += f"\n{len(self.flickers)} responses differed in this way from the responses right before and after them"
        return first

    def bad(self, bad: BadInput, media_type: str) -> Answer:
        """Return the response to a bad input."""
        return self.lots.odd_answer(self.lots.altered(media_type, (bad.parameter, bad.value)))

    def twin(self, bad: BadInput) -> Answer:
        """Return the response to the valid twin of a bad input, which differs from it in that one value only.

        Only when the twin is served does a rejection of the bad input show that its value is the reason.

        Raises:
            NotServed: The response is not a page.
            Inconclusive: The twin is rejected as well.
        """
        media_type = self.lots.media_types[0]
        request = self.lots.request(self.terms.sample(media_type))
        if bad.twin is not None:
            request = self.lots.altered(media_type, (bad.parameter, bad.twin))
        answer = self.lots.answer(request)
        if self.terms.refuses(answer):
            shown = f"{bad.parameter}={bad.twin}" if bad.twin is not None else f"a request without {bad.parameter}"
            reason = f"{shown} is valid and is rejected, too: the rejection of a bad value proves nothing"
            raise Inconclusive(reason, [answer])
        if not answer.cut:
            self.lots.judge(self.terms.sample(media_type), answer)
        return answer

    def _learn_volatile(self, known: Survey) -> None:
        """Request one page twice. Members that differ although the entries are equal are left out of comparisons."""
        if self.profile.thrifty or not known.lots:
            return
        try:
            first, second = (self.lots.lot(self.terms.sample(self.lots.media_types[0]), fresh=True) for _ in range(2))
        except NotServed:
            return
        feed = self.terms.feed
        if first.words != second.words:
            return
        # Rules judge these members, which must not differ. A clock, a request id or an opaque cursor may.
        fixed = [feed.entries, feed.limit.member, feed.remaining, feed.outcome.code]
        if feed.cursor.order == "numeric":
            fixed.append(feed.cursor.member)
        names = {field.wire for field in fixed if field is not None}
        differing = [
            name
            for name in dict.fromkeys((*first.value, *second.value))
            if name not in names and first.value.get(name) != second.value.get(name)
        ]
        if differing:
            self.lots.volatile = frozenset(differing)
            self.notes.append(
                f"left out of comparisons: {', '.join(differing)} (differs between two equal requests in succession)"
            )


@dataclass
class Trial:
    """The trial of one rule: the shared examination, and the observations that a pass of the rule rests on.

    Args:
        exam: The examination that all rules share.
        rule: The id of the rule.
        witnesses: The number of observations so far.
    """

    exam: Examination
    rule: str = ""
    """The id of the rule."""
    witnesses: int = 0
    unconfirmed: list[Unconfirmed] = field(default_factory=list)
    blocked: list[NotServed] = field(default_factory=list)
    """The pages that the rule needed and that were not served; another rule fails for them."""
    allowance: int = field(init=False)
    """The requests that may still be spent on differences that cannot be confirmed."""
    settling: int = SETTLING
    """The requests that may still be spent on differences that have disappeared at the second look."""

    def __post_init__(self) -> None:
        self.allowance = ALLOWANCE if self.exam.unsettled < RESTLESS else SCANT

    @property
    def terms(self) -> Terms:
        """The contract that the target is certified against."""
        return self.exam.terms

    @property
    def lots(self) -> Lots:
        """The means to request pages."""
        return self.exam.lots

    def witness(self, count: int = 1) -> None:
        """Count observations that a pass may rest on."""
        self.witnesses += count

    @contextmanager
    def part(self) -> Iterator[None]:
        """Run one part of a rule, and go on with the next part when a page is not served.

        The page is noted in ``blocked``. NotServed is raised only when the rule itself fails for it.
        """
        try:
            yield
        except NotServed as error:
            if error.owner == self.rule:
                raise
            self.blocked.append(self.lots.note(error))

    def confirm(
        self,
        reference: Reference,
        subject: Callable[[bool], S],
        judge: Judge[S],
        *,
        entries: bool = True,
    ) -> None:
        """Judge a subject against a baseline, confirm a difference, and count an observation.

        A difference that cannot be confirmed is kept in ``unconfirmed`` until the end of the rule, so that it does not hide a
        violation that can be.

        Args:
            reference: Returns the baseline pages, fresh ones for True.
            subject: Returns the page or pages under test, fresh ones for True.
            judge: Returns the violation of the subject against the baseline, or None.
            entries: Whether entries that did not change can decide; see ``confirm``.

        Raises:
            Violation: The difference is confirmed.
        """
        target = self.exam.target
        begun: int | None = None

        def spent() -> int:
            return 0 if begun is None else target.requests - begun

        def may_go_on() -> bool:
            nonlocal begun
            begun = target.requests if begun is None else begun
            # A suspected failure matters more than further searching: it may spend the requests reserved for traversals and
            # half of those for hostile input.
            target.reserved = min(target.reserved, self.exam.profile.reserve // 2)
            return min(self.allowance, self.settling) > spent()

        # On a feed that changes all the time nothing can be confirmed, and one rule must not spend the whole budget on it.
        try:
            confirm(reference, subject, judge, may_go_on, entries=entries, watch=self)
        except Unconfirmed as error:
            # Count the rule once, however many of its differences stay unconfirmed.
            self.exam.unsettled += not self.unconfirmed
            self.unconfirmed.append(error)
            self.allowance -= spent()
        else:
            self.settling -= spent()
            self.witness()
        self.exam.moving = self.exam.moving or begun is not None

    def feed_moved(self) -> None:
        """Note that the feed changed between two requests for the same page."""
        self.exam.moved = True

    def flickered(self, found: Violation) -> None:
        """Note a difference that did not recur, in a response between two equal ones."""
        self.exam.flickers.append(found)

    def same(self, asks: Sequence[Ask], judge: Callable[[Lot, Lot], Violation | None]) -> None:
        """Compare the page of each request with the page of the first request, and confirm differences.

        Args:
            asks: The requests; the first one is the baseline.
            judge: Returns the violation of a page against the first one, or None.
        """
        first = asks[0]
        for other in asks[1:]:
            with self.part():
                self.confirm(
                    lambda fresh: [self.lots.lot(first, fresh=fresh)],
                    lambda fresh, other=other: self.lots.lot(other, fresh=fresh),  # type: ignore[misc]
                    lambda lots, lot: judge(lots[0], lot),
                )

    def traverse(self, judge: Property) -> None:
        """Check the fixed traversals, and those that Hypothesis draws, against a property."""

        def confirm(path: Path) -> None:
            # Two pages cost less to request again than a long traversal, and show the defect more clearly.
            for part in (*last_two(judge, reference(self.lots, path, fresh=False), path), path):
                self._confirm_path(part, judge)
                if self.exam.moved:
                    # The stable entries of the two pages were right. A long traversal of a changing feed is never stable
                    # as a whole, so that confirming it would only cost requests.
                    break

        self._each_suspect(confirm, smaller)

    def _confirm_path(self, path: Path, judge: Property) -> None:
        self.confirm(
            lambda fresh: reference(self.lots, path, fresh),
            lambda fresh: again(self.lots, path) if fresh else path,
            judge,
        )

    def follow(self, judge: SuccessiveCheck) -> None:
        """Check the successive pages of all traversals against a property."""

        def confirm(path: Path) -> None:
            for left, right in successive(reference(self.lots, path, fresh=False), path):
                if judge(left, right) is not None:
                    self._confirm_pair(left.ask, right.ask, judge)

        self._each_suspect(confirm)

    def _each_suspect(self, confirm: Callable[[Path], None], shrink: Callable[[Walk], Iterable[Walk]] | None = None) -> None:
        """Make all traversals. One that seems to break the rule is confirmed, any other counts as an observation."""
        exam = self.exam
        exam.survey.need()

        def check(walk: Walk) -> None:
            with self.part():
                if self.rule in exam.objections(walk):
                    confirm(exam.path(walk))
                else:
                    self.witness()

        exam.explorer.run(check, exam.standing, exam.drawn, shrink)

    def _confirm_pair(self, one: Ask, other: Ask, judge: SuccessiveCheck) -> None:
        """Request two pages again in turns, which leaves the feed little time to change between them."""
        # Two pages from the same cursor differ in size only; neither follows the other.
        follows = one.cursor != other.cursor

        def second(fresh: bool) -> Lot:
            cursor = self.lots.lot(one).cursor if follows else other.cursor
            return self.lots.lot(replace(other, cursor=cursor), fresh=fresh)

        self.confirm(
            lambda fresh: [self.lots.lot(one, fresh=fresh)],
            second,
            lambda lots, lot: judge(lots[0], lot),
            entries=False,
        )

    def look_at_pages(self) -> None:
        """Complete the coverage, then report as ``report_noted`` does."""
        # The first access to the cached property runs the coverage.
        assert self.exam.coverage is not None
        self.report_noted()

    def report_noted(self) -> None:
        """Count the observations that were noted for this rule when pages arrived.

        Raises:
            Violation: A page broke the rule. The message says how many others did.
            Exception: The check itself failed.
        """
        noted = self.exam.observations.of(self.rule)
        for error in self.lots.not_served.get(self.rule, []):
            raise error
        if noted.failures:
            raise _with_others(noted.failures, noted.failed)
        if noted.error is not None:
            raise noted.error
        self.witness(noted.count)

    def look_at_pairs(self, check: PairCheck) -> None:
        """Complete the coverage, then confirm the pairs of pages that differed. Raises Violation."""
        assert self.exam.coverage is not None
        noted = self.exam.observations.of(self.rule)
        for one, other in noted.suspects:
            with self.part():
                self._confirm_twins(one, other, check, noted.failed)
        self.witness(noted.count)
        if not noted.count:
            self.blocked += [error for error in self.lots.broken.values() if error.owner != self.rule]

    def _confirm_twins(self, one: Ask, other: Ask, check: PairCheck, failed: int) -> None:
        try:
            # Even the first look uses fresh responses: kept ones may be newer than the pages that were compared.
            self.confirm(
                lambda _: [self.lots.lot(one, fresh=True)],
                lambda _: self.lots.lot(other, fresh=True),
                lambda lots, lot: check(lots[0], lot),
            )
        except Violation as found:
            raise _with_others([found], failed) from None

    def ending(self, fresh: bool) -> list[Lot]:
        """Return the largest pages from the last known start to the end of the feed, without empty ones.

        Args:
            fresh: Whether to request them again instead of using kept responses.

        Raises:
            Inconclusive: The end cannot be reached.
        """
        known = self.exam.survey
        tail = known.tail
        if tail is None:
            raise Inconclusive(known.end_note or "the end of the feed was not reached")
        taken = take(self.lots, tail, 10**9, fresh)
        full = [lot for lot in taken if lot.size]
        # Where nothing tells how many remain, the empty page after the last does.
        ended = not taken[-1].size if self.terms.feed.remaining is None else taken[-1].remaining == 0
        if not full:
            raise Inconclusive(
                "the last page of the baseline traversal is empty now, so that the feed has changed", [taken[-1].answer]
            )
        if not ended:
            left = taken[-1].remaining
            raise Inconclusive(
                f"the last page that could be read says that {left} entries remain, but has no cursor that leads to them",
                [taken[-1].answer],
            )
        return full


def _with_others(failures: Sequence[Violation], failed: int) -> Violation:
    first = failures[0]
    if failed > 1:
        others = dict.fromkeys(answer.url for found in failures[1:] for answer in found.answers[-1:])
        named = f", for example {next(iter(others))}" if others else ""
        first.message += f"\nthe same failure in {failed - 1} more responses{named}"
    return first
