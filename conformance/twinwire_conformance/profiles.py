"""How much a run asks for: three profiles, from a smoke test to a thorough search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """The extent of a run.

    ``max_requests`` is the budget. ``survey_lots`` is the most lots that the survey takes from the beginning, ``reach``
    the same where cursors have no order, ``probes`` the most requests with which the end of a large feed is sought.
    ``walks`` and ``hostile`` are the inputs that Hypothesis draws, ``sweep`` the most walks that are taken before any are
    drawn, ``shrink`` the requests that may be spent on making one failure smaller. A ``thrifty`` run tries each idea once
    instead of in every mode and representation.
    """

    name: str
    max_requests: int
    survey_lots: int
    reach: int
    probes: int
    walks: int
    sweep: int
    hostile: int
    shrink: int
    thrifty: bool = False


_QUICK = Profile(
    "quick",
    max_requests=60,
    survey_lots=3,
    reach=6,
    probes=8,
    walks=1,
    sweep=4,
    hostile=4,
    shrink=10,
    thrifty=True,
)
_STANDARD = Profile(
    "standard",
    max_requests=400,
    survey_lots=4,
    reach=40,
    probes=24,
    walks=12,
    sweep=40,
    hostile=44,
    shrink=40,
)
_THOROUGH = Profile(
    "thorough",
    max_requests=4000,
    survey_lots=12,
    reach=400,
    probes=64,
    walks=200,
    sweep=80,
    hostile=200,
    shrink=200,
)
PROFILES = {profile.name: profile for profile in (_QUICK, _STANDARD, _THOROUGH)}
