"""The extent of a run: three profiles, from a smoke test to a thorough search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """The extent of a run.

    Args:
        name: The name of the profile.
        max_requests: The budget of requests.
        max_time: The seconds for a whole run.
        survey_lots: The most pages that the baseline traversal takes from the beginning of the feed.
        reach: The same where cursors have no order, so that the end is reached only by traversing the whole feed.
        probes: The most requests that search for the end of a large feed.
        plans: The traversals that Hypothesis draws.
        sweep: The most pages of the fixed traversals.
        hostile: The hostile inputs of HTTP-09.
        shrink: The most requests to shrink one failure with.
        cuts: The page boundaries that the fixed traversals spread evenly over the feed.
        coverage_requests: The most requests to check every entry with.
        coverage_bytes: The most bytes of bodies to check every entry with.
        pause: The seconds between two requests that HTTP-11 compares.
        reserve: The requests that are kept for traversals and for hostile input.
        clients: The number of other clients whose headers repeat a request.
        crowds: The number of times that a group of requests is sent concurrently.
        thrifty: Whether to try each idea once, instead of in every content mode and representation.
    """

    name: str
    max_requests: int
    max_time: float
    survey_lots: int
    reach: int
    probes: int
    plans: int
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


# A smoke test for each commit: about a minute at one request per second.
_QUICK = Profile(
    "quick",
    max_requests=60,
    max_time=300.0,
    survey_lots=3,
    reach=6,
    probes=8,
    plans=0,
    sweep=5,
    hostile=3,
    shrink=10,
    cuts=2,
    coverage_requests=0,
    coverage_bytes=0,
    reserve=3,
    thrifty=True,
)
# The default, which detects every seeded fault but those out of reach (`twinwire selftest`).
_STANDARD = Profile(
    "standard",
    max_requests=400,
    max_time=900.0,
    survey_lots=26,
    reach=40,
    probes=24,
    plans=2,
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
# A long search before a release. 220 pages of 500 entries cover a feed of 110,000 entries.
_THOROUGH = Profile(
    "thorough",
    max_requests=4000,
    max_time=900.0,
    survey_lots=220,
    reach=400,
    probes=64,
    plans=200,
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
