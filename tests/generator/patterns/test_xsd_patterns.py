"""The translation of patterns to XSD 1.0, with two validators as judges."""

from __future__ import annotations

import re

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from twinwire.patterns import python_pattern, xsd_pattern
from twinwire.schemas.xml_text import escape

# Texts on which a wrong translation shows: line ends, digits and spaces beyond ASCII, and characters that are syntax in a set.
TEXTS = [
    "",
    "a",
    "A1",
    "ab",
    "aab",
    "b-c",
    "x.y",
    "12",
    "\u0663",
    "a b",
    "a\nb",
    "é_1",
    "]",
    "^",
    "-",
    "a|b",
    "\u2003",
    "{2}",
    "a\n",
    "\ufeff",
    "\u2028",
    "\xa0",
    "A",
    "1",
]


def finds(pattern: str, text: str) -> bool:
    return re.search(python_pattern(pattern), text) is not None


def schema(pattern: str) -> tuple[xmlschema.XMLSchema10, etree.XMLSchema]:
    restriction = f'<xs:restriction base="xs:string"><xs:pattern value="{escape(pattern)}"/></xs:restriction>'
    element = f'<xs:element name="r"><xs:simpleType>{restriction}</xs:simpleType></xs:element>'
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{element}</xs:schema>'
    return xmlschema.XMLSchema10(text), etree.XMLSchema(etree.fromstring(text))


@pytest.mark.parametrize(
    "pattern",
    [
        "a",
        "^a",
        "a$",
        "^a+$",
        "^$",
        "^a|b$",
        "^(?:a|b)+?$",
        r"^\d+$",
        r"^\w+$",
        r"^[\w.-]+$",
        r"^[^\d]$",
        r"^\D+$",
        r"^[a-c-]+$",
        r"^[-a]+$",
        r"^[\]^-]$",
        r"^[a^]$",
        r"^a.b$",
        r"\.",
        r"^x\.y$",
        r"^\x61\u0062$",
        r"^a\/?b$",
        r"^\{2\}$",
        "^[0-9]{2}$",
        "^[A-Z][0-9]{1,}$",
        r"^a\|b$",
        "(^a)",
        "(a$)",
        "(?:^a$|^b$)",
        r"[\D]",
        r"^[^\W]$",
        r"^\s$",
        r"^\S+$",
        r"^\p{L}+$",
        r"^\P{L}$",
        r"^[^\p{L}]$",
        r"^[\p{Lu}\p{Nd}-]+$",
        r"^[\P{L}a]$",
        r"^\p{LC}$",
        "^.$",
        "^[^]*$",
        "^(?<name>a|b)$",
    ],
)
def test_a_pattern_means_the_same_in_xsd(pattern: str) -> None:
    translated = xsd_pattern(pattern)
    assert translated is not None
    ours, lxmls = schema(translated)
    for text in TEXTS:
        element = etree.Element("r")
        element.text = text
        expected = finds(pattern, text)
        assert ours.is_valid(f"<r>{escape(text)}</r>") == expected, (translated, text)
        assert lxmls.validate(element) == expected, (translated, text)


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", r"\bword\b", r"(a)\1", "a^b", "(b^a)", "(?P<n>a)", "a**", "a*+", "(", "[", r"\x00", "[]"],
)
def test_what_xsd_cannot_express_is_none(pattern: str) -> None:
    assert xsd_pattern(pattern) is None


@settings(deadline=None)
@given(st.text(alphabet=r"ab-[]()^$|*?\dw.{1,}", max_size=8))
def test_a_translated_pattern_always_loads(pattern: str) -> None:
    translated = xsd_pattern(pattern)
    if translated is not None:
        schema(translated)
