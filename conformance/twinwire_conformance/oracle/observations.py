"""Observations: every page of a run is checked against the properties of pages once, when it arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.traversals import Property, SuccessiveCheck

PageCheck = Callable[[Page], int]
"""A check of one page that returns the number of observations. Raises Violation."""

PairCheck = Callable[[Page, Page], Violation | None]
"""A comparison of two pages that returns the violation of the second, or None."""

PairKind = Literal["link twins", "binary twins", "modes"]
"""The kind of a pair: JSON and XML with links, JSON and XML with binary content, or two content modes."""

ResponseCheck = Callable[[Response], int]
"""A check of one response, to any request, that returns the number of observations. Raises Violation."""

# The report shows a few examples; a defect of every page would otherwise keep every body in memory.
MAX_FAILURES = 6


@dataclass(frozen=True)
class Properties:
    """The properties of all rules, by rule id."""

    traversal: Mapping[str, Property] = field(default_factory=dict)
    successive: Mapping[str, SuccessiveCheck] = field(default_factory=dict)
    page: Mapping[str, PageCheck] = field(default_factory=dict)
    pair: Mapping[str, tuple[PairKind, PairCheck]] = field(default_factory=dict)
    response: Mapping[str, ResponseCheck] = field(default_factory=dict)
    result: frozenset[str] = frozenset()
    """The rules whose property of pages also applies to rejections and to results of invalid requests."""


@dataclass(slots=True)
class RuleRecord:
    """The record of one rule: its observations, its first failures, and the number of all failures."""

    count: int = 0
    failures: list[Violation] = field(default_factory=list)
    failed: int = 0
    suspects: list[tuple[PageRequest, PageRequest]] = field(default_factory=list)
    """Pairs of pages that differed when they were first compared; only a confirmed difference is a failure."""
    error: Exception | None = None
    """An exception of the check itself, which must neither end the run nor count as a pass."""

    def fail(self, found: Violation) -> None:
        """Note a failure, with only the beginning of large bodies."""
        self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            found.keep_less()
            self.failures.append(found)


class Observations:
    """The observations and failures on the pages of a run, by rule id."""

    def __init__(self, properties: Properties) -> None:
        self.properties = properties
        self.noted: dict[str, RuleRecord] = {}

    def of(self, rule: str) -> RuleRecord:
        """Return the record of a rule."""
        return self.noted.setdefault(rule, RuleRecord())

    def page(self, page: Page) -> None:
        """Check a page against every property of pages."""
        for rule, check in self.properties.page.items():
            self._note(rule, lambda check=check: check(page))  # type: ignore[misc]

    def result(self, page: Page) -> None:
        """Check a result, which may be a rejection, against the properties that apply to every result."""
        for rule in self.properties.result:
            self._note(rule, lambda rule=rule: self.properties.page[rule](page))  # type: ignore[misc]

    def response(self, response: Response) -> None:
        """Check a response against every property of responses."""
        for rule, check in self.properties.response.items():
            self._note(rule, lambda check=check: check(response))  # type: ignore[misc]

    def pair(self, kind: PairKind, left: Page, right: Page) -> None:
        """Compare two pages by every property of this kind of pair. A difference is only a suspicion until it is confirmed."""
        for rule, (kinds, check) in self.properties.pair.items():
            if kinds != kind:
                continue
            noted = self.of(rule)
            noted.count += max(1, right.size)
            if check(left, right) is not None:
                noted.failed += 1
                noted.suspects.append((left.page_request, right.page_request))

    def _note(self, rule: str, check: Callable[[], int]) -> None:
        noted = self.of(rule)
        try:
            noted.count += check()
        except Violation as found:
            noted.fail(found)
        # The page arrived for another rule, which a defect of this check must not end.
        except Exception as error:
            noted.error = noted.error or error
