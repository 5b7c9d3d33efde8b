"""Validation of results against the schemas that are generated from the contract.

Compiled validators (jsonschema_rs, lxml) check first. Only values that they reject are validated again by jsonschema or
xmlschema, whose messages are shown: they take a hundred times as long, half of it for their import, and most results are
valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
from lxml import etree

from twinwire.ir import Contract, Scalar
from twinwire.patterns import python_pattern

MAX_ERRORS = 1000
_SMALL = 2_000_000
"""The characters and values of a JSON value of which all errors are looked at."""

Flaw = tuple[str, str]
"""The path in the result at which a schema is broken, and the reason."""


class Schemas:
    """The schemas of a contract, ready to validate with.

    Args:
        contract: The contract.
        texts: The texts of the schemas, by ``json`` and ``xml``; None to generate them.
    """

    def __init__(self, contract: Contract, texts: Mapping[str, str] | None = None) -> None:
        self._contract = contract
        self._known = texts

    def json_flaw(self, value: Any) -> Flaw | None:
        """Return the first flaw of a JSON value; None when it is valid (SCHEMA-01)."""
        try:
            if self._quick_json.is_valid(value):
                return None
        except ValueError:
            # jsonschema_rs raises for a number that neither a 64-bit integer nor a double can hold.
            path = _without_type(value)
            if path is not None:
                return path
        # Each error quotes its value; of very many, or of huge ones, the first ones say enough.
        errors = islice(self._json.iter_errors(value), MAX_ERRORS if _is_small(value) else 1)
        first = min(errors, key=lambda error: error.json_path, default=None)
        return (first.json_path, first.message) if first is not None else None

    def is_valid_xml(self, source: bytes) -> bool:
        """Return whether an XML document in UTF-8 is valid as it stands; False means unknown.

        It saves the element tree that ``xml_flaw`` needs, where the document has nothing that the contract does not define.

        Args:
            source: A well-formed document.
        """
        if self._quick_xml is None:
            return False
        parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True, encoding="utf-8")
        return bool(self._quick_xml.validate(etree.fromstring(source, parser)))

    def xml_flaw(self, root: ET.Element) -> Flaw | None:
        """Return the first flaw of an XML element; None when it is valid (SCHEMA-02)."""
        native = _native(root)
        if self._quick_xml is not None and self._quick_xml.validate(native):
            return None
        try:
            error = next(self._xml.iter_errors(native), None)
        except (KeyError, ValueError, TypeError) as failure:
            # xmlschema raises these for an xsi:type that does not exist, instead of a validation error.
            return self._compiled_flaw() or ("/", str(failure.args[0] if failure.args else failure))
        # xmlschema parses numbers as Python does, and accepts digits of other scripts, which XML Schema forbids.
        return self._compiled_flaw() if error is None else (error.path or "/", str(error.reason))

    def _compiled_flaw(self) -> Flaw | None:
        """Return the first flaw that the compiled XSD found in its last validation."""
        log = [] if self._quick_xml is None else list(self._quick_xml.error_log)
        return (log[0].path or "/", log[0].message) if log else None

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        if self._known is not None:
            return self._known
        # Imported here because the generator of schemas takes long to import.
        from twinwire.schemas import json_schema, xsd  # noqa: PLC0415

        return {"json": json_schema(self._contract), "xml": xsd(self._contract)}

    @cached_property
    def _quick_json(self) -> Any:
        # Neither validator has exactly the pattern dialect of ECMA-262: both use one translation, so that they agree.
        keywords: dict[str, Any] | None = {"pattern": _Pattern} if self._patterns else None
        return jsonschema_rs.validator_for(json.loads(self._texts["json"]), keywords=keywords)

    @cached_property
    def _quick_xml(self) -> etree.XMLSchema | None:
        if self._patterns:
            # libxml2 implements XSD patterns incompletely, and might accept a value that the schema forbids.
            return None
        return etree.XMLSchema(etree.XML(self._texts["xml"].encode()))

    @cached_property
    def _patterns(self) -> bool:
        scalars = [field.type for model in self._contract.models.values() for field in model.fields]
        return any(isinstance(scalar, Scalar) and scalar.pattern is not None for scalar in scalars)

    @cached_property
    def _json(self) -> Any:
        from jsonschema import Draft202012Validator, validators  # noqa: PLC0415

        untyped: Any = validators
        extended = untyped.extend(Draft202012Validator, {"pattern": _pattern_errors})
        return extended(json.loads(self._texts["json"]))

    @cached_property
    def _xml(self) -> Any:
        import xmlschema  # noqa: PLC0415

        return xmlschema.XMLSchema10(self._texts["xml"])


def _is_small(value: Any) -> bool:
    """Return whether a JSON value has few members and short texts."""
    left, waiting = _SMALL, [value]
    while waiting and left >= 0:
        item = waiting.pop()
        left -= len(item) + 1 if isinstance(item, (str, list, dict)) else 1
        if left >= 0 and isinstance(item, (list, dict)):
            waiting += item.values() if isinstance(item, dict) else item
    return left >= 0


def _without_type(value: Any, path: str = "$") -> Flaw | None:
    """Return the first number of a JSON value that neither a 64-bit integer nor a double can hold."""
    if isinstance(value, dict):
        inner = ((f"{path}.{name}", item) for name, item in value.items())
    elif isinstance(value, list):
        inner = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    elif value is None or isinstance(value, (str, int, float)):
        return None
    else:
        return path, f"{value!r} is neither an integer of 64 bits nor a double"
    return next(filter(None, (_without_type(item, where) for where, item in inner)), None)


class _Pattern:
    """The keyword ``pattern`` for jsonschema_rs."""

    def __init__(self, _parent: Any, pattern: str, _path: Any) -> None:
        self._expression = re.compile(python_pattern(pattern))

    def validate(self, instance: Any) -> None:
        """Raise ValueError when a text does not match."""
        if isinstance(instance, str) and self._expression.search(instance) is None:
            raise ValueError("does not match its pattern")


def _pattern_errors(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    """Yield the error of a text that does not match: the keyword ``pattern`` for jsonschema."""
    from jsonschema import ValidationError  # noqa: PLC0415

    if isinstance(instance, str) and re.search(python_pattern(pattern), instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _native(root: ET.Element) -> etree._Element:
    """Return an element as one of lxml, without a text of the whole document in between."""
    native = etree.Element(root.tag)
    waiting = [(root, native)]
    while waiting:
        source, made = waiting.pop()
        made.text = source.text
        for name, value in source.attrib.items():
            # The prefix of a qualified name is declared where the name stands.
            qualified: object = value
            made.set(name, etree.QName(qualified.text) if isinstance(qualified, ET.QName) else value)
        for child in source:
            inner = etree.SubElement(made, child.tag)
            inner.tail = child.tail
            waiting.append((child, inner))
    return native
