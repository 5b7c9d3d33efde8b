"""Faults of XML outside the documented members: types, nulls, attributes and text that the schema does not allow."""

from __future__ import annotations

import re
from collections.abc import Callable

from twinwire.ir import Contract, Field
from twinwire_conformance.reference.faults.plan import has_warnings
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, Exchange

_XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"'


def _start_tags(x: Exchange, body: bytes, name: str, attribute: str) -> bytes:
    """Add an attribute to every start tag of a name, and the required namespaces to the root."""
    changed = re.sub(f"<{name}(?=[ />])".encode(), f"<{name} {attribute}".encode(), body)
    root = x.feed.result.xml_name
    return changed.replace(f"<{root}".encode(), f"<{root}{_XSI}".encode(), 1)


def _single_element(contract: Contract) -> Field | None:
    fields = contract.feed.entry.fields
    return next((field for field in fields if not (field.xml.attribute or field.many or field.required)), None)


def _has_single_element(contract: Contract) -> bool:
    return _single_element(contract) is not None


# .NET's XmlSerializer writes xsi:type for a derived class.
@fault(ENCODE, "xml-entry-type-unknown", "every entry in XML names a type that the schema lacks", trips=("SCHEMA-02",))
def _xml_entry_type_unknown(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _start_tags(x, proceed(), x.feed.entries.xml.name, 'xsi:type="Derived"') if x.is_xml else proceed()


# XML Schema Part 1, section 2.6.2: an element with xsi:nil="true" must be empty.
@fault(
    ENCODE,
    "xml-nil-with-content",
    "in XML an element of an entry is declared null and has content",
    trips=("SCHEMA-02",),
    needs=_has_single_element,
)
def _xml_nil_with_content(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    field = _single_element(x.contract)
    assert field is not None
    return _start_tags(x, proceed(), field.xml.wrapper or field.xml.name, 'xsi:nil="true"') if x.is_xml else proceed()


@fault(ENCODE, "xml-entry-nil", "in XML every entry is declared null", trips=("SCHEMA-02",))
def _xml_entry_nil(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _start_tags(x, proceed(), x.feed.entries.xml.name, 'xsi:nil="1"') if x.is_xml else proceed()


@fault(ENCODE, "xml-text-between-entries", "in XML a comma follows every entry", trips=("SCHEMA-02",))
def _xml_text_between_entries(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    end = f"</{x.feed.entries.xml.name}>".encode()
    return proceed().replace(end, end + b",") if x.is_xml else proceed()


def _with_warning(x: Exchange, proceed: Callable[[], bytes], attribute: str) -> bytes:
    member = x.feed.outcome.warnings
    assert member is not None
    if x.error is None:
        x.result = {**x.result, member.wire_name: ["this API will change"]}
    return _start_tags(x, proceed(), member.xml.name, attribute) if x.is_xml else proceed()


@fault(
    ENCODE,
    "xml-text-attribute",
    "in XML warnings have an attribute for their language",
    trips=("SCHEMA-09",),
    needs=has_warnings,
)
def _xml_text_attribute(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _with_warning(x, proceed, 'lang="en"')


@fault(
    ENCODE,
    "xml-text-type",
    "in XML warnings name a narrower type than their own",
    trips=("SCHEMA-09",),
    needs=has_warnings,
)
def _xml_text_type(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _with_warning(x, proceed, 'xsi:type="xs:token"')
