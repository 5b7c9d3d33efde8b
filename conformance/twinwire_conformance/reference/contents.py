"""The contents of the synthetic feed: each value is a function of the seed, the entry's number and the member's name."""

from __future__ import annotations

import base64
import marshal
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from twinwire.errors import UsageError
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Field, Kind, Mode, Model, ModelRef, Scalar
from twinwire_conformance.reference.feed import mix

# Strings that codecs get wrong: markup, inner white space, other scripts, characters beyond the BMP. They become file names, so
# they contain no path separators.
_STEMS = (
    "front",
    "back & side",
    "detail <1>",
    'the "small" one',
    "it's",
    "café crème",
    "日本語",
    "smile 😀",
    "two  spaces",
    "naïve 'x' & <y>",
    "Привет",
    "100%",
    "a+b=c;d",
    "Größe №5",
)
# The number of items of an entry: mostly 1 to 3, and 0 for one entry in sixteen.
_ITEM_COUNTS = (1, 2, 0, 3, 1, 2, 4, 1, 2, 3, 1, 2, 1, 3, 2, 1)
_KEY_BITS = 40
# 2**32 divided by the golden ratio, as in Fibonacci hashing: consecutive numbers land far apart.
_KEY_STEP = 0x9E3779B1
_DEPTH = 4
_KEPT = 10_000


def png(value: int, size: int = 0) -> bytes:
    """Return a valid grey-scale PNG with one row of one to eight pixels.

    Args:
        value: A 64-bit number that determines width and pixels.
        size: The approximate minimum size in bytes, reached with padding; 0 for no padding.
    """
    width = 1 + value % 8
    row = b"\0" + value.to_bytes(8, "little")[:width]
    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(row, 0, wbits=9)), _chunk(b"IEND", b"")]
    missing = size - 8 - sum(map(len, parts))
    if missing > 12:
        # PNG stores padding in chunks. A lower-case first letter marks the chunk as ancillary, so every decoder skips it.
        parts.insert(2, _chunk(b"paDd", bytes([value % 256]) * (missing - 12)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@dataclass(frozen=True)
class Contents:
    """Builds the entries of a contract's feed as plain values by wire name.

    Args:
        contract: The contract that names the members and their types.
        seed: Selects the values; equal seeds give equal feeds.
        image_bytes: The minimum size of each binary in bytes.
        links: The prefix of the links in link mode.
    """

    contract: Contract
    seed: int = 0
    image_bytes: int = 0
    links: str = "https://images.example"
    _salts: dict[str, int] = field(default_factory=dict)
    _made: dict[tuple[int, str, str], bytes] = field(default_factory=dict)

    def entry(self, index: int, mode: Mode | None) -> dict[str, Any]:
        """Return one entry as a content mode represents it; the caller may change it.

        Args:
            index: The entry's number, from 0.
            mode: The content mode; None if the contract has no modes. Every mode lists the same items.
        """
        place = (index, mode.name if mode else "", self.links)
        made = self._made.get(place)
        if made is None:
            entry = self._build(index, mode)
            if not self.image_bytes and len(self._made) < _KEPT:
                # A test run requests the same entries again and again, and marshal is the fastest way to copy nested plain
                # values.
                self._made[place] = marshal.dumps(entry)
            return entry
        copied: dict[str, Any] = marshal.loads(made)  # noqa: S302 - the data was dumped above
        return copied

    def _build(self, index: int, mode: Mode | None) -> dict[str, Any]:
        feed = self.contract.feed
        ours = {choice.items[0].wire_name for choice in feed.modes.choices} if feed.modes else set()
        entry: dict[str, Any] = {feed.key.wire_name: self.key(index)}
        for member in feed.entry.fields:
            if member.wire_name not in ours and member.wire_name != feed.key.wire_name:
                self._put(entry, member, mix(self.seed, index), 0)
        if mode:
            self._put_items(entry, index, mode)
        return entry

    def key(self, index: int) -> int | str:
        """Return the key of an entry: unique and in no order.

        One key in eight lies above 2**53 where the type allows it, so that a JavaScript client or server that rounds integers
        is found.
        """
        scalar = _scalar(self.contract.feed.key)
        if scalar.kind is Kind.INTEGER:
            low, high = _bounds(scalar)
            if high - low >= 2**60 + 2**_KEY_BITS:
                return max(low, 1) + _shuffle(index, _KEY_BITS) + (2**60 if index % 8 == 5 else 0)
            return low + _shuffle(index, (high - low + 1).bit_length() - 1)
        room = _KEY_BITS if scalar.max_length is None else min(_KEY_BITS, 4 * scalar.max_length)
        number = _shuffle(index, room)
        digits = f"{number:0{-(-room // 4)}x}"
        # The decimal form is always longer than the hexadecimal one, so no two entries get the same key from different forms.
        decimal = f"{number:0{len(str(2**room))}d}"
        return _fit(scalar, self.contract.feed.key.wire_name, (f"sku-{digits}", digits, digits.upper(), decimal))

    def image(self, index: int, position: int) -> bytes | None:
        """Return the bytes that an item's link leads to, or None when the path names no item.

        They equal the bytes of the binary mode, if the contract has one.

        Args:
            index: The entry's number, from 0.
            position: The item's position within the entry, from 0.
        """
        modes = self.contract.feed.modes
        if modes is None or not 0 <= position < _count(mix(self.seed, index, 1)):
            return None
        for mode in modes.choices:
            if _scalar(mode.content).kind is Kind.BINARY:
                return base64.b64decode(self._item(index, position, mode)[mode.content.wire_name])
        return png(mix(self.seed, index, 2, position), self.image_bytes)

    def constant(self, member: Field) -> Any:
        """Return a value for a member that is the same in every response."""
        return self._value(member, mix(self._salt(member)), 0)

    def _put_items(self, entry: dict[str, Any], index: int, mode: Mode) -> None:
        seed = mix(self.seed, index, 1)
        count = _count(seed)
        if not count:
            return
        holder = entry
        for step in mode.items[:-1]:
            # An object on the way to the items (`images` around `image`) may have members of its own; they are filled like any
            # others.
            model = self._model(step)
            inside = {mode.items[-1].wire_name, *(other.wire_name for other in mode.items)}
            holder[step.wire_name] = holder = {}
            for member in model.fields:
                if member.wire_name not in inside:
                    self._put(holder, member, seed, 1)
        holder[mode.items[-1].wire_name] = [self._item(index, position, mode) for position in range(count)]

    def _item(self, index: int, position: int, mode: Mode) -> dict[str, Any]:
        seed = mix(self.seed, index, 2, position)
        modes = self.contract.feed.modes
        assert modes is not None
        model = self._model(mode.items[-1])
        name = f"{_STEMS[(seed >> 16) % len(_STEMS)]}-{index}-{position + 1}.png"
        item: dict[str, Any] = {}
        for member in model.fields:
            if member.wire_name == modes.position:
                item[member.wire_name] = 1 + 2 * position + seed % 2
            elif member.wire_name == modes.filename:
                item[member.wire_name] = _fit(_scalar(member), member.wire_name, (name, name[: _scalar(member).max_length]))
            elif member is mode.content and _scalar(member).kind is Kind.URI:
                item[member.wire_name] = f"{self.links}/{index}/{position + 1}?name={quote(name)}&v={seed % 100}"
            elif member is mode.content:
                item[member.wire_name] = self._value(member, mix(seed, self._salt(member)), _DEPTH)
            else:
                # The seed leaves out the mode: members that both modes have must have the same value in each.
                self._put(item, member, seed, 2)
        return item

    def _put(self, holder: dict[str, Any], member: Field, seed: int, depth: int) -> None:
        seed = mix(seed, self._salt(member))
        # An optional member is absent in one entry of five, and always at this depth, so that recursive models end.
        if not member.required and (depth >= _DEPTH or seed % 5 == 0):
            return
        if depth >= _DEPTH + 4:
            raise UsageError(
                f"the model of {member.wire_name!r} requires itself recursively", "make a member on that path optional"
            )
        if member.many:
            count = seed // 7 % 4
            values = [self._value(member, mix(seed, number), depth + 1) for number in range(count)]
            if values or member.required:
                holder[member.wire_name] = values
        else:
            holder[member.wire_name] = self._value(member, seed, depth + 1)

    def _value(self, member: Field, seed: int, depth: int) -> Any:
        if isinstance(member.type, ModelRef):
            value: dict[str, Any] = {}
            for inner in self._model(member).fields:
                self._put(value, inner, seed, depth)
            return value
        scalar = member.type
        if scalar.enum:
            return scalar.enum[seed % len(scalar.enum)]
        return _MAKERS[scalar.kind](self, member, scalar, seed)

    def _binary(self, _member: Field, _scalar: Scalar, seed: int) -> str:
        return base64.b64encode(png(seed, self.image_bytes)).decode("ascii")

    def _model(self, member: Field) -> Model:
        assert isinstance(member.type, ModelRef)
        return self.contract.model(member.type)

    def _salt(self, member: Field) -> int:
        return self._salts.setdefault(member.wire_name, zlib.crc32(member.wire_name.encode()))


def _count(seed: int) -> int:
    return _ITEM_COUNTS[seed % len(_ITEM_COUNTS)]


def _scalar(member: Field) -> Scalar:
    assert isinstance(member.type, Scalar)
    return member.type


def _bounds(scalar: Scalar) -> tuple[int, int]:
    low = INT64_MIN if scalar.minimum is None else scalar.minimum
    high = INT64_MAX if scalar.maximum is None else scalar.maximum
    return low, high


def _shuffle(index: int, bits: int) -> int:
    # Multiplication by an odd number permutes the residues modulo 2**bits, so the keys are unique.
    # Example with 3 bits and step 5: 0, 1, 2, 3, 4, 5, 6, 7 -> 0, 5, 2, 7, 4, 1, 6, 3 (before 12345 is added).
    if index >> bits:
        raise UsageError(f"the key's type cannot hold entry {index}", "serve fewer entries")
    return index * _KEY_STEP + 12345 & (1 << bits) - 1


def _fit(scalar: Scalar, name: str, candidates: tuple[str, ...]) -> str:
    # The first candidate that satisfies the length and the pattern is taken; padding with "x" reaches the minimum length.
    for candidate in candidates:
        text = candidate.ljust(scalar.min_length or 0, "x")
        short = scalar.max_length is None or len(text) <= scalar.max_length
        if short and (scalar.pattern is None or re.search(scalar.pattern, text)):
            return text
    raise UsageError(f"the reference server cannot generate values of {name!r}", "relax its pattern, minLength or maxLength")


def _integer(_contents: Contents, _member: Field, scalar: Scalar, seed: int) -> int:
    low, high = _bounds(scalar)
    if high - low == 2**64 - 1:
        # All magnitudes and both signs, so that implementations with 32-bit integers or doubles are found.
        return (seed >> (8 + seed % 48)) - (seed % 3 << 20)
    return low + seed % (high - low + 1)


def _number(_contents: Contents, _member: Field, scalar: Scalar, seed: int) -> float:
    low = -1000 if scalar.minimum is None else scalar.minimum
    high = low + 4000 if scalar.maximum is None else scalar.maximum
    # Multiples of 0.25 are exact in binary, so every decoder gives the same number.
    return low + seed % (4 * (high - low) + 1) / 4


def _boolean(_contents: Contents, _member: Field, _scalar: Scalar, seed: int) -> bool:
    return bool(seed & 1)


def _uri(_contents: Contents, member: Field, _scalar: Scalar, seed: int) -> str:
    return f"https://images.example/{quote(member.wire_name)}/{seed % 10**6}?a=1&b=2"


def _string(_contents: Contents, member: Field, scalar: Scalar, seed: int) -> str:
    stem, number = _STEMS[(seed >> 16) % len(_STEMS)], seed % 10**4
    if scalar.pattern is None:
        return _fit(scalar, member.wire_name, (f"{stem} {number}"[: scalar.max_length],))
    return _fit(scalar, member.wire_name, (stem, str(number), f"{number:x}", f"A{number}", f"a{number}", "A", "a", "0"))


_MAKERS: dict[Kind, Callable[[Contents, Field, Scalar, int], Any]] = {
    Kind.STRING: _string,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.BINARY: Contents._binary,
    Kind.URI: _uri,
}
