# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Where an image lies: ``<key of its entry>/<position>-<file name>``, safe whatever the server says.

Keys and names come from the server. No two images share a path, on file systems that fold case or normalise Unicode too:
every file name begins with the image's position, which its entry has once, and a directory's name is either the key, when
that is a number or plain lower case, or ends in a hash of it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

# What Windows takes for devices; none of them is a directory.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
# Nothing in here is another's upper case, or begins like a hidden file: the mirror's own directory does.
_PLAIN_KEY = re.compile(r"-?[0-9]{1,20}|[a-z][a-z0-9_-]{0,59}")
_HASHED_KEY = re.compile(r"[a-z0-9_-]{0,40}~[a-z2-7]{26}")
# A place, and a name without what a file system or a terminal could take for something else.
_FILE = re.compile(r"-?[0-9]{1,20}(?:\.[1-9][0-9]{0,19})?-([^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\:*?\"<>|]+)")
_FORBIDDEN = frozenset('/\\:*?"<>|')
# Controls, formats such as the marks that turn the direction of writing, surrogates, private and unassigned characters.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# File systems take 255 bytes or UTF-16 units for one name; the position takes up to 30 of them.
_MAX_BYTES = 200
_MAX_SUFFIX = 16


def folder(key: str) -> str:
    """Return the name of the directory for the images of an entry: one component of a path, and each key has its own."""
    if _PLAIN_KEY.fullmatch(key) and not _DEVICES.fullmatch(key):
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]
    readable = re.sub(r"[^a-z0-9_-]+", "_", unicodedata.normalize("NFKC", key).casefold())[:40].strip("-_")
    # The tilde is in no plain key. 128 bits, for a server may look for two keys that collide.
    return f"{readable}~{base64.b32encode(digest).decode('ascii').rstrip('=').lower()}"


def file(position: int, occurrence: int, filename: str) -> str:
    """Return the file name of an image: one component of a path, no longer than file systems allow.

    ``occurrence`` counts the images before it that its entry lists at the same position, which is a fault of the server.
    """
    return f"{place(position, occurrence)}-{plain(filename)}"


def place(position: int, occurrence: int) -> str:
    """Return what a file name begins with, up to the hyphen; no two images of an entry have it in common."""
    return f"{position}.{occurrence}" if occurrence else f"{position}"


def place_prefix(path: str) -> str:
    """Return the part of a path that no other image has: up to the hyphen after its place."""
    directory, _, name = path.partition("/")
    # The position may have a sign.
    return f"{directory}/{name[: name.index('-', 1) + 1]}"


def is_path(text: str) -> bool:
    """Say whether a text has the form of a path that is made here: a directory, a slash and a file name.

    It goes by characters that mean something to a file system, not by all that Unicode lists: that grows with each version
    of Python, and a manifest outlives them.
    """
    directory, slash, name = text.partition("/")
    if not slash or not (_PLAIN_KEY.fullmatch(directory) or _HASHED_KEY.fullmatch(directory)) or _DEVICES.fullmatch(directory):
        return False
    found = _FILE.fullmatch(name)
    return found is not None and len(found[1].encode("utf-8")) <= _MAX_BYTES and not found[1].endswith((".", " "))


def plain(filename: str) -> str:
    """Return a file name without what a file system or a terminal could take for something else."""
    text = unicodedata.normalize("NFC", filename)
    text = "".join("_" if char in _FORBIDDEN or unicodedata.category(char) in _UNSAFE else char for char in text)
    # Windows drops dots and spaces at the end.
    text = _shortened(text).strip().rstrip(". ")
    return text or "image"


def _shortened(text: str) -> str:
    data = text.encode("utf-8")
    if len(data) <= _MAX_BYTES:
        return text
    stem, dot, suffix = text.rpartition(".")
    end = (dot + suffix).encode("utf-8") if stem else b""
    if len(end) > _MAX_SUFFIX:
        end = b""
    # Cut between characters.
    return data[: _MAX_BYTES - len(end)].decode("utf-8", "ignore") + end.decode("utf-8")
