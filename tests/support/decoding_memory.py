"""Decode one hostile body in a process of its own, and print how much memory that took, in multiples of ``max_bytes``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx

from product_images import Client, DecodeError

MAX_BYTES = 24 * 1024 * 1024
_JSON = '{"token":"1","count":1,"queuecount":0,"returncode":0'
_XML = '<result token="1" count="1" queuecount="0" returncode="0"'
_PRODUCT = '<product product_id="1">'
_LINK = '<imagesURL sequence="1" imagefilename="a" imageURL="b"/>'
_EMOJI = "\U0001f600"

BODIES = {
    "JSON, a long text": (f'{_JSON},"returnmsg":"', "a", '"}', "utf-8"),
    "JSON, escapes": (f'{_JSON},"returnmsg":"', "\\u0041", '"}', "utf-8"),
    "JSON, an unknown text with an emoji": (f'{_JSON},"later":"{_EMOJI}', "a", '"}', "utf-8"),
    "JSON, a long number": (f'{_JSON},"later":', "9", "}", "utf-8"),
    "JSON, unknown objects": (f'{_JSON},"later":[0', f',{{"a":"{_EMOJI}{"1" * 50}"}}', "]}", "utf-8"),
    "JSON, a member twice at the end": (f'{_JSON},"later":[0', f',"{"b" * 58}"', '],"a":1,"a":2}', "utf-8"),
    "JSON, too many members": (f'{_JSON},"warnings":[""', ',""', "]}", "utf-8"),
    "JSON, Latin-1": (f'{_JSON},"returnmsg":"', "é", '"}', "iso-8859-1"),
    "JSON, Thai": (f'{_JSON},"returnmsg":"', "ก", '"}', "tis-620"),
    "XML, a long text": (f'{_XML} returnmsg="', "a", '"/>', "utf-8"),
    "XML, character references": (f'{_XML} returnmsg="', "&#65;", '"/>', "utf-8"),
    "XML, entities": (f'{_XML} returnmsg="', f"&amp;{'a' * 65}", '"/>', "utf-8"),
    "XML, semicolons": (f'{_XML} returnmsg="&amp;', ";", '"/>', "utf-8"),
    "XML, many elements": (f"{_XML}>{_PRODUCT}", _LINK, "</product></result>", "utf-8"),
    "XML, long attributes that nobody knows": (f"{_XML}>", f'<product product_id="1" x="{"a" * 60}"/>', "</result>", "utf-8"),
    "XML, names that nobody knows": (f"{_XML}>", f"<{'a' * 50}%07d/>", "</result>", "utf-8"),
    "XML, Latin-1": (f'{_XML} returnmsg="', "é", '"/>', "iso-8859-1"),
}
"""What begins a body, what is repeated in it up to ``max_bytes``, what ends it, and its charset."""


class Hostile(httpx.SyncByteStream):
    """A body that is made while it is sent, so that the server's side takes no memory."""

    def __init__(self, begin: bytes, unit: bytes, end: bytes) -> None:
        self._parts = begin, unit, end

    def __iter__(self) -> Iterator[bytes]:
        begin, unit, end = self._parts
        length = len(unit % 0) if b"%" in unit else len(unit)
        count, step = (MAX_BYTES - len(begin) - len(end)) // length, max(1, 65536 // length)
        yield begin
        for done in range(0, count, step):
            numbers = range(done, min(done + step, count))
            yield b"".join(unit % number for number in numbers) if b"%" in unit else unit * len(numbers)
        yield end


def status(name: str) -> int:
    """Return a figure of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Measure the body that the first argument names."""
    name = sys.argv[1]
    *parts, charset = BODIES[name]
    media_type = f"application/{name.split(',')[0].lower()}; charset={charset}"
    stream = Hostile(*(part.encode(charset) for part in parts))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream, headers={"Content-Type": media_type}))
    representation: Literal["json", "xml"] = "xml" if name.startswith("XML") else "json"
    with Client("http://host", representation=representation, transport=transport, max_bytes=MAX_BYTES) as client:
        before = status("VmRSS")
        try:
            client.get_images()
        except DecodeError as error:
            print(f"refused: {error}", file=sys.stderr)
        print((status("VmHWM") - before) / MAX_BYTES)


if __name__ == "__main__":
    main()
