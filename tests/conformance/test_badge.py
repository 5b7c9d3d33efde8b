"""Badges: a shields.io endpoint and a static SVG, for every verdict."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lxml import etree

from sample_results import REPORT, sample_results
from twinwire_conformance.model import Verdict
from twinwire_conformance.reports.badge import render

COLOURS = {"brightgreen", "green", "yellowgreen", "yellow", "orange", "red", "blue", "lightgrey"}
KEYS = {"schemaVersion", "label", "message", "color", "labelColor", "isError", "namedLogo", "logoSvg", "logoColor"}
KEYS |= {"logoSize", "style", "cacheSeconds"}


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("name", ["badge.json", "badge.json.gz"])
def test_an_endpoint_has_known_keys_only(verdict: Verdict, name: str) -> None:
    found = json.loads(render(sample_results(replace(REPORT, verdict=verdict)), name))
    assert found.keys() <= KEYS
    assert found["schemaVersion"] == 1
    assert found["color"] in COLOURS
    assert found["message"] == verdict.value.replace("-", " ")
    assert found["isError"] == (verdict.exit_code != 0)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("name", ["badge.svg", "-", "json"])
def test_an_svg_says_the_verdict_and_loads_nothing(verdict: Verdict, name: str) -> None:
    text = render(sample_results(replace(REPORT, verdict=verdict)), name)
    root = etree.fromstring(text.encode())
    said = f"twinwire: {verdict.value.replace('-', ' ')}"
    assert (root.get("aria-label"), root[0].text) == (said, said)
    assert text.count("http") == 1
    boxes = root.findall(".//{*}g/{*}rect")
    assert sum(int(str(box.get("width"))) for box in boxes) == int(str(root.get("width")))
    assert contrast(str(boxes[1].get("fill"))) >= 4.5


def contrast(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
