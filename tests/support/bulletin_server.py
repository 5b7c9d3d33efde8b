"""A server of the fictional bulletin board, written from bulletin.yaml with the standard library only.

Its cursors (`bookmark`) have no order, and an unknown one is rejected with an HTML page. No member states the number of
remaining notes: a traversal ends at an empty page, which has no cursor.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from plain_http import PlainServer, RefusedError, Reply, preferred

JSON_TYPE = "application/json"
XML_TYPE = "text/xml"

Note = dict[str, str]


class BulletinServer(PlainServer):
    """Serves a fixed feed of notes.

    Args:
        notes: The number of notes.
    """

    def __init__(self, notes: int = 17) -> None:
        # 37 and 1009 share no divisor, so the names are unique and in no order.
        self.feed: list[Note] = [{"name": f"n{index * 37 % 1009}", "text": f"<{index}> äöü"} for index in range(notes)]
        self.places = {bookmark(note): index for index, note in enumerate(self.feed, 1)}
        super().__init__()

    def reply(self, path: str, query: str, accept: str) -> Reply:
        media_type = preferred(accept, (JSON_TYPE, XML_TYPE))
        if path != "/notes" or media_type is None:
            return Reply(404 if media_type else 406, "text/html", b"<p>No.")
        try:
            board = self.board(parse_qsl(query, keep_blank_values=True, errors="replace"))
        except RefusedError as refusal:
            return Reply(422, "text/html; charset=utf-8", f"<p>{escape(str(refusal))}".encode())
        write = write_xml if media_type == XML_TYPE else json.dumps
        return Reply(200, media_type, write(board).encode("utf-8"))

    def board(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        query = dict(pairs)
        # dict() keeps the last of equal names, so a shorter dict means a repetition.
        if len(query) < len(pairs):
            raise RefusedError("a parameter must not be repeated")
        lot = self.lot(query.get("bookmark"), query.get("most", "4"))
        return {"well": 1, "bookmark": bookmark(lot[-1]) if lot else None, "notes": lot}

    def lot(self, mark: str | None, most: str) -> list[Note]:
        if most not in tuple("123456"):
            raise RefusedError("most must be from 1 to 6")
        first = 0 if mark is None else self.places.get(mark)
        if first is None:
            raise RefusedError("bookmark was not issued by this server")
        return self.feed[first : first + int(most)]


class LosesANoteBetweenLots(BulletinServer):
    violates = ("PAGE-03",)

    def lot(self, mark: str | None, most: str) -> list[Note]:
        return super().lot(mark, most)[bool(mark) :]


class ForgetsTheBookmark(BulletinServer):
    violates = ("PAGE-01", "PAGE-02")

    def lot(self, mark: str | None, most: str) -> list[Note]:
        return super().lot(None, most)


class GoesRoundInACircle(BulletinServer):
    violates = ("PAGE-07", "PAGE-02")

    def lot(self, mark: str | None, most: str) -> list[Note]:
        # The empty page at the end is replaced by the first page.
        return super().lot(mark, most) or super().lot(None, most)


BROKEN: tuple[type[BulletinServer], ...] = (LosesANoteBetweenLots, ForgetsTheBookmark, GoesRoundInACircle)


def bookmark(note: Note) -> str:
    # A hash as a cursor: it reveals neither the order nor the number of notes.
    return hashlib.sha256(note["name"].encode()).hexdigest()


def write_xml(board: dict[str, Any]) -> str:
    notes = "".join(f"<note><text>{escape(note['text'])}</text><name>{note['name']}</name></note>" for note in board["notes"])
    mark = f"<bookmark>{board['bookmark']}</bookmark>" if board["bookmark"] else ""
    return f"<board><notes>{notes}</notes>{mark}<well>{board['well']}</well></board>"
