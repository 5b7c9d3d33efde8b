"""Names: from the wire's spelling to identifiers, and the check that a text may become one."""

from __future__ import annotations

import keyword
import re
import unicodedata

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def words(text: str) -> list[str]:
    """Split a wire name into words: ``imagesURL`` -> ``["images", "URL"]``. Letters beyond ASCII are folded away."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _WORDS.findall(folded)


def snake(text: str) -> str:
    """Return the member or parameter identifier for a wire name: ``imagesURL`` -> ``images_url``."""
    name = "_".join(word.lower() for word in words(text))
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name}_"
    return name


def pascal(text: str) -> str:
    """Return the class identifier for a schema name; a name that is one already stays as it is."""
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
    return [f"u{ord(char):04x}" for char in text] or ["empty"]


def package(text: str) -> str:
    """Return the import name of a package for a spec's title: ``Product images`` -> ``product_images``."""
    return snake(text)


def is_identifier(text: str) -> bool:
    """Say whether a text is a plain ASCII identifier that no keyword shadows, and so may stand in source."""
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")
