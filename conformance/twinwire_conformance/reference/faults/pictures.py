"""Faults of images that belong to another entry or were corrupted, and of links that a client cannot follow."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.reference.encoding import to_json
from twinwire_conformance.reference.faults.plan import (
    all_items,
    entries,
    has_binary_mode,
    has_file_names,
    has_other_mode,
    has_positions,
    has_uri_mode,
    in_kind,
    items,
    map_content,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, Exchange

Result = dict[str, Any]
_COLUMN_WIDTH = 120


def _content_fault(
    name: str, description: str, rule: str, kind: Kind, change: Callable[[str], str], *, xml_only: bool = False
) -> None:
    """Register a fault that changes the content of every item."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.error is None and (x.is_xml or not xml_only):
            map_content(x, x.result, kind, change)
        return proceed()

    fault(ENCODE, name, description, trips=(rule,), needs=has_uri_mode if kind is Kind.URI else has_binary_mode)(hook)


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    return lambda text: base64.b64encode(change(base64.b64decode(text))).decode("ascii")


_content_fault(
    "link-spaces", "links have spaces", "IMAGE-03", Kind.URI, lambda link: link.replace("%20", " ").replace("?", " ?")
)
_content_fault("link-backslashes", "links have backslashes", "IMAGE-03", Kind.URI, lambda link: link.replace("/", "\\"))
_content_fault(
    "link-template",
    "links have a placeholder in braces as their host",
    "IMAGE-03",
    Kind.URI,
    lambda link: _with_host(link, "{host}"),
)
# JavaScript inserts "undefined" for a variable without a value.
_content_fault(
    "link-port-undefined",
    'links have the port "undefined"',
    "IMAGE-03",
    Kind.URI,
    lambda link: _with_host(link, "images.example:undefined"),
)
# SQL pads CHAR columns with spaces.
_content_fault(
    "link-padded",
    "links end with spaces that fill their database column",
    "IMAGE-03",
    Kind.URI,
    lambda link: link.ljust(_COLUMN_WIDTH),
)
# A form decoder turns "+" into a space.
_content_fault(
    "base64-plus-lost", "plus signs in base64 are spaces", "IMAGE-01", Kind.BINARY, lambda text: text.replace("+", " ")
)
_content_fault("base64-escaped", "base64 is percent-encoded", "IMAGE-01", Kind.BINARY, lambda text: text.replace("=", "%3D"))
_content_fault(
    "base64-space-at-end-xml",
    "base64 ends with a line break in XML",
    "IMAGE-01",
    Kind.BINARY,
    lambda text: text + "\n",
    xml_only=True,
)
_content_fault(
    "image-marked",
    "a byte order mark precedes the bytes",
    "IMAGE-02",
    Kind.BINARY,
    _bytes(lambda image: b"\xef\xbb\xbf" + image),
)
# A file transfer in text mode.
_content_fault(
    "image-line-ends",
    "line feeds in the bytes become Windows line ends",
    "IMAGE-02",
    Kind.BINARY,
    _bytes(lambda image: image.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
)


def _with_host(link: str, host: str) -> str:
    scheme, _, rest = link.partition("://")
    return f"{scheme}://{host}/{rest.partition('/')[2]}"


@fault(
    RESULT,
    "base64-prefix-later",
    "images after the first of an entry are data: URIs",
    trips=("IMAGE-01",),
    needs=has_binary_mode,
)
def _base64_prefix_later(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if in_kind(x, Kind.BINARY) and x.parsed_query.mode:
        for entry in entries(x, result):
            for item in items(x, entry)[1:]:
                item[x.parsed_query.mode.content.wire_name] = (
                    f"data:image/png;base64,{item[x.parsed_query.mode.content.wire_name]}"
                )
    return result


@fault(
    RESULT,
    "image-of-next-entry-xml",
    "in XML the images of a page's last entry are those of the next entry",
    trips=("TWIN-01",),
    needs=has_binary_mode,
)
def _image_of_next_entry_xml(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml and in_kind(x, Kind.BINARY) and x.parsed_query.mode and x.page.places:
        last = x.page.places[-1].index
        for position, item in enumerate(items(x, entries(x, result)[-1])):
            image = x.contents.image(last + 1, position)
            if image is not None:
                item[x.parsed_query.mode.content.wire_name] = base64.b64encode(image).decode("ascii")
    return result


@fault(
    RESULT,
    "image-same-for-all-xml",
    "in XML all images of an entry with three or more are the first image",
    trips=("TWIN-01",),
    needs=has_binary_mode,
)
def _image_same_for_all_xml(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml and in_kind(x, Kind.BINARY) and x.parsed_query.mode:
        wire_name = x.parsed_query.mode.content.wire_name
        for entry in entries(x, result):
            listed = items(x, entry)
            for item in listed if len(listed) >= 3 else ():
                item[wire_name] = listed[0][wire_name]
    return result


@fault(
    ENCODE,
    "image-null-json",
    "the fourth image of an entry is null in JSON",
    trips=("TWIN-01", "SCHEMA-01"),
    needs=has_binary_mode,
)
def _image_null_json(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml and in_kind(x, Kind.BINARY) and x.parsed_query.mode:
        for entry in entries(x, x.result):
            for item in items(x, entry)[3:4]:
                item[x.parsed_query.mode.content.wire_name] = None
    return proceed()


@fault(
    RESULT,
    "name-folder-link-mode",
    "file names begin with a folder in all modes but the default",
    trips=("IMAGE-08", "IMAGE-06"),
    needs=lambda contract: has_file_names(contract) and has_other_mode(contract),
)
def _name_folder_link_mode(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.feed.modes and x.feed.modes.filename and x.parsed_query.mode != x.feed.modes.default:
        for item in all_items(x, result):
            item[x.feed.modes.filename] = f"2024/{item[x.feed.modes.filename]}"
    return result


@fault(
    RESULT,
    "position-twice-of-four",
    "the fourth image of an entry has the position of the third",
    trips=("IMAGE-07",),
    needs=has_positions,
)
def _position_twice_of_four(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    position = x.feed.modes.position if x.feed.modes else None
    for entry in entries(x, result):
        listed = items(x, entry)
        if len(listed) > 3 and position:
            listed[3][position] = listed[2][position]
    return result


@fault(
    ENCODE,
    "position-text-link-mode",
    "in JSON the positions of images are strings in all modes but the default",
    trips=("SCHEMA-01",),
    needs=lambda contract: has_positions(contract) and has_other_mode(contract),
)
def _position_text_link_mode(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    modes = x.feed.modes
    if x.is_xml or x.error or modes is None or modes.position is None or x.parsed_query.mode == modes.default:
        return proceed()
    for item in all_items(x, x.result):
        item[modes.position] = str(item[modes.position])
    return to_json(x.result).encode()
