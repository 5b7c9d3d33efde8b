"""Turn a response into a result, or into the exception that describes its problem."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

from ._address import ServiceAddress
from ._codec import Codec
from ._options import ClientOptions
from ._plan import FeedPlan, Representation
from ._wire import HttpResponse
from .errors import DecodeError, HTTPStatusError, RateLimitedError, ReturnCodeError

R = TypeVar("R")

_EXCERPT = 200


class ResponseHandler(Generic[R]):
    """Decodes and checks the responses to one client's requests."""

    def __init__(self, feed: FeedPlan, codec: Codec[R], target: ServiceAddress, options: ClientOptions) -> None:
        self._feed = feed
        self._codec = codec
        self._target = target
        self._options = options

    def result(self, reply: HttpResponse) -> R:
        """Return the result of a response.

        Raises:
            HTTPStatusError: The status is not 200, and the body is not an error result.
            ReturnCodeError: The result, with status 200 or 4xx, has a return code other than success.
            DecodeError: The body cannot be decoded, or lacks a member that a successful result must have.
        """
        if reply.status != 200:
            raise self._refusal(reply) or self._status(reply)
        result = self._decode(reply)
        code = getattr(result, self._feed.code)
        if code != self._feed.success:
            raise self._return_code(result, reply.status)
        for name, wire in self._feed.complete.items():
            if getattr(result, name) is None:
                raise DecodeError(f"a result that worked has no {wire}", path=f"$.{wire}")
        return result

    def _decode(self, reply: HttpResponse) -> R:
        label, charset = _label(reply.headers.get("content-type", ""))
        representation = self._feed.media_types.get(label)
        if representation is None:
            shown = f"is labelled {label[:80]!r}" if label else "has no Content-Type"
            known = ", ".join(self._feed.media_types)
            raise DecodeError(
                f"the answer of {self._target.url} {shown}, expected one of {known}; it begins {self._excerpt(reply)!r}"
            )
        try:
            return self._read(reply.body, representation, charset)
        except DecodeError as error:
            problem = self._target.redact(error.problem)
            raise DecodeError(problem, path=error.path, line=error.line, column=error.column) from None

    def _read(self, body: bytes, representation: Representation, charset: str | None) -> R:
        decode = self._codec.decode_json if representation == "json" else self._codec.decode_xml
        return decode(body, charset, self._options.reading)

    def _refusal(self, reply: HttpResponse) -> ReturnCodeError | None:
        if not 400 <= reply.status < 500 or reply.status == 429:
            return None
        try:
            result = self._decode(reply)
        except DecodeError:
            # The contract leaves the body of a rejection open, so an undecodable one is reported by its status alone.
            return None
        refused = getattr(result, self._feed.code) != self._feed.success
        return self._return_code(result, reply.status) if refused else None

    def _return_code(self, result: R, status: int) -> ReturnCodeError:
        code: Any = getattr(result, self._feed.code)
        message = getattr(result, self._feed.message) if self._feed.message else None
        return ReturnCodeError(code, self._target.redact(str(message or ""))[:500], result, status)

    def _status(self, reply: HttpResponse) -> HTTPStatusError:
        headers = {name: self._target.redact(value) for name, value in reply.headers.items() if name != "set-cookie"}
        excerpt = self._excerpt(reply)
        message = f"{self._target.url} answered {reply.status}{self._hint(reply)}"
        if reply.status in (429, 503):
            limited = RateLimitedError(message, reply.status, headers, excerpt)
            limited.retry_after = self._options.retry.asked(reply.headers.get("retry-after"))
            return limited
        return HTTPStatusError(message, reply.status, headers, excerpt)

    def _hint(self, reply: HttpResponse) -> str:
        if 300 <= reply.status < 400:
            place = self._target.redact(_without_query(reply.headers.get("location", "")))
            return f": redirects are not followed; this one leads to {place[:200]!r}"
        excerpt = self._excerpt(reply)
        return f": {excerpt!r}" if excerpt else ""

    def _excerpt(self, reply: HttpResponse) -> str:
        # Redact before cutting: a secret that crosses the cut would no longer match and would partly survive.
        text = self._target.redact(reply.body[: _EXCERPT * 40].decode("utf-8", "replace"))
        return " ".join(text.split())[:_EXCERPT]


def _without_query(url: str) -> str:
    # A Location often repeats the query of the request, and with it the session.
    return re.split("[?#]", url, maxsplit=1)[0]


def _label(content_type: str) -> tuple[str, str | None]:
    label, *parameters = content_type.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip():
            return label.strip().lower(), value.strip().strip("\"'")
    return label.strip().lower(), None
