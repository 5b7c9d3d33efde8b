"""A mirror that is killed at random moments loses nothing, and repeats nothing in what it leaves in the end."""

from __future__ import annotations

import mirror_kills


def test_a_mirror_that_is_killed_again_and_again_ends_up_with_every_image_once() -> None:
    # A short version; the whole one: python tests/support/mirror_kills.py --kills 200
    tally = mirror_kills.run(10, seed=1)
    assert tally.kills == 10
    assert tally.rounds >= 1
    assert tally.after_progress > 0
    assert tally.images > 500
