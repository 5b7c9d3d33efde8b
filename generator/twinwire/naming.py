"""Conversion of wire names to Python identifiers, and the check that a text is a safe identifier."""

from __future__ import annotations

import keyword
import re
import unicodedata

# A run of capitals ends before the last one that begins a lowercase word: "HTMLPage" -> "HTML", "Page".
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def words(text: str) -> list[str]:
    """Split a wire name into words: ``imagesURL`` -> ``["images", "URL"]``. Letters beyond ASCII are folded away."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _WORDS.findall(folded)


def snake(text: str) -> str:
    """Return the member or parameter identifier for a wire name: ``imagesURL`` -> ``images_url``."""
    # "imagesURL" -> words "images", "URL" -> "images_url"; "class" -> "class_", as PEP 8 recommends for keywords.
    name = "_".join(word.lower() for word in words(text))
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name}_"
    return name


def pascal(text: str) -> str:
    """Return the class identifier for a schema name. A name that is already in PascalCase is returned unchanged."""
    if re.fullmatch(r"[A-Z][A-Za-z0-9]*", text) and not keyword.iskeyword(text):
        return text
    name = "".join(word[:1].upper() + word[1:] for word in words(text))
    return f"{name}_" if keyword.iskeyword(name) else name


def attribute(text: str) -> str:
    """Return the member or parameter identifier for any wire name: ``2nd`` -> ``n2nd``, ``\u4ef7`` -> ``u4ef7``."""
    return snake(text) if is_identifier(snake(text)) else f"n{snake(text)}" if words(text) else "_".join(_code_points(text))


def class_name(text: str) -> str:
    """Return the class identifier for any schema name: ``2nd`` -> ``N2nd``."""
    name = pascal(text)
    return name if is_identifier(name) else f"N{name}" if words(text) else "".join(_code_points(text)).upper()


def _code_points(text: str) -> list[str]:
    # A name without a single Latin letter or digit still needs a stable identifier, so its code points are spelled out.
    return [f"u{ord(char):04x}" for char in text] or ["empty"]


def package(text: str) -> str:
    """Return the import name of a package for a spec's title: ``Product images`` -> ``product_images``."""
    return snake(text)


def is_identifier(text: str) -> bool:
    """Return whether a text is safe in generated source: an ASCII identifier, not a keyword, without leading ``__``."""
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")
