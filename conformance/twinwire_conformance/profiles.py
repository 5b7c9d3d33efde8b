"""How much a run asks for: three profiles, from a smoke test to a thorough search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """The extent of a run.

    ``max_requests`` is the budget, ``max_time`` the seconds for a whole run.
    ``survey_lots`` is the most lots that the survey takes from the beginning, ``reach``
    the same where cursors have no order, ``probes`` the most requests with which the end of a large feed is sought.
    ``walks`` and ``hostile`` are the inputs that Hypothesis draws, ``sweep`` the most pages of the traversals that are taken
    before any are drawn, ``cuts`` the page boundaries among them that are spread evenly over the feed, ``shrink`` the requests
    that may be spent on making one failure smaller. ``coverage_requests`` and ``coverage_bytes`` limit the look at every
    entry. ``pause`` is how many seconds one request waits after another, ``reserve`` how many requests are kept for hostile
    input, which comes last, ``clients`` as how many other clients requests are repeated, ``crowds`` how often
    many are sent at once. A ``thrifty`` run tries each idea
    once instead of in every mode and representation.
    """

    name: str
    max_requests: int
    max_time: float
    survey_lots: int
    reach: int
    probes: int
    walks: int
    sweep: int
    hostile: int
    shrink: int
    cuts: int
    coverage_requests: int
    coverage_bytes: int
    pause: float = 0.0
    reserve: int = 0
    clients: int = 1
    crowds: int = 1
    thrifty: bool = False


_QUICK = Profile(
    "quick",
    max_requests=60,
    max_time=300.0,
    survey_lots=3,
    reach=6,
    probes=8,
    walks=0,
    sweep=5,
    hostile=3,
    shrink=10,
    cuts=2,
    coverage_requests=0,
    coverage_bytes=0,
    reserve=3,
    thrifty=True,
)
_STANDARD = Profile(
    "standard",
    max_requests=400,
    max_time=900.0,
    survey_lots=26,
    reach=40,
    probes=24,
    walks=2,
    sweep=100,
    hostile=36,
    shrink=40,
    cuts=9,
    coverage_requests=26,
    coverage_bytes=64 * 1024 * 1024,
    pause=0.1,
    reserve=40,
    clients=7,
)
_THOROUGH = Profile(
    "thorough",
    max_requests=4000,
    max_time=900.0,
    survey_lots=220,
    reach=400,
    probes=64,
    walks=200,
    sweep=1500,
    hostile=200,
    shrink=200,
    cuts=1300,
    coverage_requests=900,
    coverage_bytes=1024 * 1024 * 1024,
    pause=5.0,
    reserve=240,
    clients=100,
    crowds=4,
)
PROFILES = {profile.name: profile for profile in (_QUICK, _STANDARD, _THOROUGH)}
