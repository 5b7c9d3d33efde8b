"""Recordings: every exchange of a run as HAR 1.2, without secrets, in bounded memory."""

from __future__ import annotations

import base64
import codecs
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import IO, Any, TypeVar

from twinwire import __version__
from twinwire_conformance.model import Answer, Request, Unreachable
from twinwire_conformance.transport.endpoint import Endpoint, Transport
from twinwire_conformance.transport.secrecy import PIECE, REDACTED

T = TypeVar("T")

_NONE: Mapping[str, Any] = {"headersSize": -1, "bodySize": -1, "cookies": [], "httpVersion": "HTTP/1.1"}


@dataclass(frozen=True, slots=True)
class Origin:
    """How a recorded run was started: what a replay needs to ask the same again. ``rules`` None stands for all."""

    base_url: str
    spec: str
    kit: str
    profile: str
    seed: int
    max_requests: int
    headers: tuple[str, ...]
    session: bool
    rules: tuple[str, ...] | None = None


class RecordingTransport:
    """Notes what passes through another transport. Entries wait on disk, so that none of them stays in memory."""

    def __init__(self, inner: Transport, endpoint: Endpoint) -> None:
        self.inner = inner
        self.endpoint = endpoint
        self._spill: IO[bytes] = tempfile.TemporaryFile(prefix="twinwire-")  # noqa: SIM115 - closed after it was written
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ended = False
        self._places: dict[tuple[int, int], tuple[int, int]] = {}

    def exchange(self, request: Request, call: int) -> Answer:
        """Exchange and note it, whatever comes of it."""
        place, began, started = (call, next(self._numbers)), time.time(), time.monotonic()
        try:
            answer = self.inner.exchange(request, call)
        except Unreachable as error:
            partial = error.answers[0] if error.answers else None
            response = self._failure(error, partial)
            body = b"" if partial is None else partial.body
            self._note(place, self._head(request, call, began, time.monotonic() - started), response, body)
            raise
        head = self._head(request, call, answer.received - answer.seconds, answer.seconds)
        self._note(place, head, self._response(answer), answer.body)
        return answer

    def pause(self, seconds: float) -> None:
        """Wait as the other transport does."""
        self.inner.pause(seconds)

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do works as the other transport does."""
        return self.inner.run(works)

    def close(self) -> None:
        """Close the other transport; what was noted can still be written."""
        self.inner.close()

    def write(self, stream: IO[bytes], origin: Origin) -> None:
        """Write the recording, its entries in the order in which they were asked for, and forget it."""
        log = {"version": "1.2", "creator": {"name": "twinwire", "version": __version__}, "_twinwire": asdict(origin)}
        stream.write(b'{"log": ' + _json(log)[:-1] + b', "entries": [')
        with self._lock, self._spill as spill:
            self._ended = True
            for index, (_, (start, end)) in enumerate(sorted(self._places.items())):
                stream.write(b",\n" if index else b"\n")
                spill.seek(start)
                for position in range(start, end, PIECE):
                    stream.write(spill.read(min(PIECE, end - position)))
        stream.write(b"\n]}}\n")

    def _note(self, place: tuple[int, int], head: dict[str, Any], response: dict[str, Any], body: bytes) -> None:
        with self._lock:
            if self._ended:
                # A request that was in flight when the run was interrupted.
                return
            start = self._spill.seek(0, 2)
            self._spell(head, response, body)
            self._places[place] = (start, self._spill.tell())

    def _spell(self, head: dict[str, Any], response: dict[str, Any], body: bytes) -> None:
        # The body comes last, in pieces: it may be large.
        content = {"size": len(body), "mimeType": response.pop("_label", "")}
        self._spill.write(_json(head)[:-1] + b', "response": ' + _json(response)[:-1] + b', "content": ')
        self._spill.write(_json(content)[:-1])
        for piece in self._content(body):
            self._spill.write(piece)
        self._spill.write(b"}}}")

    def _head(self, request: Request, call: int, began: float, seconds: float) -> dict[str, Any]:
        url = self.endpoint.shown_url(request)
        masked = self.endpoint.secrets.mask(request)
        pairs = masked.params if masked.raw_query is None else _raw_pairs(masked.raw_query)
        query = [{"name": _text(name), "value": self.endpoint.secrets.text(_text(value))} for name, value in pairs]
        headers = _pairs(self.endpoint.shown_headers(request))
        return {
            "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(timespec="microseconds"),
            "time": seconds * 1000,
            "request": {"method": "GET", "url": url, "headers": headers, "queryString": query, **_NONE, "bodySize": 0},
            "cache": {},
            "timings": {"send": 0, "wait": seconds * 1000, "receive": 0},
            "_call": call,
            "_key": self.endpoint.key(request),
        }

    def _response(self, answer: Answer) -> dict[str, Any]:
        clean = self.endpoint.secrets.text
        # What a server gives out as a cookie is a session, too.
        shown = [(clean(name), REDACTED if name == "set-cookie" else clean(value)) for name, value in answer.headers.items()]
        found = dict(shown)
        phrase = next((item.phrase for item in HTTPStatus if item == answer.status), "")
        head: dict[str, Any] = {"status": answer.status, "statusText": phrase, "headers": _pairs(shown)}
        said = {
            "_flaw": answer.flaw,
            "_unasked_coding": answer.unasked_coding,
            "_framing_defect": answer.framing_defect,
            "_trace": answer.trace,
        }
        head |= {name: clean(value) for name, value in said.items() if value}
        sizes = {**_NONE, "bodySize": answer.wire_bytes or len(answer.body)}
        return {**head, "redirectURL": found.get("location", ""), **sizes, "_label": found.get("content-type", "")}

    def _failure(self, error: Unreachable, partial: Answer | None) -> dict[str, Any]:
        none = {"status": 0, "statusText": "", "headers": [], "redirectURL": "", **_NONE}
        head = none if partial is None else self._response(partial)
        head |= {"_error": _text(self.endpoint.secrets.text(error.message)), "_kind": str(error.kind)}
        if error.reused:
            head["_reused"] = True
        if error.malformed:
            head["_malformed"] = True
        return head

    def _content(self, body: bytes) -> Iterator[bytes]:
        clean = self.endpoint.secrets.pieces(body)
        if _is_utf8(body):
            decoder = codecs.getincrementaldecoder("utf-8")()
            yield b', "text": "'
            for piece in clean:
                yield _json(decoder.decode(piece))[1:-1]
            yield b'"'
        else:
            yield b', "encoding": "base64", "text": "'
            yield from _base64(clean)
            yield b'"'


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def _text(text: str) -> str:
    # JSON has no lone surrogates; they stand for bytes that are no UTF-8.
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": _text(value)} for name, value in pairs]


def _raw_pairs(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a raw query as they were sent, neither decoded nor mended."""
    return [(name, value) for name, _, value in (piece.partition("=") for piece in query.split("&"))]


def _is_utf8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), PIECE):
            decoder.decode(body[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        held += piece
        whole = len(held) - len(held) % 3
        yield base64.b64encode(held[:whole])
        held = held[whole:]
    yield base64.b64encode(held)
