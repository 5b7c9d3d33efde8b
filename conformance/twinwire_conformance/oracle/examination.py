"""An examination: all that the rules of one run share, and the trial that each of them gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from twinwire_conformance.contract import Ask, Format, Terms
from twinwire_conformance.model import Answer, Inconclusive, Unconfirmed, Violation
from twinwire_conformance.oracle.confirm import Reference, confirm
from twinwire_conformance.oracle.explore import Drawn, Explorer
from twinwire_conformance.oracle.heavy import Heavy
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.survey import Start, Survey, survey, take
from twinwire_conformance.oracle.walks import PROPERTIES, Property, go, reference, standing
from twinwire_conformance.profiles import Profile
from twinwire_conformance.strategies import BadInput, Walk, smaller, walks
from twinwire_conformance.target import Target

S = TypeVar("S")

ALLOWANCE = 16
"""The requests that a rule may spend on what cannot be confirmed."""
SCANT = 4
"""The same once the feed is known to move all the time: what is left of the budget can decide more elsewhere."""
SETTLING = 48
"""The requests that a rule may spend on differences that are gone when they are looked at again."""
RESTLESS = 3
"""How many rules must have been left undecided by a moving feed for it to be known."""


class Examination:
    """One run against one target: its terms, its lots, what the survey learnt, and the means to search for failures."""

    def __init__(self, terms: Terms, target: Target, profile: Profile, seed: int, session: str | None = None) -> None:
        self.terms = terms
        self.target = target
        self.profile = profile
        self.seed = seed
        self.lots = Lots(terms, target, session)
        self.explorer = Explorer(target, seed, profile.shrink)
        self.unsettled = 0  # rules that were left undecided because the feed moved
        self.moving = False  # whether a difference did not stand when it was looked at again
        self._objections: dict[Walk, frozenset[Property]] = {}

    @cached_property
    def survey(self) -> Survey:
        """What is known of the feed; it is learnt when a rule first asks."""
        return survey(self.lots, self.profile)

    @property
    def starts(self) -> Sequence[Start]:
        """The places to ask from, the beginning first."""
        return self.survey.starts

    @cached_property
    def drawn(self) -> Drawn[Walk]:
        """The walks that Hypothesis draws."""
        return Drawn(walks(self.terms, len(self.starts)), self.profile.walks)

    def objections(self, walk: Walk) -> frozenset[Property]:
        """Return the properties that a walk seems not to have, at a first look, for which kept answers may serve."""
        if walk not in self._objections:
            path = go(self.lots, self.survey, walk, fresh=False)
            largest = reference(self.lots, path, fresh=False)
            self._objections[walk] = frozenset(each for each in PROPERTIES if each(largest, path) is not None)
        return self._objections[walk]

    @property
    def label_cursors(self) -> tuple[str | None, ...]:
        """Where media types are compared: at the beginning and, unless the run is thrifty, near the end."""
        return (None,) if self.profile.thrifty else tuple(dict.fromkeys((None, self.starts[-1].cursor)))

    def corpus(self, format_: Format) -> list[Ask]:
        """Return the asks whose answers stand for the feed: its beginning, middle and end, in every mode."""
        media_type = self.terms.canonical_type(format_)
        light, limit = self.terms.light_mode, self.terms.feed.limit
        asks = [Ask(media_type, None, None, light), *self.heavy.first(media_type)]
        asks.append(Ask(media_type, None, limit.maximum, light))
        if len(self.starts) > 1 and not self.profile.thrifty:
            asks.append(Ask(media_type, self.starts[-1].cursor, limit.default, light))
            asks += self.heavy.farther(media_type)
        if self.survey.end is not None:
            asks.append(Ask(media_type, self.survey.end.cursor, None, light))
        return asks

    @cached_property
    def heavy(self) -> Heavy:
        """The asks in modes that are not light."""
        return Heavy(self.lots, self.survey)

    def bad(self, bad: BadInput, media_type: str) -> Answer:
        """Return the answer to a bad input."""
        return self.lots.answer(self.lots.altered(media_type, (bad.parameter, bad.value)))

    def twin(self, bad: BadInput) -> Answer:
        """Return the answer to a bad input's twin, which differs from it in that one value only and is valid.

        A refusal tells of the bad value only when its twin is served. Raises Inconclusive when it is not.
        """
        media_type = self.terms.canonical_type("json")
        request = self.lots.request(self.terms.sample(media_type))
        if bad.twin is not None:
            request = self.lots.altered(media_type, (bad.parameter, bad.twin))
        answer = self.lots.answer(request)
        if answer.status != 200 or self.terms.envelope(answer) is not None:
            reason = f"{bad.parameter} is refused even with a valid value, so that refusing a bad one tells nothing"
            raise Inconclusive(reason, [answer])
        return answer


@dataclass
class Trial:
    """The trial of one rule: what it shares with the others, and on how many observations its pass rests."""

    exam: Examination
    witnesses: int = 0
    unconfirmed: list[Unconfirmed] = field(default_factory=list)
    allowance: int = field(init=False)
    """The requests that may still be spent on what cannot be confirmed."""
    settling: int = SETTLING
    """The requests that may still be spent on what is gone at the next look."""

    def __post_init__(self) -> None:
        self.allowance = ALLOWANCE if self.exam.unsettled < RESTLESS else SCANT

    @property
    def terms(self) -> Terms:
        """The terms that the target is held to."""
        return self.exam.terms

    @property
    def lots(self) -> Lots:
        """The way to ask for lots."""
        return self.exam.lots

    def witness(self, count: int = 1) -> None:
        """Note observations on which a pass may rest."""
        self.witnesses += count

    def confirm(
        self, reference: Reference, subject: Callable[[bool], S], judge: Callable[[Sequence[Lot], S], Violation | None]
    ) -> None:
        """Judge a subject against a reference and note it as a witness.

        What cannot be confirmed is kept for the end, so that it does not hide what can. Raises Violation.
        """
        target = self.exam.target
        begun: int | None = None

        def spent() -> int:
            return 0 if begun is None else target.requests - begun

        def may_go_on() -> bool:
            nonlocal begun
            begun = target.requests if begun is None else begun
            return min(self.allowance, self.settling) > spent()

        # On a feed that never stands still, one rule must not spend what the others need.
        try:
            confirm(reference, subject, judge, may_go_on)
        except Unconfirmed as error:
            self.exam.unsettled += not self.unconfirmed
            self.unconfirmed.append(error)
            self.allowance -= spent()
        else:
            self.settling -= spent()
            self.witness()
        self.exam.moving = self.exam.moving or begun is not None

    def same(self, asks: Sequence[Ask], judge: Callable[[Lot, Lot], Violation | None]) -> None:
        """Hold every ask's lot against that of the first ask, confirmed."""
        first = asks[0]
        for other in asks[1:]:
            self.confirm(
                lambda fresh: [self.lots.lot(first, fresh=fresh)],
                lambda fresh, other=other: self.lots.lot(other, fresh=fresh),  # type: ignore[misc]
                lambda lots, lot: judge(lots[0], lot),
            )

    def walk(self, judge: Property) -> None:
        """Hold walks to a property: the standing ones and those that Hypothesis draws."""
        known = self.exam.survey
        if known.empty:
            raise Inconclusive("the feed is empty: there is nothing to walk over")

        exam = self.exam

        def check(walk: Walk) -> None:
            if judge not in exam.objections(walk):
                self.witness()
                return
            path = go(self.lots, known, walk, fresh=False)
            self.confirm(
                lambda fresh: reference(self.lots, path, fresh),
                lambda fresh: go(self.lots, known, walk, fresh),
                judge,
            )

        exam.explorer.run(check, standing(self.lots, known, exam.profile.sweep), exam.drawn, smaller)

    def ending(self, fresh: bool) -> list[Lot]:
        """Return the largest lots from the known start that is nearest to the end, to the end. Raises Inconclusive."""
        tail = self.exam.survey.tail
        if tail is None:
            raise Inconclusive(self.exam.survey.note or "the end of the feed was not reached")
        taken = take(self.lots, tail, 10**9, fresh)
        full = [lot for lot in taken if lot.entries]
        # Where nothing tells how many remain, the empty lot after the last does.
        ended = not taken[-1].entries if self.terms.feed.remaining is None else taken[-1].remaining == 0
        if not full or not ended:
            raise Inconclusive("the end of the feed moved away")
        return full
