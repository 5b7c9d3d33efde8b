"""Duplicate member names in JSON are found, with their paths, in bounded time."""

from __future__ import annotations

import json
import time

import pytest

from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.decoding import ResultDecoder


def repeated(text: str) -> tuple[str, ...]:
    return ResultDecoder(packaged_contract()).json(text.encode(), None).repeated


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('{"token": "1", "token": "1"}', ("$.token",)),
        ('{"token": "1", "token": null}', ("$.token",)),
        # An escape in a name does not make it a different name.
        ('{"token": "1", "\\u0074oken": "2"}', ("$.token",)),
        ('{"x": 1, "x": 2, "y": 3, "x": 4}', ("$.x",)),
        ('{"x": [[{"y": {"z": 1, "z": 1}}]]}', ("$.x[0][0].y.z",)),
        ('{"product": [{"product_id": 1}, {"product_id": 1, "product_id": 2}]}', ("$.product[1].product_id",)),
        ('{"": 1, "": 2}', ("$.",)),
        ('{"a": {"b": 1, "b": 2}, "a": 3}', ("$.a",)),
        ('{"a": {"b": 1, "b": 2}, "c": {"b": 1, "b": 2}}', ("$.a.b", "$.c.b")),
        ('{"n": ' + "9" * 5000 + ', "n": 1}', ("$.n",)),
    ],
)
def test_a_name_that_stands_twice_in_an_object_is_named_by_its_path(text: str, paths: tuple[str, ...]) -> None:
    assert repeated(text) == paths


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a": {"a": 1}, "A": 2}',
        '{"x": [{"a": 1}, {"a": 1}]}',
        '{"a": "\\"b\\": 1, \\"b\\": 2"}',
        # JSON compares names code point by code point: composed and decomposed forms differ.
        '{"e\\u0301": 1, "\\u00e9": 2}',
    ],
)
def test_names_that_differ_or_stand_in_different_objects_are_not_repeated(text: str) -> None:
    assert repeated(text) == ()


def test_of_a_name_that_stands_twice_the_last_value_counts() -> None:
    assert ResultDecoder(packaged_contract()).json(b'{"returncode": 1, "returncode": 0}', None).value == {"returncode": 0}


def test_many_repeated_names_are_named_in_bounded_number_and_time() -> None:
    entry = '{"x": 1, "x": 2}'
    begin = time.process_time()
    # At most 20 paths are reported.
    assert len(repeated('{"more": [' + ",".join([entry] * 100_000) + "]}")) == 20
    assert time.process_time() - begin < 10


def test_repeated_names_far_inside_cost_no_more_than_their_document() -> None:
    inner = ",".join(["{}"] * 200_000)
    # A path of 500 long names would be larger than the document if it were built for every object.
    text = '{"' + "n" * 1000 + '": ' + '{"n": ' * 500 + f'[{{"x": [{inner}]}}, {{"x": 1, "x": 2}}]' + "}" * 501
    begin = time.process_time()
    (path,) = repeated(text)
    assert path.startswith("….n.n")
    assert path.endswith(".n[1].x")
    assert time.process_time() - begin < 10


def test_looking_for_repeated_names_is_cheap() -> None:
    links = [
        {"sequence": n, "imagefilename": f"{n}.png", "imageURL": f"https://images.example/{n}.png"} for n in range(100_000)
    ]
    text = json.dumps({"returncode": 0, "product": [{"product_id": 1, "imagesURL": links}]})
    begin = time.process_time()
    assert repeated(text) == ()
    assert time.process_time() - begin < 10
