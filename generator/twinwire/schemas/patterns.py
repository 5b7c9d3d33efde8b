r"""Regular expressions: from ECMA-262, which specs are written in, to XSD 1.0's dialect.

ECMA-262 searches, XSD matches the whole text. XSD has no look-around, no back-references, no anchors within, and
its ``\d`` and ``\w`` reach over all of Unicode.
"""

from __future__ import annotations

import re
import warnings

from twinwire.schemas.xml_text import XML_CHAR

_TOKEN = re.compile(
    r"""(?P<escape>\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.))
      | (?P<open>\((?:\?:|(?!\?)))
      | (?P<quantifier>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)
      | (?P<negated>\[\^(?!\]))
      | (?P<class>\[(?![\]^]))
      | (?P<anchor>[\^$])
      | (?P<plain>[^\\()\[\]{}*+?^$])
      | (?P<close>[)\]])""",
    re.VERBOSE | re.DOTALL,
)
_SETS = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\s\p{Z}"}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r"}
_ANYTHING = r"[\s\S]*"
_ANY_BUT_LINE_ENDS = "[^\\n\\r\u2028\u2029]"
_SPECIAL = frozenset(r"\.*+?{}()[]|^-")


class _InexpressibleError(Exception):
    """XSD 1.0 has no way to say this."""


def xsd_pattern(pattern: str) -> str | None:
    """Return the XSD pattern that matches the texts in which ``pattern`` is found, or None when XSD 1.0 has none."""
    try:
        with warnings.catch_warnings():
            # What a future Python may read into a set, as in "[[", has no meaning in ECMA-262.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
        return "|".join(_whole(branch) for branch in _branches(_tokens(pattern)))
    except (re.error, _InexpressibleError):
        return None


def _tokens(pattern: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            raise _InexpressibleError
        position = match.end()
        kind = str(match.lastgroup)
        if kind in {"class", "negated"}:
            text, position = _class(pattern, position)
            tokens.append(("set", f"[{'^' if kind == 'negated' else ''}{text}]"))
        elif kind == "quantifier" and tokens[-1][0] == "quantifier":
            raise _InexpressibleError
        else:
            tokens.append((kind, match[0]))
    return tokens


def _class(pattern: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    while pattern[position] != "]":
        item, position = _member(pattern, position)
        # A hyphen between two characters makes a range; before the bracket it is itself.
        if pattern[position] == "-" and pattern[position + 1] != "]":
            last, position = _member(pattern, position + 1)
            if item in _SETS.values() or last in _SETS.values():
                raise _InexpressibleError
            item = f"{item}-{last}"
        parts.append(item)
    return "".join(parts), position + 1


def _member(pattern: str, position: int) -> tuple[str, int]:
    match = _TOKEN.match(pattern, position)
    if match is not None and match.lastgroup == "escape":
        return _escape(match[0], in_class=True), match.end()
    return _literal(pattern[position]), position + 1


def _literal(char: str) -> str:
    if not re.match(XML_CHAR, char):
        raise _InexpressibleError
    return "\\" + char if char in _SPECIAL else char


def _escape(token: str, *, in_class: bool = False) -> str:
    body = token[1:]
    if body in _SETS:
        return _SETS[body] if in_class else f"[{_SETS[body]}]"
    if body.lower() in _SETS and not in_class:
        return f"[^{_SETS[body.lower()]}]"
    if body in _CONTROLS:
        return _CONTROLS[body]
    if len(body) > 1:
        body = chr(int(body[1:], 16))
    elif body.isalnum():
        raise _InexpressibleError
    return _literal(body)


def _branches(tokens: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    branches: list[list[tuple[str, str]]] = [[]]
    depth = 0
    for kind, text in tokens:
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth == 0 and (kind, text) == ("plain", "|"):
            branches.append([])
        else:
            branches[-1].append((kind, text))
    return branches


def _whole(branch: list[tuple[str, str]]) -> str:
    begins = branch[:1] == [("anchor", "^")]
    branch = branch[1:] if begins else branch
    ends = branch[-1:] == [("anchor", "$")]
    branch = branch[:-1] if ends else branch
    body = "".join(_atom(kind, text) for kind, text in branch)
    return ("" if begins else _ANYTHING) + body + ("" if ends else _ANYTHING)


def _atom(kind: str, text: str) -> str:
    if kind == "anchor":
        raise _InexpressibleError
    if kind == "escape":
        return _escape(text)
    if kind == "open":
        return "("
    if kind == "quantifier":
        # Whether a repetition is lazy changes what is captured, never what matches.
        return text[:-1] if len(text) > 1 and text.endswith("?") else text
    if (kind, text) == ("plain", "."):
        return _ANY_BUT_LINE_ENDS
    return "\\]" if text == "]" else text
