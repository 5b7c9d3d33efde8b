"""The floors: bare parsers, which yield neither objects nor bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from lxml import etree

from twinwire_bench import values
from twinwire_bench.pages import Values
from twinwire_bench.peers.base import Decode, Peer, Representation

_INTEGERS = ("count", "queuecount", "returncode", "product_id", "sequence")

Event = tuple[str, dict[str, str]]


class JsonLoads(Peer):
    name = "json.loads"
    packages = ()
    floor = True

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"JSON": json.loads}

    def values(self, result: Any) -> Values:
        for product in result["product"]:
            for image in product.get("images", {}).get("image", ()):
                image["binaryimage"] = base64.b64decode(image["binaryimage"], validate=True)
        return values.of_mapping(result)


class Expat(Peer):
    name = "expat"
    packages = ()
    floor = True

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"XML": self._events}

    @staticmethod
    def _events(body: bytes) -> list[Any]:
        events: list[Any] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: events.append((name, attributes))
        parser.CharacterDataHandler = events.append
        parser.Parse(body, True)
        return events

    def values(self, result: Any) -> Values:
        events = [(event, {}) if isinstance(event, str) else event for event in result]
        return _values_of_events(events)


class Lxml(Peer):
    name = "lxml.etree"
    packages = ("lxml",)
    floor = True

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"XML": etree.fromstring}

    def values(self, result: Any) -> Values:
        events: list[Event] = []
        for node in result.iter():
            events += [(node.tag, dict(node.attrib)), *([(node.text, {})] if node.text else [])]
        return _values_of_events(events)


def _values_of_events(events: list[Event]) -> Values:
    result: dict[str, Any] = {"product": [], "warnings": []}
    previous = ""
    for name, attributes in events:
        members: dict[str, Any] = {key: int(text) if key in _INTEGERS else text for key, text in attributes.items()}
        if name == "result":
            result |= members
        elif name == "product":
            result["product"].append(members)
        elif name == "imagesURL":
            result["product"][-1].setdefault("imagesURL", []).append(members)
        elif name == "image":
            members["binaryimage"] = base64.b64decode(attributes["binaryimage"], validate=True)
            result["product"][-1].setdefault("images", {}).setdefault("image", []).append(members)
        elif previous == "warnings":
            result["warnings"].append(name)
        previous = name
    return values.of_mapping(result)
