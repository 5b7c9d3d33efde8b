"""Recording of every exchange of a run as redacted HAR 1.2, in bounded memory."""

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
from twinwire_conformance.findings import Unreachable
from twinwire_conformance.model import Request, Response
from twinwire_conformance.transport.endpoint import Endpoint, Transport
from twinwire_conformance.transport.redaction import PIECE, REDACTED

T = TypeVar("T")

_NONE: Mapping[str, Any] = {"headersSize": -1, "bodySize": -1, "cookies": [], "httpVersion": "HTTP/1.1"}


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """The settings of a recorded run, with which a replay sends the same requests. ``rules`` is None for all rules."""

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
    """Records the exchanges of another transport. Entries are kept on disk, not in memory."""

    def __init__(self, inner: Transport, endpoint: Endpoint) -> None:
        self.inner = inner
        self.endpoint = endpoint
        self._spill: IO[bytes] = tempfile.TemporaryFile(prefix="twinwire-")  # noqa: SIM115 - closed after it was written
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ended = False
        self._places: dict[tuple[int, int], tuple[int, int]] = {}

    def exchange(self, request: Request, call: int) -> Response:
        """Exchange through the other transport, and record the response or the error."""
        place, began, started = (call, next(self._numbers)), time.time(), time.monotonic()
        try:
            response = self.inner.exchange(request, call)
        except Unreachable as error:
            partial = error.responses[0] if error.responses else None
            recorded = self._failure(error, partial)
            body = b"" if partial is None else partial.body
            self._note(place, self._head(request, call, began, time.monotonic() - started), recorded, body)
            raise
        head = self._head(request, call, response.received - response.seconds, response.seconds)
        self._note(place, head, self._response(response), response.body)
        return response

    def pause(self, seconds: float) -> None:
        """Pause the other transport."""
        self.inner.pause(seconds)

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run calls concurrently through the other transport."""
        return self.inner.run(works)

    def close(self) -> None:
        """Close the other transport. The recording can still be written."""
        self.inner.close()

    def write(self, stream: IO[bytes], origin: RecordingInfo) -> None:
        """Write the recording with its entries in the order of their calls, and delete the entries.

        Args:
            stream: The binary stream to write to.
            origin: The settings of the run.
        """
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

    def _note(self, place: tuple[int, int], head: dict[str, Any], recorded: dict[str, Any], body: bytes) -> None:
        with self._lock:
            if self._ended:
                # A request still in flight when the run was interrupted. The temporary file is closed already.
                return
            start = self._spill.seek(0, 2)
            self._spell(head, recorded, body)
            self._places[place] = (start, self._spill.tell())

    def _spell(self, head: dict[str, Any], recorded: dict[str, Any], body: bytes) -> None:
        # The body is written last and in pieces, so that a large one is not copied in memory.
        content = {"size": len(body), "mimeType": recorded.pop("_label", "")}
        self._spill.write(_json(head)[:-1] + b', "response": ' + _json(recorded)[:-1] + b', "content": ')
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
            # HAR 1.2 reserves names with an underscore for extensions. A replay needs these.
            "_call": call,
            "_key": self.endpoint.key(request),
        }

    def _response(self, response: Response) -> dict[str, Any]:
        clean = self.endpoint.secrets.text
        # A cookie set by the server may identify a session, so it is redacted although the caller did not name it.
        shown_text = [
            (clean(name), REDACTED if name == "set-cookie" else clean(value)) for name, value in response.headers.items()
        ]
        found = dict(shown_text)
        phrase = next((item.phrase for item in HTTPStatus if item == response.status), "")
        head: dict[str, Any] = {"status": response.status, "statusText": phrase, "headers": _pairs(shown_text)}
        said = {
            "_flaw": response.flaw,
            "_unasked_coding": response.unasked_coding,
            "_framing_defect": response.framing_defect,
            "_trace": response.trace,
        }
        head |= {name: clean(value) for name, value in said.items() if value}
        sizes = {**_NONE, "bodySize": response.wire_bytes or len(response.body)}
        return {**head, "redirectURL": found.get("location", ""), **sizes, "_label": found.get("content-type", "")}

    def _failure(self, error: Unreachable, partial: Response | None) -> dict[str, Any]:
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
    # Lone surrogates represent bytes that are not UTF-8. JSON text cannot contain them.
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": _text(value)} for name, value in pairs]


def _raw_pairs(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a raw query as sent, neither decoded nor corrected."""
    # parse_qsl would drop malformed parts, and the recording would differ from the request.
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
    # Base64 encodes groups of three bytes, so the rest of a piece waits for the next one to avoid padding in between.
    held = b""
    for piece in pieces:
        held += piece
        whole = len(held) - len(held) % 3
        yield base64.b64encode(held[:whole])
        held = held[whole:]
    yield base64.b64encode(held)
