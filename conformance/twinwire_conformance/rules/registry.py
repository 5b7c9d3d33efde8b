"""The registry of rules. Command line, reports and documents derive from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twinwire_conformance.contract import Terms
from twinwire_conformance.model import Inconclusive, Level
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.observations import PageCheck, PairCheck, PairKind, Properties, ResponseCheck
from twinwire_conformance.oracle.walks import Property, SuccessiveCheck

Check = Callable[[Trial], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract: its stable id, its level, its clause in one sentence, and the check that decides it.

    A check passes by returning after it has noted observations; it raises Violation, Inconclusive or Skipped otherwise.
    ``traversal``, ``successive``, ``page``, ``pair`` and ``response`` are the properties that traversals, successive pages,
    single pages, pairs of pages and responses are checked against; the check of such a rule is made from its property, so
    that none can be forgotten.
    """

    id: str
    level: Level
    title: str
    check: Check
    traversal: Property | None = None
    successive: SuccessiveCheck | None = None
    page: PageCheck | None = None
    pair: PairCheck | None = None
    pairs: PairKind | None = None
    response: ResponseCheck | None = None
    every_result: bool = False
    """True when the check applies to rejections, too."""
    last: bool = False
    """True when the check may leave the server broken, so that it comes after all others."""

    @property
    def walks(self) -> bool:
        """True when the check makes traversals, which cost most of a run's requests."""
        return self.traversal is not None or self.successive is not None

    @property
    def makes_way(self) -> int:
        """For how many groups of later rules the rule leaves requests: for traversals and for what comes last."""
        return 2 if self.phase < (1, False) else int(self.phase < (3, False))

    @property
    def phase(self) -> tuple[int, bool]:
        """The position of the rule in a run.

        MUST comes before SHOULD, and what costs few requests before traversals, so that a small budget decides the most.
        Rules about pages come when all pages were seen.
        """
        should = self.level is not Level.MUST
        if self.last:
            return 4, should
        if self.page is not None or self.check is _report:
            return 3, should
        return (2, True) if should else (int(self.walks), False)


RULES: dict[str, Rule] = {}
FAMILIES = ("HTTP", "PARAM", "SCHEMA", "PAGE", "TWIN", "IMAGE")


def catalogue() -> list[Rule]:
    """Return every rule in the order of the contract."""
    return sorted(RULES.values(), key=lambda rule: (FAMILIES.index(rule.id.split("-")[0]), rule.id))


def properties() -> Properties:
    """Return the properties of all rules, by rule id."""
    rules = catalogue()
    return Properties(
        traversal={rule.id: rule.traversal for rule in rules if rule.traversal is not None},
        successive={rule.id: rule.successive for rule in rules if rule.successive is not None},
        page={rule.id: rule.page for rule in rules if rule.page is not None},
        pair={rule.id: (rule.pairs, rule.pair) for rule in rules if rule.pair is not None and rule.pairs is not None},
        response={rule.id: rule.response for rule in rules if rule.response is not None},
        result=frozenset(rule.id for rule in rules if rule.every_result),
    )


def _report(trial: Trial) -> None:
    trial.look_at_pages()


def _no_need(_: Terms) -> None:
    return


Need = Callable[[Terms], None]
"""Raises Skipped when a contract lacks what a rule is about."""


@dataclass(frozen=True, slots=True)
class _Registration:
    """Registers rules of one level, as a decorator of the function that decides them or of their property."""

    level: Level

    def __call__(
        self, id_: str, title: str, *, response: ResponseCheck | None = None, last: bool = False
    ) -> Callable[[Check], Check]:
        """Register a check of its own; every response of the run is checked against ``response`` besides."""

        def register(check: Check) -> Check:
            self._add(Rule(id_, self.level, title, check, response=response, last=last))
            return check

        return register

    def response(self, id_: str, title: str) -> Callable[[ResponseCheck], ResponseCheck]:
        """Register a property of every response of the run, whatever its request was."""

        def register(judge: ResponseCheck) -> ResponseCheck:
            self._add(Rule(id_, self.level, title, _report, response=judge))
            return judge

        return register

    def traversal(
        self, id_: str, title: str, *, need: Need = _no_need, also: Check | None = None, empty: bool = False
    ) -> Callable[[Property], Property]:
        """Register a property of traversals; ``also`` is checked before them. With ``empty``, a feed may have no entries."""

        def register(judge: Property) -> Property:
            def check(trial: Trial) -> None:
                need(trial.terms)
                if also is not None:
                    also(trial)
                if not (empty and trial.exam.survey.empty):
                    trial.traverse(judge)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, traversal=judge))
            return judge

        return register

    def successive(
        self, id_: str, title: str, *, need: Need = _no_need, also: Check | None = None
    ) -> Callable[[SuccessiveCheck], SuccessiveCheck]:
        """Register a property of two pages of which the second follows the first; ``also`` is checked after them."""

        def register(judge: SuccessiveCheck) -> SuccessiveCheck:
            def check(trial: Trial) -> None:
                need(trial.terms)
                trial.follow(judge)
                if also is not None:
                    also(trial)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, successive=judge))
            return judge

        return register

    def page(
        self,
        id_: str,
        title: str,
        *,
        need: Need = _no_need,
        also: Check | None = None,
        nothing: str = "",
        every_result: bool = False,
    ) -> Callable[[PageCheck], PageCheck]:
        """Register a property of every page of the run; ``nothing`` says why there may be nothing to observe.

        ``also`` is checked before the pages are looked at. With ``every_result``, rejections have the property, too.
        """

        def register(judge: PageCheck) -> PageCheck:
            def check(trial: Trial) -> None:
                need(trial.terms)
                if also is not None:
                    also(trial)
                trial.look_at_pages()
                if nothing and not trial.witnesses:
                    raise Inconclusive(nothing)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, page=judge, every_result=every_result))
            return judge

        return register

    def pair(
        self, id_: str, title: str, pairs: PairKind, *, need: Need = _no_need, also: Check | None = None, nothing: str = ""
    ) -> Callable[[PairCheck], PairCheck]:
        """Register a property of pairs of pages; ``also`` is checked before them."""

        def register(judge: PairCheck) -> PairCheck:
            def check(trial: Trial) -> None:
                need(trial.terms)
                if also is not None:
                    also(trial)
                trial.look_at_pairs(judge)
                if nothing and not trial.witnesses and not trial.blocked:
                    raise Inconclusive(nothing)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, pair=judge, pairs=pairs))
            return judge

        return register

    @staticmethod
    def _add(rule: Rule) -> None:
        if rule.id in RULES:
            raise ValueError(f"the rule {rule.id} is registered twice")
        RULES[rule.id] = rule


must = _Registration(Level.MUST)
"""Registers rules that decide certification."""

should = _Registration(Level.SHOULD)
"""Registers rules that only remark."""
