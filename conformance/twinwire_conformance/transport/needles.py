"""Search patterns for all forms of secrets, matched against folded text.

Folding removes differences that servers introduce when they echo a value: letter case, and spaces, plus signs and control
characters in place of each other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

LEAST: Final = 4
"""The shortest secret to search for, in characters. Shorter ones are redacted only in the request itself."""
PLAIN: Final = 8
"""The shortest secret, in characters, that is also found within a longer word."""
_SURE: Final = 6
"""The fewest letters and digits of a secret for which replaced characters are guessed."""
_LOST: Final = 4
"""The most bytes that may replace one character."""

_CREDENTIAL: Final = re.compile(r"[A-Za-z][\w-]* +(\S.*)")
_PAIRS: Final = re.compile(r"(?:^|[;,\s])\s*[\w!#$%&'*+.^`|~-]+=(?:\"([^\"]*)\"|([^;,\s\"]*))")
_FOLD: Final = bytes(
    32 if byte < 32 or byte in (0x2B, 0x7F) else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)
)
_GUESSED: Final = re.compile(rb"[^\x21-\x7e]+")


def fold(data: bytes) -> bytes:
    """Fold data byte by byte, so that a lossy echo equals the original.

    Example: ``Abc+D`` and ``abc d`` both become ``abc d``.
    """
    return data.translate(_FOLD)


def parts(value: str) -> Iterator[str]:
    """Yield a secret and those of its parts that are secrets themselves.

    The parts are the credentials after an authentication scheme, the password of Basic with and without the user, and the
    values of ``name=value`` pairs in cookies and Digest. Example: ``Basic dTpwdw==`` also yields ``dTpwdw==``, ``u:pw`` and
    ``pw``.
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
    """Return the bytes of a secret in UTF-8, and in Latin-1 where that is possible and different."""
    found = [value.encode("utf-8", "surrogateescape")]
    if not value.isascii() and max(value) < "\u0100":
        found.append(value.encode("latin-1"))
    return found


def pattern(values: Iterable[str], *, alone: bool) -> re.Pattern[bytes] | None:
    """Return one pattern for every folded form of the secrets; None without secrets.

    Args:
        values: The secrets.
        alone: Match only whole words, that is, not between letters and digits.
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
    """Yield the hexadecimal, base32 and base64 forms of a secret. They also match in short words, which are not decoded."""
    yield data.hex().encode("ascii")
    yield base64.b32encode(data).rstrip(b"=")
    for coded in _base64_forms(data):
        yield from (coded, coded.translate(bytes.maketrans(b"+/", b"-_")))


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Yield the base64 forms of data: alone, and within longer data at each of three alignments.

    Within longer data, the first and last characters also depend on neighbouring bytes and are left out.
    """
    yield base64.b64encode(data).rstrip(b"=")
    if len(data) >= PLAIN:
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + data).rstrip(b"=")
            yield encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]


def _guessing(data: bytes) -> Iterator[bytes]:
    """Yield a pattern with wildcards for characters that echoes often replace, those outside printable ASCII.

    Example: ``pässword`` gives ``p[^0-9a-z]{0,8}ssword``, which matches ``p?ssword``.
    """
    data = fold(data).strip()
    sure = _GUESSED.split(data)
    if len(sure) > 1 and sum(bytes((byte,)).isalnum() for byte in b"".join(sure)) >= _SURE:
        lost = [len(match[0]) for match in _GUESSED.finditer(data)]
        pieces = [re.escape(sure[0])]
        for count, piece in zip(lost, sure[1:], strict=True):
            pieces.append(b"[^0-9a-z]{0,%d}" % (_LOST * count) + re.escape(piece))
        yield b"".join(pieces)


def _trie(words: Iterable[bytes]) -> bytes:
    """Return a pattern that matches the longest of some words and compares shared prefixes only once.

    Example: ``abc``, ``abd`` and ``ab`` give ``ab(?:c|d)?``.
    """
    root: dict[int, Any] = {}
    for word in words:
        node = root
        for byte in word:
            node = node.setdefault(byte, {})
        node[-1] = {}
    return _written(root)


def _written(node: dict[int, Any]) -> bytes:
    # A loop instead of recursion for each byte, because a secret may be longer than the recursion limit.
    chain = b""
    while len(node) == 1 and -1 not in node:
        byte, node = next(iter(node.items()))
        chain += re.escape(bytes((byte,)))
    ends = -1 in node
    branches = [re.escape(bytes((byte,))) + _written(inner) for byte, inner in sorted(node.items()) if byte != -1]
    if not branches:
        return chain
    return chain + b"(?:%s)%s" % (b"|".join(branches), b"?" if ends else b"")
