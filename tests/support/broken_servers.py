"""Copies of the independent server with one defect each. `violates` names the rules that the defect breaks."""

from __future__ import annotations

import base64
from email.message import Message
from typing import Any

from independent_server import ImagesServer, Product, RefusedError


class LosesAnEntryBetweenLots(ImagesServer):
    violates = ("PAGE-03", "PAGE-05")

    def first_index(self, token: int) -> int:
        index = super().first_index(token)
        # The entry after a page is skipped; the first page is correct.
        return min(index + 1, len(self.feed)) if index else 0


class RepeatsAnEntryBetweenLots(ImagesServer):
    violates = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-05")

    def first_index(self, token: int) -> int:
        index = super().first_index(token)
        # The last entry of a page is repeated at the start of the next one.
        return index - 1 if 0 < index < len(self.feed) else index


# Every request gets the first page, so a traversal never advances.
class IgnoresTheToken(ImagesServer):
    violates = ("PAGE-01", "PAGE-02")

    def first_index(self, token: int) -> int:
        return 0


class MiscountsTheQueue(ImagesServer):
    violates = ("PAGE-05", "PAGE-06")

    def queue_after(self, index: int) -> int:
        return super().queue_after(index) + 1


class CountsImagesForEntries(ImagesServer):
    violates = ("SCHEMA-04",)

    def count_of(self, lot: list[Product]) -> int:
        return sum(len(product.pictures) for product in lot)


class SpoilsFileNamesInXml(ImagesServer):
    violates = ("TWIN-01", "TWIN-02")

    def write_picture_element(self, tag: str, picture: dict[str, Any]) -> str:
        name = picture["imagefilename"].encode("ascii", "replace").decode("ascii")
        return super().write_picture_element(tag, {**picture, "imagefilename": name})


class AnswersTextXmlWithJson(ImagesServer):
    violates = ("HTTP-02",)

    def negotiate(self, accept: str) -> str | None:
        media_type = super().negotiate(accept)
        return "application/json" if media_type == "text/xml" else media_type


class CallsABadCountItsOwnFault(ImagesServer):
    violates = ("HTTP-09",)

    def read_count(self, text: str) -> int:
        # The rejection is the same apart from its status: a server error instead of a client error.
        try:
            return super().read_count(text)
        except RefusedError as refusal:
            raise RefusedError(refusal.code, refusal.message, status=500) from refusal


class KnowsHeadersByTheirUsualCaseOnly(ImagesServer):
    violates = ("HTTP-11",)

    def accept_of(self, headers: Message) -> str:
        # HTTP header names are case-insensitive (RFC 9110, section 5.1); the email parser keeps the client's case.
        return ",".join(value for name, value in headers.items() if name == "Accept")


class StatesTheLengthTwice(ImagesServer):
    violates = ("HTTP-06",)

    def frame(self, body: bytes) -> tuple[dict[str, str], bytes]:
        headers, _ = super().frame(body)
        if len(body) < 500:
            return headers, body
        # RFC 9112, section 6.3: Content-Length next to Transfer-Encoding is a sign of request smuggling; clients may reject it.
        return headers | {"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


class BreaksBase64IntoLines(ImagesServer):
    violates = ("IMAGE-01",)

    def encode_picture(self, data: bytes) -> str:
        # The MIME form of base64 has a line break after every 76 characters.
        return base64.encodebytes(data).decode("ascii")


class IgnoresTheUrlOption(ImagesServer):
    violates = ("IMAGE-04",)

    def wants_links(self, options: str) -> bool:
        return False


BROKEN: tuple[type[ImagesServer], ...] = (
    LosesAnEntryBetweenLots,
    RepeatsAnEntryBetweenLots,
    IgnoresTheToken,
    MiscountsTheQueue,
    CountsImagesForEntries,
    SpoilsFileNamesInXml,
    AnswersTextXmlWithJson,
    CallsABadCountItsOwnFault,
    KnowsHeadersByTheirUsualCaseOnly,
    StatesTheLengthTwice,
    BreaksBase64IntoLines,
    IgnoresTheUrlOption,
)
