"""A server of the fictional parts, written from parts_spec.py with the standard library only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import quoteattr

from plain_http import PlainServer, RefusedError, Reply, preferred

JSON_TYPE = "application/json"
XML_TYPE = "application/xml"


class PartsServer(PlainServer):
    """Serves nine parts.

    Args:
        members: Members to add to each part.
        needed: Parameters that a request must send, with their values.
    """

    def __init__(self, members: dict[str, Any] | None = None, needed: dict[str, str] | None = None) -> None:
        self.parts = [{"id": f"p{index}", **(members or {})} for index in range(9)]
        self.needed = needed or {}
        super().__init__()

    def reply(self, path: str, query: str, accept: str) -> Reply:
        media_type = preferred(accept, (JSON_TYPE, XML_TYPE))
        if path != "/parts" or media_type is None:
            return Reply(404 if media_type else 406, "text/plain", b"No.")
        try:
            result = self.result(parse_qsl(query, keep_blank_values=True, errors="replace"))
        except RefusedError as refusal:
            return Reply(400, "text/plain", str(refusal).encode())
        text = self.xml(result) if media_type == XML_TYPE else json.dumps(result)
        return Reply(200, media_type, text.encode())

    def result(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        query = dict(pairs)
        # dict() keeps the last of equal names, so a shorter dict means a repetition.
        if len(query) < len(pairs):
            raise RefusedError("a parameter must not be repeated")
        for name, value in self.needed.items():
            if query.get(name) != value:
                raise RefusedError(f"{name} must be {value}")
        after, limit = query.get("after", "0"), query.get("limit", "10")
        if after not in map(str, range(10)) or limit not in map(str, range(1, 51)):
            raise RefusedError("after must be from 0 to 9 and limit from 1 to 50")
        lot = self.parts[int(after) : int(after) + int(limit)]
        return {"code": 0, "next": str(int(after) + len(lot)), "part": lot}

    def xml(self, result: dict[str, Any]) -> str:
        parts = "".join(f"<part{self.attributes(part)}/>" for part in result["part"])
        return f'<result code="0" next="{result["next"]}">{parts}</result>'

    def attributes(self, part: dict[str, Any]) -> str:
        return "".join(f" {name}={quoteattr(str(value))}" for name, value in part.items() if value is not None)
