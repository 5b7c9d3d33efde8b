"""Whether a text is UTF-8, looked at in steps: the answer and the place of an error are those of the whole."""

from __future__ import annotations

import random

import pytest

from product_images import DecodeError
from product_images._charset import _STEP, check_utf8

CHARACTERS = "\u00e9\u20ac\U0001f600"


def verdict(text: bytes) -> str | None:
    try:
        check_utf8(text)
    except DecodeError as error:
        return str(error)
    return None


def same(text: bytes) -> bool:
    """Say whether the verdict is that of decoding the whole."""
    found = verdict(text)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start}: {error.reason}" in (found or "")
    return found is None


@pytest.mark.parametrize("character", CHARACTERS)
@pytest.mark.parametrize("offset", range(-4, 2))
@pytest.mark.parametrize("after", [0, 1, _STEP])
def test_a_character_may_lie_across_two_steps(character: str, offset: int, after: int) -> None:
    text = b"x" * (_STEP + offset) + character.encode() + b"x" * after
    assert verdict(text) is None
    cut = text[: _STEP + offset + 1] + b"x" * after
    assert verdict(cut) is not None


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\x80", b"\x80"])
@pytest.mark.parametrize("length", [0, 1, _STEP - 3, _STEP - 2, _STEP - 1, _STEP, _STEP + 1, 3 * _STEP])
def test_the_place_of_an_error_is_that_in_the_whole(bad: bytes, length: int) -> None:
    for text in ("\u00e9".encode() + b"x" * length + bad, b"x" * length + bad + b"x" * _STEP):
        assert same(text)
        assert verdict(text) is not None


def test_it_says_what_decoding_the_whole_says() -> None:
    source = random.Random(1)
    for _ in range(300):
        text = bytearray("".join(source.choices("ab" + CHARACTERS, k=_STEP // 2)).encode())
        for _ in range(source.randrange(2)):
            text[source.randrange(len(text))] = source.randrange(256)
        assert same(bytes(text))
