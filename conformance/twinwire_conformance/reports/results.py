"""The results of a run as passed to every report writer, and the declaration of a writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from twinwire_conformance.model import Report
from twinwire_conformance.reports.baseline import Comparison

if TYPE_CHECKING:
    from twinwire.ir import Contract


class RuleHelp(Protocol):
    """The explanation of a rule, in sentences that may contain Markdown code spans."""

    @property
    def clause(self) -> str:
        """The clause of the contract that the rule checks."""
        ...

    @property
    def why(self) -> str:
        """The harm to clients when a server breaks the rule."""
        ...

    @property
    def cause(self) -> str:
        """The usual cause of a failure."""
        ...

    @property
    def fix(self) -> str:
        """The usual fix."""
        ...


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one run. They are immutable, so that no report can influence another."""

    report: Report
    contract: Contract
    spec_file: str | None = None
    """The path of the spec as given; None for the packaged spec."""
    comparison: Comparison | None = None
    """The comparison with an earlier report; None without a baseline."""
    helps: Mapping[str, RuleHelp] = field(default_factory=dict)
    """The explanations of the rules, by rule id; may be empty."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A report format: the name of its option without dashes, the option's help, and the function that renders it.

    ``render`` gets the results and the name of the report's file, and returns the text of the report.
    """

    option: str
    help: str
    render: Callable[[Results, str], str]
