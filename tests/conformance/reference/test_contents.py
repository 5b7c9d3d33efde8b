"""The synthetic feed's contents: valid images, unique keys, and values within the constraints of any contract."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference_calls
from twinwire.errors import UsageError
from twinwire.ir import Contract, Field, Kind, Scalar
from twinwire_conformance.reference import create_app
from twinwire_conformance.reference.contents import Contents, png

CONTRACT = reference_calls.images()
CONTENTS = Contents(CONTRACT)
MODES = {mode.name: mode for mode in CONTRACT.feed.modes.choices} if CONTRACT.feed.modes else {}
SAMPLE = range(400)


def listed(index: int, mode: str) -> list[dict[str, Any]]:
    entry = CONTENTS.entry(index, MODES[mode])
    found: list[dict[str, Any]] = entry.get("imagesURL", []) if mode == "URL" else entry.get("images", {}).get("image", [])
    return found


def chunks(image: bytes) -> list[tuple[bytes, bytes]]:
    # An independent PNG parser: each chunk is length, type, data and CRC-32 (PNG specification, section 5.3).
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    found, place = [], 8
    while place < len(image):
        [size] = struct.unpack_from(">I", image, place)
        kind, data = image[place + 4 : place + 8], image[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", image, place + 8 + size) == (zlib.crc32(kind + data),)
        found.append((kind, data))
        place += 12 + size
    return found


@given(st.integers(0, 2**64 - 1), st.sampled_from([0, 50, 100, 4096]))
def test_images_are_valid_png_files_of_the_size_asked_for(value: int, size: int) -> None:
    image = png(value, size)
    parts = chunks(image)
    [width, height] = struct.unpack_from(">II", parts[0][1])
    assert [kind for kind, _ in parts if kind != b"paDd"] == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(parts[1][1])) == (width + 1) * height
    assert max(60, size) <= len(image) <= max(100, size + 12)


def test_images_need_every_sort_of_padding_and_every_letter_of_the_alphabet() -> None:
    texts = [item["binaryimage"] for index in SAMPLE for item in listed(index, "binary")]
    # Images whose lengths differ modulo 3 give all three paddings; a missing "+" or "/" would hide a wrong alphabet.
    assert {len(text) - len(text.rstrip("=")) for text in texts} == {0, 1, 2}
    assert {"+", "/"} <= set("".join(texts))
    assert all(chunks(base64.b64decode(text, validate=True)) for text in texts)


def test_both_modes_list_the_same_images() -> None:
    def shared(item: dict[str, Any]) -> tuple[int, str]:
        return item["sequence"], item["imagefilename"]

    for index in SAMPLE:
        assert [shared(item) for item in listed(index, "URL")] == [shared(item) for item in listed(index, "binary")]


def test_products_have_none_to_four_images_in_ascending_sequence() -> None:
    counts = [len(listed(index, "URL")) for index in SAMPLE]
    assert set(counts) == {0, 1, 2, 3, 4}
    assert sum(1 <= count <= 3 for count in counts) > len(counts) * 0.7
    for index in SAMPLE:
        places = [item["sequence"] for item in listed(index, "URL")]
        assert places == sorted(set(places))


def test_file_names_hold_markup_and_other_scripts_but_are_plain() -> None:
    names = "".join(item["imagefilename"] for index in SAMPLE for item in listed(index, "URL"))
    assert set("&<>\"'é日😀П") <= set(names)
    assert "  " in names
    assert not set("/\\:\t\n\r\0") & set(names)


def test_links_are_absolute() -> None:
    for index in SAMPLE:
        for item in listed(index, "URL"):
            parts = urlsplit(item["imageURL"])
            assert (parts.scheme, parts.hostname) == ("https", "images.example")
            # A non-ASCII URL would be an IRI, which IMAGE-03 rejects.
            assert item["imageURL"].isascii()


def test_keys_are_unique_unordered_and_some_are_beyond_a_double() -> None:
    keys = [CONTENTS.key(index) for index in range(5000)]
    assert len(set(keys)) == len(keys)
    assert keys != sorted(keys, key=int)
    large = [int(key) for key in keys if int(key) > 2**53]
    # One key in eight, with some tolerance.
    assert len(keys) / 20 < len(large) < len(keys) / 4
    assert any(int(float(key)) != key for key in large)


def with_key(scalar: Scalar) -> Contract:
    feed = CONTRACT.feed
    key = replace(feed.key, type=scalar)
    entry = replace(feed.entry, fields=tuple(key if field is feed.key else field for field in feed.entry.fields))
    return replace(CONTRACT, models={**CONTRACT.models, entry.name: entry}, feed=replace(feed, key=key, entry=entry))


@pytest.mark.parametrize(
    "scalar",
    [
        Scalar(Kind.INTEGER, minimum=0, maximum=4095),
        Scalar(Kind.INTEGER, minimum=-5000, maximum=-1),
        Scalar(Kind.INTEGER, minimum=-(2**63), maximum=2**63 - 1),
        Scalar(Kind.STRING, max_length=5),
        Scalar(Kind.STRING, min_length=30, max_length=30),
        Scalar(Kind.STRING, pattern="^[0-9A-F]+$"),
        Scalar(Kind.STRING, pattern="^sku-"),
    ],
)
def test_keys_keep_their_constraints(scalar: Scalar) -> None:
    # `with_key` changes the key's type in the contract; the feed's other members stay as they are.
    contents = Contents(with_key(scalar))
    keys = [contents.key(index) for index in range(2000)]
    assert len(set(keys)) == 2000
    for key in keys:
        if isinstance(key, int):
            assert (scalar.minimum or 0) <= key <= (scalar.maximum or 0)
        else:
            assert (scalar.min_length or 0) <= len(key) <= (scalar.max_length or 99)


@pytest.mark.parametrize(
    "scalar",
    [Scalar(Kind.INTEGER, minimum=1, maximum=20), Scalar(Kind.STRING, max_length=1), Scalar(Kind.STRING, pattern="^[xyz]{9}$")],
)
def test_a_key_that_cannot_be_made_is_said_at_the_start(scalar: Scalar) -> None:
    with pytest.raises(UsageError):
        create_app(with_key(scalar), products=1200)


def values_of(contract: Contract, wire_name: str) -> list[Any]:
    contents = Contents(contract)
    return [entry[wire_name] for index in range(200) if wire_name in (entry := contents.entry(index, None))]


def test_members_that_the_feed_knows_nothing_of_keep_their_constraints() -> None:
    contract = reference_calls.parcels()
    assert all(1 <= grams <= 30000 for grams in values_of(contract, "grams"))
    assert set(values_of(contract, "kind")) == {"letter", "box"}
    assert set(values_of(contract, "fragile")) == {True, False}
    assert all(len(note) <= 30 for note in values_of(contract, "note"))
    assert all(party["code"].isdigit() for party in values_of(contract, "sender") if "code" in party)
    assert {len(stops) for stops in values_of(contract, "stops")} == {1, 2, 3}
    assert len(values_of(contract, "grams")) == 200 > len(values_of(contract, "price")) > 100


def test_a_member_whose_pattern_is_beyond_us_is_said_at_the_start() -> None:
    contract = reference_calls.parcels()
    party = contract.models["Party"]
    strange = tuple(_with_pattern(field) if field.wire_name == "name" else field for field in party.fields)
    models = {**contract.models, "Party": replace(party, fields=strange)}
    with pytest.raises(UsageError, match="cannot generate values of 'name'"):
        create_app(replace(contract, models=models))


def _with_pattern(field: Field) -> Field:
    return replace(field, type=Scalar(Kind.STRING, pattern="^[xyz]{9}$"))
