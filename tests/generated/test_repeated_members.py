"""The short cuts that find no repeated member in a JSON text, against an exact check of each object."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from product_images import DecodeError, _json_text, decode_json
from product_images._json_text import has_more_commas, has_no_repeated
from product_images._settings import DecodeSettings
from product_images.codec import CODEC

ROUNDS = 4000
# Texts that look like members, hold commas in several spellings, or are escaped in part.
TEXTS = [
    *('""', '"a"', '"a, b"', '"a\\u002c b"', '"a\\u002C b"', '"\\\\u002c"', '"\\\\"', '"Größe"', '"]},{"', '"null"'),
    *('"\\",\\"token\\":\\"5"', '"\\"token\\":1,\\"token\\":1"'),
]
SCALARS = [*TEXTS, "0", "-7", "1.5e3", "true", "null"]
UNKNOWN = ['"later"', '"l\\u0061ter"', '"a,b"', '"a\\u002cb"', '""', '"Größe"', '"product_id "']


class Writer:
    """Writes results, some with members that nobody knows, that are null, or that come twice."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._repeats = draw.random() < 0.5
        self._strange = draw.random() < 0.5
        self._space = draw.choice(["", "", " ", "\n\t"])

    def result(self) -> str:
        members = [("returncode", "0"), ("product", self._array(self._product)), ("warnings", self._array(self._text))]
        members += [(name, self._text()) for name in ("token", "version", "returnmsg") if self._draw.random() < 0.5]
        return self._object(members)

    def _product(self) -> str:
        links, images = self._array(self._link), self._object([("image", self._array(self._image))])
        collections = self._draw.choice([[("imagesURL", links)], [("images", images)], [], [("imagesURL", "null")]])
        return self._object([("product_id", "41"), *collections])

    def _link(self) -> str:
        return self._object([("sequence", "1"), ("imagefilename", self._text()), ("imageURL", '"https://a.example/?b=1,2"')])

    def _image(self) -> str:
        return self._object([("sequence", "1"), ("imagefilename", self._text()), ("binaryimage", '"AAAA"')])

    def _text(self) -> str:
        return self._draw.choice(TEXTS)

    def _array(self, item: Any) -> str:
        return f"[{f',{self._space}'.join(item() for _ in range(self._draw.choice((0, 1, 2, 3))))}]"

    def _unknown(self, depth: int = 0) -> str:
        way = self._draw.random()
        if way < 0.5 or depth > 2:
            return self._draw.choice(SCALARS)
        if way < 0.7:
            return self._array(lambda: self._unknown(depth + 1))
        return self._object([], depth + 1)

    def _object(self, members: list[tuple[str, str]], depth: int = 0) -> str:
        written = [(f'"{name}"', value) for name, value in members]
        if self._strange and self._draw.random() < 0.3:
            names = self._draw.sample(UNKNOWN, self._draw.choice((1, 2)))
            written += [(name, self._unknown(depth)) for name in names]
        if self._repeats and written and self._draw.random() < 0.1:
            name, value = self._draw.choice(written)
            other = self._draw.choice([value, value, "null", self._unknown(3)])
            written.insert(self._draw.randrange(len(written) + 1), (self._respelt(name), other))
        return f"{{{f',{self._space}'.join(f'{name}:{self._space}{value}' for name, value in written)}}}"

    def _respelt(self, name: str) -> str:
        return name if len(name) < 3 or "\\" in name or self._draw.random() < 0.7 else f'"\\u{ord(name[1]):04x}{name[2:]}'


def repeats(text: str) -> bool:
    """Return whether any object has two members of one name: the exact check, object by object."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


def outcome(decode: Any) -> Any:
    try:
        return decode()
    except DecodeError as error:
        return str(error)


@pytest.mark.parametrize("most_written", [1024 * 1024, 0], ids=["as texts of a usual size", "as large texts"])
def test_a_repeated_member_is_refused_wherever_it_is_and_nothing_else_is(
    most_written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_json_text, "_MOST_WRITTEN", most_written)
    seed = random.SystemRandom().getrandbits(32)
    draw = random.Random(seed)
    refused = known = 0
    for _ in range(ROUNDS):
        text = Writer(draw).result()
        exact = repeats(text)
        found = outcome(lambda text=text: decode_json(text))
        message = f"seed {seed}: {text}"
        assert found == outcome(lambda text=text: CODEC.plain.decode_json(text, None, DecodeSettings())), message
        assert exact == (isinstance(found, str) and "member twice" in found), message
        assert not (exact and has_no_repeated(text.encode())), message
        refused += exact
        known += has_no_repeated(text.encode())
    # Enough of either for an agreement to say something.
    assert refused > ROUNDS / 20
    assert known > ROUNDS / 20 or not most_written


@pytest.mark.parametrize("text", ["", ",", "a", "a,b", ",,,", "a,b,", '{"a":1,"b":","}'])
def test_commas_are_counted_up_to_a_number(text: str) -> None:
    for number in range(-1, 6):
        assert has_more_commas(text.encode(), number) == (text.count(",") > max(number, 0))


def test_commas_of_a_large_text_are_counted_without_a_copy() -> None:
    text = b"x," * 3_000_000
    assert has_more_commas(text, 2_999_999)
    assert not has_more_commas(text, 3_000_000)
