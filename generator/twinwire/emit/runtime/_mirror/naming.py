"""Paths of images: ``<key of its entry>/<position>-<file name>``, safe for any key and name that a server sends.

Two images never share a path, not even on file systems that fold case or normalise Unicode: a file name begins with the
image's position, which is unique in its entry, and a directory is named by the key if that is a number or plain lower case,
otherwise by a readable part and a hash. Example: key ``4711``, position 2, name ``a/b.jpg`` -> a file in ``4711/`` whose name
begins with ``2-`` and holds no slash; key ``ABC`` -> a directory with a hash after ``~``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

# Device names on Windows, which cannot be used for directories.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
# Keys used unchanged: without upper case, so that folding case cannot merge two, and without a leading dot, which hidden
# files and the mirror's own directory have.
_PLAIN_KEY = re.compile(r"-?[0-9]{1,20}|[a-z][a-z0-9_-]{0,59}")
_HASHED_KEY = re.compile(r"[a-z0-9_-]{0,40}~[a-z2-7]{26}")
# A place, and a name without characters that are special to a file system or a terminal.
_FILE = re.compile(r"-?[0-9]{1,20}(?:\.[1-9][0-9]{0,19})?-([^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\:*?\"<>|]+)")
_FORBIDDEN = frozenset('/\\:*?"<>|')
# Unicode categories: controls, formats (such as right-to-left marks), surrogates, private use, unassigned, separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# File systems allow 255 bytes or UTF-16 units for one name; the position takes up to 30 of them.
_MAX_BYTES = 200
_MAX_SUFFIX = 16


def folder(key: str) -> str:
    """Return the directory name for the images of an entry: one path component, unique for each key."""
    if _PLAIN_KEY.fullmatch(key) and not _DEVICES.fullmatch(key):
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]
    readable = re.sub(r"[^a-z0-9_-]+", "_", unicodedata.normalize("NFKC", key).casefold())[:40].strip("-_")
    # A plain key has no tilde. 128 bits make it infeasible for a server to find two keys that collide.
    return f"{readable}~{base64.b32encode(digest).decode('ascii').rstrip('=').lower()}"


def file(position: int, occurrence: int, filename: str) -> str:
    """Return the file name of an image: one path component, within the length limits of file systems.

    ``occurrence`` counts the earlier images of the entry at the same position; more than 0 is a fault of the server.
    """
    return f"{place(position, occurrence)}-{plain(filename)}"


def place(position: int, occurrence: int) -> str:
    """Return the beginning of a file name up to the hyphen, which is unique within an entry."""
    return f"{position}.{occurrence}" if occurrence else f"{position}"


def place_prefix(path: str) -> str:
    """Return the part of a path that is unique to its image: up to the hyphen after its place."""
    directory, _, name = path.partition("/")
    # Search from index 1, because a negative position starts with a hyphen.
    return f"{directory}/{name[: name.index('-', 1) + 1]}"


def is_path(text: str) -> bool:
    """Return True when a text has the form of a path created here: a directory, a slash and a file name.

    The check only looks at characters that are special to a file system, not at Unicode categories: these change with each
    version of Python, and a manifest outlives them.
    """
    directory, slash, name = text.partition("/")
    if not slash or not (_PLAIN_KEY.fullmatch(directory) or _HASHED_KEY.fullmatch(directory)) or _DEVICES.fullmatch(directory):
        return False
    found = _FILE.fullmatch(name)
    return found is not None and len(found[1].encode("utf-8")) <= _MAX_BYTES and not found[1].endswith((".", " "))


def plain(filename: str) -> str:
    """Return a file name without characters that are special to a file system or a terminal."""
    text = unicodedata.normalize("NFC", filename)
    text = "".join("_" if char in _FORBIDDEN or unicodedata.category(char) in _UNSAFE else char for char in text)
    # Windows silently drops trailing dots and spaces.
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
    # "ignore" drops a character that the cut would split.
    return data[: _MAX_BYTES - len(end)].decode("utf-8", "ignore") + end.decode("utf-8")
