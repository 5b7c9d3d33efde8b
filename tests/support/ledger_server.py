"""A server of the fictional ledger, written from ledger.yaml with the standard library only.

It shares neither code nor names with the suite, and makes its own choices where the spec allows them: XML elements in another
order, empty wrapper elements, JSON without absent members, rejections as 400 with an error result.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from plain_http import PlainServer, RefusedError, Reply, preferred

BASE_PATH = "/books"
# Places are not consecutive, so a client that adds 1 to a cursor is found.
FIRST_PLACE = 40
STEP = 3
RELEASE = "2031-b"
JSON_TYPES = ("application/json", "application/vnd.ledger+json")
XML_TYPE = "application/xml"

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_STATES = ("open", "cleared", "written off")
# Empty text, white space that must survive, a CRLF, quotes, and the end of a CDATA section.
_MEMOS = (None, "", "Müller & Søn <net>", "  two  spaces\tand a tab ", "line\r\nline", "]]> 𝄞 日本", "quoted \"so\" 'so'")
# Doubles with many digits or an exponent, which encoders format differently.
_AMOUNTS = (0.1 + 0.2, -1250.5, 1e-07, 3.0, 1e22)

Members = dict[str, Any]


class LedgerServer(PlainServer):
    """Serves a fixed feed below `BASE_PATH`.

    Args:
        postings: The number of postings.
    """

    def __init__(self, postings: int = 430) -> None:
        self.feed = [make_posting(index) for index in range(postings)]
        super().__init__()

    def reply(self, path: str, query: str, accept: str) -> Reply:
        if path != f"{BASE_PATH}/general/postings":
            return Reply(404, "text/plain", b"there is no such book\n")
        media_type = self.negotiate(accept)
        if media_type is None:
            return Reply(406, "text/plain", b"JSON and XML are written here\n")
        try:
            status, extract = 200, self.extract(parse_qsl(query, keep_blank_values=True, errors="replace"))
        except RefusedError as refusal:
            status, extract = 400, {"status": 417, "reason": str(refusal)}
        write = self.write_xml if media_type == XML_TYPE else self.write_json
        return Reply(status, f"{media_type}; charset=utf-8", write(extract).encode())

    def negotiate(self, accept: str) -> str | None:
        return preferred(accept, (*JSON_TYPES, XML_TYPE))

    def extract(self, pairs: list[tuple[str, str]]) -> Members:
        query = dict(pairs)
        if any(sum(key == name for key, _ in pairs) > 1 for name in ("after", "size", "caller")):
            raise RefusedError("a parameter must not be repeated")
        if "caller" in query and not 2 <= len(query["caller"]) <= 32:
            raise RefusedError("caller must have 2 to 32 characters")
        after, size = query.get("after", ""), self.read_size(query.get("size"))
        first = self.first_index(after)
        lot = self.feed[first : first + size]
        place = self.place_of(first + len(lot) - 1) if lot else after
        return {
            "status": self.success(),
            "release": RELEASE,
            **({"place": place} if place else {}),
            "held": self.held(lot),
            "pending": self.pending_after(first + len(lot)),
            "postings": lot,
            "notices": [],
        }

    def success(self) -> int:
        return 200

    def read_size(self, text: str | None) -> int:
        if text is None:
            return self.default_size()
        size = read_integer(text, "size")
        if not 1 <= size <= self.greatest_size():
            raise RefusedError(f"size must be from 1 to {self.greatest_size()}")
        return size

    def default_size(self) -> int:
        return 25

    def greatest_size(self) -> int:
        return 200

    def first_index(self, after: str) -> int:
        """Return the index of the first posting after a place."""
        if after in ("", "origin"):
            return 0
        place = read_integer(after, "after")
        return min(max((place - FIRST_PLACE) // STEP + 1, 0), len(self.feed))

    def place_of(self, index: int) -> str:
        return str(FIRST_PLACE + STEP * index)

    def held(self, lot: list[Members]) -> int:
        return len(lot)

    def pending_after(self, index: int) -> int:
        return len(self.feed) - index

    def write_json(self, extract: Members) -> str:
        return json.dumps(extract, ensure_ascii=False, indent=2)

    def write_xml(self, extract: Members) -> str:
        parts = [self.element(name, extract.get(name)) for name in ("pending", "held", "place", "release", "reason", "status")]
        if "postings" in extract:
            parts += [wrapped("notices", [self.element("notice", text) for text in extract["notices"]])]
            parts += [self.write_postings([self.write_posting(posting) for posting in extract["postings"]])]
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<extract>\n{"".join(parts)}</extract>\n'

    def write_postings(self, elements: list[str]) -> str:
        return wrapped("postings", elements)

    def write_posting(self, posting: Members) -> str:
        names = ("state", "settled", "amount", "receipt", "memo", "folio", "serial")
        parts = [self.element(name, posting.get(name)) for name in names]
        parts += [wrapped("labels", [self.element("label", text) for text in posting["labels"]])]
        parts += [wrapped("shares", [self.write_share(share) for share in posting["shares"]])]
        account = posting["account"]
        parts += [wrapped("account", [self.element("title", account["title"]), self.element("code", account["code"])])]
        return wrapped("posting", parts)

    def write_share(self, share: Members) -> str:
        return wrapped("share", [self.element(name, share.get(name)) for name in ("taxed", "part", "centre")])

    def element(self, name: str, value: Any) -> str:
        return "" if value is None else f"<{name}>{self.write_value(value)}</{name}>\n"

    def write_value(self, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        # XML parsers normalise a bare carriage return to a line feed; a reference survives.
        return escape(str(value), {"\r": "&#13;"})


def wrapped(name: str, elements: list[str]) -> str:
    return f"<{name}>\n{''.join(elements)}</{name}>\n" if elements else f"<{name}/>\n"


def make_posting(index: int) -> Members:
    """Return the posting at an index in its JSON form. Serials do not ascend."""
    shares = [{"centre": f"Werk {number} & Söhne", "part": number / 4, "taxed": number == 1} for number in range(index % 3)]
    optional = {
        "folio": None if index % 5 == 2 else 2**53 + index,
        "memo": _MEMOS[index % len(_MEMOS)],
        "receipt": base64.b64encode(bytes(range(index % 7 + 1))).decode("ascii") if index % 4 == 1 else None,
    }
    return {
        "serial": f"Ä-{index * 7919 % 100_003:06}/{index % 2}",
        "amount": int(_AMOUNTS[3]) if index % 5 == 3 else _AMOUNTS[index % 5] + index,
        "settled": index % 2 == 0,
        "state": _STATES[index % 3],
        "account": {"code": 1000 + index % 9000, "title": f"Kasse № {index % 11} <€>"},
        "shares": shares,
        "labels": ["", "vat", "vat"][: index % 4],
        **{name: value for name, value in optional.items() if value is not None},
    }


def read_integer(text: str, name: str) -> int:
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None or not -(2**63) <= value < 2**63:
        raise RefusedError(f"{name} must be a signed 64-bit integer")
    return value
