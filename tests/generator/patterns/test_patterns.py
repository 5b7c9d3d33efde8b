r"""The translation of patterns to Python. The expected values are those of ECMA-262 with the flag u, as V8 gives them."""

from __future__ import annotations

import re

import pytest

from twinwire.patterns import PatternError, UnsupportedPatternError, python_pattern, xsd_obstacle
from twinwire.patterns.characters import SPACE, category


def finds(pattern: str, text: str) -> bool:
    return re.search(python_pattern(pattern), text) is not None


# A pattern, texts in which it is found, and texts in which it is not: above all where Python's re differs from ECMA-262.
MATCHES = [
    ("^[a-z]+$", ["abc"], ["abc\n", "", "\nabc"]),
    (r"^\d$", ["7"], ["\u0663", "\uff11"]),
    (r"^\w$", ["a", "_", "0"], ["\u00e9", "\u0663", "-"]),
    (r"^\s$", [" ", "\t", "\u00a0", "\ufeff", "\u2028", "\u3000"], ["\x1c", "\x85", "\u200b", "\u180e"]),
    (r"^\S$", ["\x1c", "\x85", "\u200b"], ["\ufeff"]),
    ("^.$", ["a", "\x85", "\U0001f600"], ["\n", "\r", "\u2028", "\u2029"]),
    ("^[^]$", ["a", "\n"], [""]),
    ("[]", [], ["", "a"]),
    (r"^[\D\d]$", ["a", "1", "\n"], []),
    (r"^[^\W_]$", ["a"], ["_", "-"]),
    (r"\bword\b", ["a word.", "\u00e9word"], ["words", "_word"]),
    (r"^\B$", [""], ["a"]),
    (r"^\u00e9\x41\cJ\0$", ["\u00e9A\n\0"], []),
    (r"^\u{1F600}$", ["\U0001f600"], []),
    (r"^\ud83d\ude00$", ["\U0001f600"], []),
    (r"^[\ud83d\ude00-\u{1F601}]$", ["\U0001f601"], ["\U0001f602"]),
    (r"^a\/b$", ["a/b"], []),
    (r"^[\b]$", ["\b"], ["b"]),
    (r"^\p{L}+$", ["a\u00e9\u65e5"], ["a1", "_"]),
    (r"^\P{L}$", ["1"], ["a"]),
    (r"^\p{gc=Lu}\p{Letter}\p{General_Category=Decimal_Number}$", ["Aa\u0663"], ["aa1"]),
    (r"^[\P{L}x]$", ["x", "1"], ["y"]),
    (r"^\p{Any}\p{ASCII}$", ["\u00e9a"], ["\u00e9\u00e9"]),
    ("^(?<year>[0-9]{4})-(?:a|b)$", ["2026-b"], ["2026-c"]),
    ("^(?<q>['\"])[a-z]*\\k<q>$", ["'a'", '"a"'], ["'a\""]),
    (r"^(a|b)\1$", ["aa"], ["ab"]),
    ("^(?=.*[0-9])(?!.*x).+$", ["a1"], ["a", "1x"]),
    ("(?<=a|bc)d", ["ad", "bcd"], ["cd"]),
    ("(?<!a|bc)d", ["cd", "d"], ["ad", "bcd"]),
    ("^a+?b??$", ["aab"], ["b"]),
    ("^[a&&b||c-d~~e[]+$", ["&|[~"], ["]"]),
    ("^a{2,3}$", ["aaa"], ["a"]),
    ("^$|^x", ["", "xy"], ["y"]),
]


@pytest.mark.parametrize(("pattern", "texts", "others"), MATCHES, ids=[pattern for pattern, _, _ in MATCHES])
def test_a_pattern_matches_as_in_ecma_262(pattern: str, texts: list[str], others: list[str]) -> None:
    assert [text for text in texts if not finds(pattern, text)] == []
    assert [text for text in others if finds(pattern, text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        *["(?i)^a$", "(?P<n>a)", "(?P<n>a)(?P=n)", r"\Aa", r"a\Z", "(?#comment)a", "(?x) a", "a++", "a*+", "a?+", "a{1}+"],
        *["(?>a)", r"\N{DIGIT ONE}", "(a)?(?(1)b|c)", r"\U0001F600", "(?a)a", "(?L:a)", "(?iu)a"],
    ],
)
def test_the_syntax_of_python_alone_is_refused_with_a_hint(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        python_pattern(pattern)
    assert not isinstance(caught.value, UnsupportedPatternError)
    assert "Python's syntax, which ECMA-262 does not have, at character" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "pattern",
    [
        *["{", "a{", "a{,2}", "}", "]", "(", ")", "[a", "a**", "*", "^*", "(?=a)*", "a{2,1}", "[z-a]", r"[\d-z]", "\\"],
        *[
            r"\-",
            r"\_",
            r"\a",
            r"\ ",
            r"\1",
            r"\01",
            r"\k<n>",
            r"\k",
            r"\u12",
            r"\u{110000}",
            r"\x4",
            r"\c1",
            r"\p",
            r"\p{Foo}",
        ],
        *[r"\p{Lu", "(?", "(?<", "(?<1>a)", r"[\B]", r"[\1]", r"\p{gc=Foo}"],
    ],
)
def test_what_is_no_pattern_with_the_flag_u_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        python_pattern(pattern)
    assert not isinstance(caught.value, UnsupportedPatternError)


@pytest.mark.parametrize(
    "pattern",
    [
        *[
            r"\p{Script=Greek}",
            r"\p{scx=Grek}",
            r"\p{Alphabetic}",
            r"\p{Emoji}",
            "(?<=a+)b",
            r"(a)?\1",
            r"\1(a)",
            r"(?:(a)|b)\1",
        ],
        *[r"(?=(a))\1", "(?i:a)", "(?-i:a)", "(?<n>a)|(?<n>b)", "a{99999999999}", "(" * 70 + ")" * 70],
    ],
)
def test_what_is_ecma_262_but_unsupported_is_called_so(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError) as caught:
        python_pattern(pattern)
    assert caught.value.hint


def test_the_obstacle_of_an_xsd_pattern_is_named() -> None:
    assert xsd_obstacle("^[a-z]+$") is None
    assert xsd_obstacle("^(?!x)a$") == "a lookahead"
    assert xsd_obstacle("(?<=x)a$") == "a lookbehind"
    assert xsd_obstacle(r"(a)\1") == "a back reference"
    assert xsd_obstacle(r"\ba") == r"\b"
    assert xsd_obstacle("a^b") == "^ within the pattern"


def test_categories_come_from_one_table_whatever_the_python() -> None:
    # The table is of Unicode 14: U+1DF00 became a letter with it, and U+11F02 only with Unicode 15.
    letters = category("L")
    assert (0x1DF00, 0x1DF1E) in letters
    assert not any(low <= 0x11F02 <= high for low, high in letters)
    assert category("Zs")[0] == (0x20, 0x20)
    assert all(low <= high for low, high in SPACE)


@pytest.mark.parametrize("pattern", [r"\p{L}" * 5000, r"[^\p{Lu}\d]" * 3000, "a" * 300_000])
def test_a_pattern_that_would_take_minutes_to_compile_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError, match="too long, with its sets spelled out"):
        python_pattern(pattern)
