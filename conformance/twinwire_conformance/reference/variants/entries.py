"""Variants in the contents of entries: the number of items, and unusual texts, links and image formats."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

from twinwire.ir import Field, Kind, Model, ModelRef, Scalar
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_binary_mode,
    has_modes,
    has_strings,
    has_uri_mode,
    items,
    map_content,
)
from twinwire_conformance.reference.pipeline import RESULT, Exchange
from twinwire_conformance.reference.variants.variant import GREEN_OR_OPEN, OPEN, Variant, VariantOverride

T = TypeVar("T")
Result = dict[str, Any]

# Unusual but legal file names: the contract forbids only control characters and path separators.
_WILD = (
    "&amp;lt;b&gt; <!--x--> ]]>",
    "<![CDATA[x]]> <?php ?>",
    "e\u0301 vs \u00e9",
    "\u202bעברית\u202c العربية",
    "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ufefflost mark",
    "line\u2028separator",
    "private \ue000 \U0010fffd",
    "{{7*7}} ${x} %s '\"` ;--",
    " spaces  kept ",
    "\ufffd replaced",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁ ﷺ",
)

# Legal absolute http(s) URLs (RFC 3986): upper-case scheme, IPv6 host, port, user information, dot segments, fragment.
_ODD_LINKS = (
    "HTTPS://Images.Example/{}",
    "http://[2001:db8::1]:8080/{}",
    "http://192.0.2.7/{}?a=%00&b=%2F;c='d'",
    "https://xn--bcher-kva.example?id={}",
    "https://images.example/a/../b//{}#part",
    "https://user@images.example:443/{}/",
)
# The signatures of JPEG, GIF, WebP, BMP, TIFF in both byte orders, AVIF, and SVG.
_FORMATS = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"GIF89a\x01\0\x01\0",
    b"RIFF\x24\0\0\0WEBPVP8 ",
    b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"\0\0\0\x1cftypavis\0\0\0\0avismif1miaf",
    b"<!-- drawn -->\n<svg xmlns='http://www.w3.org/2000/svg'/>\n",
)


def _without_items(keep: Callable[[int], bool]) -> Callable[[Exchange, Callable[[], Result]], Result]:
    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        result = proceed()
        assert x.parsed_query.mode is not None
        for place, entry in zip(x.page.places, entries(x, result), strict=True):
            if keep(place.index):
                continue
            if x.parsed_query.mode.items[0].required:
                items(x, entry).clear()
            else:
                entry.pop(x.parsed_query.mode.items[0].wire_name, None)
        return result

    return hook


def _wild_names(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    for entry in entries(x, result):
        _rename(x, x.feed.entry, entry)
    return result


def _odd_links(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return map_content(x, proceed(), Kind.URI, lambda text: _pick(_ODD_LINKS, text).format(zlib.crc32(text.encode())))


def _other_formats(x: Exchange, proceed: Callable[[], Result]) -> Result:
    # The original text follows the signature, so that different images stay different.
    def change(text: str) -> str:
        return base64.b64encode(_pick(_FORMATS, text) + text.encode()).decode("ascii")

    return map_content(x, proceed(), Kind.BINARY, change)


def _pick(choices: tuple[T, ...], text: str) -> T:
    return choices[zlib.crc32(text.encode()) % len(choices)]


def _rename(x: Exchange, model: Model, value: Result) -> None:
    for member in model.fields:
        inner = value.get(member.wire_name)
        if inner is None or member is x.feed.key:
            continue
        if isinstance(member.type, ModelRef):
            for each in inner if member.many else [inner]:
                _rename(x, x.contract.model(member.type), each)
        elif _is_free(member):
            value[member.wire_name] = [_wild(member, each) for each in inner] if member.many else _wild(member, inner)


def _is_free(member: Field) -> bool:
    scalar = member.type
    return isinstance(scalar, Scalar) and scalar.kind is Kind.STRING and not scalar.enum and scalar.pattern is None


def _wild(member: Field, text: str) -> str:
    assert isinstance(member.type, Scalar)
    return f"{_pick(_WILD, text)} {text}"[: member.type.max_length]


VARIANTS = (
    Variant(
        "no-items",
        "no entry has items",
        OPEN,
        VariantOverride(RESULT, _without_items(lambda _index: False)),
        condition=has_modes,
    ),
    Variant(
        "few-items",
        "one entry in forty has items",
        GREEN_OR_OPEN,
        VariantOverride(RESULT, _without_items(lambda index: index % 40 == 7)),
        condition=has_modes,
    ),
    Variant(
        "wild-names",
        "texts contain markup and all kinds of Unicode",
        override=VariantOverride(RESULT, _wild_names),
        condition=has_strings,
    ),
    Variant("odd-links", "links are unusual URLs", override=VariantOverride(RESULT, _odd_links), condition=has_uri_mode),
    Variant(
        "other-formats",
        "images are in several formats",
        override=VariantOverride(RESULT, _other_formats),
        condition=has_binary_mode,
    ),
)
