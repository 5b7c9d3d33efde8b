"""The basis of a failure: the clause, the lines of the spec and the errata that its rule rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from twinwire.ir import Contract, Feed, Field, Parameter

Subject = Callable[[Feed], Parameter | Field | None]

_CURSOR: Subject = lambda feed: feed.cursor.parameter  # noqa: E731 - a table of roles
_CURSOR_MEMBER: Subject = lambda feed: feed.cursor.member  # noqa: E731
_LIMIT: Subject = lambda feed: feed.limit.parameter  # noqa: E731
_COUNT: Subject = lambda feed: feed.limit.member  # noqa: E731
_REMAINING: Subject = lambda feed: feed.remaining  # noqa: E731
_ENTRIES: Subject = lambda feed: feed.entries  # noqa: E731
_CODE: Subject = lambda feed: feed.outcome.code  # noqa: E731
_VERSION: Subject = lambda feed: feed.version  # noqa: E731
_SESSION: Subject = lambda feed: feed.session  # noqa: E731
_MODES: Subject = lambda feed: feed.modes.parameter if feed.modes else None  # noqa: E731

# Roles instead of names: another spec may call its cursor `offset` and its page size `limit`.
_SUBJECTS: Mapping[str, tuple[Subject, ...]] = {
    "HTTP-01": (_CODE,),
    "PARAM-01": (_LIMIT,),
    "PARAM-02": (_LIMIT,),
    "PARAM-03": (_LIMIT,),
    "PARAM-04": (_LIMIT,),
    "PARAM-05": (_SESSION, _MODES),
    "PARAM-06": (_SESSION, _MODES),
    "PARAM-07": (_CURSOR,),
    "PARAM-08": (_CURSOR,),
    "PARAM-09": (_CURSOR,),
    "PARAM-10": (_LIMIT,),
    "SCHEMA-03": (_CODE,),
    "SCHEMA-04": (_COUNT, _ENTRIES),
    "SCHEMA-05": (_REMAINING,),
    "SCHEMA-06": (_CURSOR_MEMBER,),
    "SCHEMA-07": (_VERSION,),
    "SCHEMA-08": (_CODE,),
    "PAGE-01": (_CURSOR_MEMBER,),
    "PAGE-02": (_ENTRIES,),
    "PAGE-03": (_ENTRIES,),
    "PAGE-04": (_CURSOR, _LIMIT),
    "PAGE-05": (_REMAINING,),
    "PAGE-06": (_REMAINING,),
    "PAGE-07": (_CURSOR_MEMBER,),
    "PAGE-08": (_CURSOR_MEMBER,),
    "PAGE-09": (_SESSION,),
    "PAGE-11": (_CURSOR,),
    "TWIN-04": (_CODE,),
    "IMAGE-04": (_MODES,),
    "IMAGE-05": (_MODES,),
    "IMAGE-06": (_MODES,),
}
"""The parameters and members that each rule checks, by role. Rules that do not check a particular one are absent."""


def basis(contract: Contract, rule: str, member: str = "") -> str:
    """Return one line that names the clause, its place in the spec, and the errata that concern it.

    Args:
        contract: The contract of the run.
        rule: The id of the rule that failed.
        member: The member at which the failure was found, which counts when the rule itself has no subject; empty for none.
    """
    names = _names(contract, rule, member)
    return "; ".join([f"rests on clause {rule}", *_places(contract, names)])


def place(contract: Contract, rule: str, member: str = "") -> tuple[str, int]:
    """Return the first parameter or member that a failure rests on, and its line in the spec; "" and 0 without one."""
    known = (name for name in _names(contract, rule, member) if name in contract.lines)
    return next(((name, contract.lines[name]) for name in known), ("", 0))


def _names(contract: Contract, rule: str, member: str) -> list[str]:
    subjects = [found for subject in _SUBJECTS.get(rule, ()) if (found := subject(contract.feed)) is not None]
    return list(dict.fromkeys(each.name if isinstance(each, Parameter) else each.wire_name for each in subjects)) or [member]


def _places(contract: Contract, names: list[str]) -> Iterator[str]:
    lines = [f"line {contract.lines[name]} ({name})" for name in names if name in contract.lines]
    if lines:
        yield f"the spec's {', '.join(lines)}"
    errata = [erratum.id for erratum in contract.errata if erratum.where in names]
    if errata:
        yield f"erratum {', '.join(errata)}" if len(errata) == 1 else f"errata {', '.join(errata)}"
