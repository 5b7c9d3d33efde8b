"""The registry of rules, from which the command line, the reports and the documents derive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twinwire_conformance.contract import ContractView
from twinwire_conformance.findings import Inconclusive
from twinwire_conformance.model import Level
from twinwire_conformance.oracle.observations import PageCheck, PairCheck, PairKind, Properties, ResponseCheck
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.oracle.traversals import Property, SuccessiveCheck

Check = Callable[[RuleContext], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the contract and the check that decides it.

    A check passes by returning after it has counted observations; otherwise it raises Violation, Inconclusive or Skipped.
    ``traversal``, ``successive``, ``page``, ``pair`` and ``response`` are properties that the run checks on every traversal,
    pair of successive pages, page, pair of comparable pages or response. The check of such a rule is made from its property,
    so that a registered property cannot be left unchecked.

    Args:
        id: The permanent id, such as PAGE-03. Its family is the part before the hyphen.
        level: MUST decides certification, SHOULD only remarks.
        title: The clause as a sentence that stands alone.
        check: The function that decides the rule.
        pairs: The kind of pages that ``pair`` compares; None without ``pair``.
        every_result: Whether ``page`` also applies to rejections.
        last: Whether the check may leave the server broken, so that it runs after all others.
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
    """True when the check may leave the server broken, so that it runs after all others."""

    @property
    def plans(self) -> bool:
        """True when the check makes traversals, which cost most of the requests of a run."""
        return self.traversal is not None or self.successive is not None

    @property
    def makes_way(self) -> int:
        """The number of later phases (traversals, hostile input) that the rule must leave requests for: 0, 1 or 2."""
        # Traversals are phase 1 and hostile input is phase 4: a rule before both leaves room for two groups.
        return 2 if self.phase < (1, False) else int(self.phase < (3, False))

    @property
    def phase(self) -> tuple[int, bool]:
        """The position of the rule in a run, as a key to sort by.

        MUST rules run before SHOULD rules, and cheap rules before traversals, so that a small budget decides as many rules as
        possible. Rules about pages run once every other rule has requested its pages.
        """
        should = self.level is not Level.MUST
        if self.last:
            return 4, should
        if self.page is not None or self.check is _report:
            return 3, should
        # 0: cheap MUST rules; 1: MUST rules with traversals; 2: SHOULD rules; 3: rules about pages; 4: hostile input.
        return (2, True) if should else (int(self.plans), False)


RULES: dict[str, Rule] = {}
FAMILIES = ("HTTP", "PARAM", "SCHEMA", "PAGE", "TWIN", "IMAGE")


def catalogue() -> list[Rule]:
    """Return every rule in the order of the contract: by family, then by id."""
    return sorted(RULES.values(), key=lambda rule: (FAMILIES.index(rule.id.split("-")[0]), rule.id))


def properties() -> Properties:
    """Return the properties of all rules by rule id, for the examination that checks them."""
    rules = catalogue()
    return Properties(
        traversal={rule.id: rule.traversal for rule in rules if rule.traversal is not None},
        successive={rule.id: rule.successive for rule in rules if rule.successive is not None},
        page={rule.id: rule.page for rule in rules if rule.page is not None},
        pair={rule.id: (rule.pairs, rule.pair) for rule in rules if rule.pair is not None and rule.pairs is not None},
        response={rule.id: rule.response for rule in rules if rule.response is not None},
        result=frozenset(rule.id for rule in rules if rule.every_result),
    )


def _report(context: RuleContext) -> None:
    context.check_pages()


def _no_need(_: ContractView) -> None:
    return


Need = Callable[[ContractView], None]
"""A precondition that raises Skipped when the contract lacks the parameter or member that a rule is about."""


@dataclass(frozen=True, slots=True)
class _Registration:
    """A decorator that registers the rules of one level, from their check or from their property."""

    level: Level

    def __call__(
        self, id_: str, title: str, *, response: ResponseCheck | None = None, last: bool = False
    ) -> Callable[[Check], Check]:
        """Register a function as the check of a rule.

        Args:
            id_: The permanent id of the rule.
            title: The clause as a sentence.
            response: A property that every response of the run is checked against besides.
            last: Whether the check may leave the server broken.
        """

        def register(check: Check) -> Check:
            self._add(Rule(id_, self.level, title, check, response=response, last=last))
            return check

        return register

    def response(self, id_: str, title: str) -> Callable[[ResponseCheck], ResponseCheck]:
        """Register a property of every response of the run, valid request or not."""

        def register(judge: ResponseCheck) -> ResponseCheck:
            self._add(Rule(id_, self.level, title, _report, response=judge))
            return judge

        return register

    def traversal(
        self, id_: str, title: str, *, need: Need = _no_need, also: Check | None = None, empty: bool = False
    ) -> Callable[[Property], Property]:
        """Register a property of traversals.

        Args:
            id_: The permanent id of the rule.
            title: The clause as a sentence.
            need: Raises Skipped when the rule does not apply to the contract.
            also: A check that runs before the traversals; None for none.
            empty: Whether a feed without entries passes instead of being inconclusive.
        """

        def register(judge: Property) -> Property:
            def check(context: RuleContext) -> None:
                need(context.contract)
                if also is not None:
                    also(context)
                if not (empty and context.run_context.baseline.empty):
                    context.traverse(judge)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, traversal=judge))
            return judge

        return register

    def successive(
        self, id_: str, title: str, *, need: Need = _no_need, also: Check | None = None
    ) -> Callable[[SuccessiveCheck], SuccessiveCheck]:
        """Register a property of two pages of which the second follows the first.

        Args:
            id_: The permanent id of the rule.
            title: The clause as a sentence.
            need: Raises Skipped when the rule does not apply to the contract.
            also: A check that runs after the traversals; None for none.
        """

        def register(judge: SuccessiveCheck) -> SuccessiveCheck:
            def check(context: RuleContext) -> None:
                need(context.contract)
                context.follow(judge)
                if also is not None:
                    also(context)

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
        """Register a property of every page of the run.

        Args:
            id_: The permanent id of the rule.
            title: The clause as a sentence.
            need: Raises Skipped when the rule does not apply to the contract.
            also: A check that runs before the pages are looked at; None for none.
            nothing: The reason to show when no page gave an observation; empty when that cannot happen.
            every_result: Whether rejections must have the property, too.
        """

        def register(judge: PageCheck) -> PageCheck:
            def check(context: RuleContext) -> None:
                need(context.contract)
                if also is not None:
                    also(context)
                context.check_pages()
                if nothing and not context.observation_count:
                    raise Inconclusive(nothing)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, page=judge, every_result=every_result))
            return judge

        return register

    def pair(
        self, id_: str, title: str, pairs: PairKind, *, need: Need = _no_need, also: Check | None = None, nothing: str = ""
    ) -> Callable[[PairCheck], PairCheck]:
        """Register a property of pairs of comparable pages.

        Args:
            id_: The permanent id of the rule.
            title: The clause as a sentence.
            pairs: The kind of pages to compare.
            need: Raises Skipped when the rule does not apply to the contract.
            also: A check that runs before the pairs are looked at; None for none.
            nothing: The reason to show when no pair gave an observation; empty when that cannot happen.
        """

        def register(judge: PairCheck) -> PairCheck:
            def check(context: RuleContext) -> None:
                need(context.contract)
                if also is not None:
                    also(context)
                context.look_at_pairs(judge)
                if nothing and not context.observation_count and not context.blocked:
                    raise Inconclusive(nothing)

            check.__doc__ = judge.__doc__
            self._add(Rule(id_, self.level, title, check, pair=judge, pairs=pairs))
            return judge

        return register

    @staticmethod
    def _add(rule: Rule) -> None:
        if rule.id in RULES:
            raise ValueError(f"the rule {rule.id} is registered twice: give one of them another id")
        RULES[rule.id] = rule


must = _Registration(Level.MUST)
"""Registers rules that decide certification."""

should = _Registration(Level.SHOULD)
"""Registers rules that can only cause a remark."""
