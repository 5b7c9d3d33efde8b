"""Comparison on a changing feed: the entries that were stable around a response."""

from __future__ import annotations

import pytest

from twinwire_conformance.contract import ContractView, PageRequest, packaged_contract
from twinwire_conformance.decoding import DecodedResult
from twinwire_conformance.findings import Unconfirmed, Violation
from twinwire_conformance.model import Request, Response
from twinwire_conformance.oracle.confirm import confirm
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.stable import stable_keys

TERMS = ContractView(packaged_contract())


def page(*keys: int, media_type: str = "application/json", remaining: int = 0, changed: int | None = None) -> Page:
    entries = [{"product_id": key, "imagesURL": [{"sequence": 2 if key == changed else 1}]} for key in keys]
    value = {"product": entries, "token": "1", "count": len(keys), "queuecount": remaining, "returncode": 0}
    response = Response(Request(), "http://feed.invalid", 200, {"content-type": media_type}, b"")
    return Page(PageRequest(media_type, mode=TERMS.link_mode), response, DecodedResult(value), TERMS)


def keys(before: list[Page], after: list[Page]) -> set[int]:
    return {int(key) for key in stable_keys(before, after)}


def test_all_entries_of_a_feed_that_stands_still_are_stable() -> None:
    assert keys([page(1, 2), page(3)], [page(1, 2), page(3)]) == {1, 2, 3}


def test_an_entry_that_was_modified_moves_to_the_end_and_is_not_stable() -> None:
    assert keys([page(1, 2, 3, 4)], [page(1, 3, 4, 2)]) == {1, 3, 4}


def test_what_was_added_or_deleted_is_not_stable() -> None:
    assert keys([page(1, 2, 3)], [page(1, 3, 9)]) == {1, 3}


def test_an_entry_whose_content_changed_is_not_stable() -> None:
    assert keys([page(1, 2)], [page(1, 2, changed=2)]) == {1}


def test_an_entry_that_was_read_twice_as_it_moved_is_not_stable() -> None:
    # Entry 1 was modified between the two pages; in the second reading it is at the end.
    assert keys([page(1, 2), page(3, 1)], [page(2, 3), page(1)]) == {2, 3}


def test_an_entry_must_have_stood_still_in_every_kind_of_page() -> None:
    xml = page(1, 2, media_type="application/xml")
    # The order of entries 1 and 2 changed, so one of them moved; which one cannot be known.
    assert keys([page(1, 2), xml], [page(1, 2), page(2, 1, media_type="application/xml")]) in ({1}, {2})


def _lost(reference: list[Page], page: Page) -> Violation | None:
    missing = [key for key in reference[0].keys if key not in page.keys]
    return Violation("every entry", f"without {missing[0]}", [page.response]) if missing else None


class _Feed:
    """Returns prepared pages, the next one for each fresh request; the last one is repeated."""

    def __init__(self, *pages: Page) -> None:
        self.pages = list(pages)

    def __call__(self, fresh: bool) -> Page:
        return self.pages.pop(0) if fresh and len(self.pages) > 1 else self.pages[0]


def test_an_entry_that_is_lost_is_found_though_the_feed_moves_all_the_time() -> None:
    reference = _Feed(page(1, 2, 3, 4), page(1, 2, 3, 5), page(1, 2, 3, 6), page(1, 2, 3, 7))
    with pytest.raises(Violation, match="without 2"):
        confirm(lambda fresh: [reference(fresh)], lambda _: page(1, 3, 8), _lost)  # type: ignore[arg-type]


def test_an_entry_that_moved_is_not_taken_for_lost() -> None:
    reference = _Feed(page(1, 2, 3), page(1, 3, 4), page(1, 3, 4))
    subject = _Feed(page(1, 3, 2), page(1, 3, 4))
    confirm(lambda fresh: [reference(fresh)], subject, _lost)  # type: ignore[arg-type]


def _remaining(reference: list[Page], page: Page) -> Violation | None:
    told = reference[0].remaining
    return None if page.remaining == told else Violation(str(told), str(page.remaining), [page.response])


def test_one_entry_added_and_one_deleted_between_two_equal_pages_is_no_finding() -> None:
    subject = _Feed(page(1, remaining=6), page(1, remaining=5))
    confirm(lambda _: [page(1, remaining=5)], subject, _remaining, entries=False)  # type: ignore[arg-type]


def test_a_wrong_number_counts_when_it_comes_twice_between_equal_pages() -> None:
    with pytest.raises(Violation, match="expected 5"):
        confirm(lambda _: [page(1, remaining=5)], lambda _: page(1, remaining=6), _remaining, entries=False)  # type: ignore[arg-type]


def test_a_number_that_changes_with_every_request_is_undecided() -> None:
    reference = _Feed(*(page(1, remaining=left) for left in range(20, 0, -1)))
    with pytest.raises(Unconfirmed):
        confirm(lambda fresh: [reference(fresh)], lambda _: page(1, remaining=99), _remaining, entries=False)  # type: ignore[arg-type]
