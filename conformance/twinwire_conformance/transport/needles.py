"""Needles: the forms of secrets that are searched for, each as one pattern over folded text.

Folding makes alike what a lossy echo makes alike: letters of either case, and a space, a plus and a control character.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

LEAST: Final = 4
"""Shorter secrets, in characters, are hidden only where they are sent: anywhere else they would deface the text."""
PLAIN: Final = 8
"""Shorter secrets, in characters, are found only where they stand alone."""
_SURE: Final = 6
"""The letters and digits that a secret must have for the other characters to be guessed."""
_LOST: Final = 4
"""The most bytes that may stand for one character that was replaced."""

_CREDENTIAL: Final = re.compile(r"[A-Za-z][\w-]* +(\S.*)")
_PAIRS: Final = re.compile(r"(?:^|[;,\s])\s*[\w!#$%&'*+.^`|~-]+=(?:\"([^\"]*)\"|([^;,\s\"]*))")
_FOLD: Final = bytes(
    32 if byte < 32 or byte in (0x2B, 0x7F) else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)
)
_GUESSED: Final = re.compile(rb"[^\x21-\x7e]+")


def fold(data: bytes) -> bytes:
    """Return data of the same length in which a lossy echo of a text is equal to the text."""
    return data.translate(_FOLD)


def parts(value: str) -> Iterator[str]:
    """Yield a secret and the parts of it that are secret by themselves.

    They are the credentials after a scheme, the user and password of Basic, the values of ``name=value`` pairs, as cookies
    and Digest have them, and each of them without white space around it.
    """
    yield value
    yield value.strip()
    for quoted, plain in _PAIRS.findall(value):
        yield quoted or plain
    credential = _CREDENTIAL.fullmatch(value)
    if credential is None:
        return
    yield credential[1]
    try:
        user, colon, password = base64.b64decode(credential[1], validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return
    if colon:
        yield from (f"{user}:{password}", password)


def plain_forms(value: str) -> list[bytes]:
    """Return the bytes of a secret, in UTF-8 and, where it differs and there is one, in Latin-1."""
    found = [value.encode("utf-8", "surrogateescape")]
    if not value.isascii() and max(value) < "\u0100":
        found.append(value.encode("latin-1"))
    return found


def pattern(values: Iterable[str], *, alone: bool) -> re.Pattern[bytes] | None:
    """Return one pattern for every form of secrets, folded; None when there are none.

    Args:
        values: The secrets.
        alone: Find them only between other characters than letters and digits.
    """
    literal: set[bytes] = set()
    guessed: set[bytes] = set()
    for value in values:
        for data in plain_forms(value):
            literal.update(fold(form) for form in (data, *_coded_forms(data)))
            guessed.update(_guessing(data))
    alternatives = [_trie(literal), *sorted(guessed)] if literal else []
    if not alternatives:
        return None
    found = b"|".join(alternatives)
    return re.compile(rb"(?<![0-9a-z])(?:%s)(?![0-9a-z])" % found if alone else found, re.DOTALL)


def _coded_forms(data: bytes) -> Iterator[bytes]:
    """Yield the forms of a secret in codings, also in short words and in other case, where none is decoded."""
    yield data.hex().encode("ascii")
    yield base64.b32encode(data).rstrip(b"=")
    for coded in _base64_forms(data):
        yield from (coded, coded.translate(bytes.maketrans(b"+/", b"-_")))


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of data, alone and amid others: there, the characters that depend on nothing but it."""
    yield base64.b64encode(data).rstrip(b"=")
    if len(data) >= PLAIN:
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + data).rstrip(b"=")
            yield encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]


def _guessing(data: bytes) -> Iterator[bytes]:
    """Yield a pattern that takes anything for the characters that echoes often replace: those beyond printable ASCII."""
    data = fold(data).strip()
    sure = _GUESSED.split(data)
    if len(sure) > 1 and sum(bytes((byte,)).isalnum() for byte in b"".join(sure)) >= _SURE:
        lost = [len(match[0]) for match in _GUESSED.finditer(data)]
        pieces = [re.escape(sure[0])]
        for count, piece in zip(lost, sure[1:], strict=True):
            pieces.append(b"[^0-9a-z]{0,%d}" % (_LOST * count) + re.escape(piece))
        yield b"".join(pieces)


def _trie(words: Iterable[bytes]) -> bytes:
    """Return a pattern for the longest of some words, which compares each beginning that they share only once."""
    root: dict[int, Any] = {}
    for word in words:
        node = root
        for byte in word:
            node = node.setdefault(byte, {})
        node[-1] = {}
    return _written(root)


def _written(node: dict[int, Any]) -> bytes:
    # Not one call for each byte: a secret may be longer than Python calls may be deep.
    chain = b""
    while len(node) == 1 and -1 not in node:
        byte, node = next(iter(node.items()))
        chain += re.escape(bytes((byte,)))
    ends = -1 in node
    branches = [re.escape(bytes((byte,))) + _written(inner) for byte, inner in sorted(node.items()) if byte != -1]
    if not branches:
        return chain
    return chain + b"(?:%s)%s" % (b"|".join(branches), b"?" if ends else b"")
