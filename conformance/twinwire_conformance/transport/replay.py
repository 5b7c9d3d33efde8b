"""Replay of a recorded run without network access."""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any, TypeVar

from twinwire.errors import UsageError, printable
from twinwire_conformance.decoding import Undecodable
from twinwire_conformance.decoding.limits import count_json
from twinwire_conformance.findings import FailureKind, Unreachable, Unrecorded
from twinwire_conformance.model import Request, Response
from twinwire_conformance.transport.concurrent import result
from twinwire_conformance.transport.endpoint import Endpoint
from twinwire_conformance.transport.files import TooLarge, read_file
from twinwire_conformance.transport.recording import RecordingInfo

T = TypeVar("T")

MAX_VALUES = 4_000_000
"""The most JSON values of a recording. A thorough run has a tenth of that."""
_HINT = "name a file that --har wrote"


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A recorded exchange: its response, or its error with the partial response."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    seconds: float
    received: float
    error: str | None
    flaw: str = ""
    unasked_coding: str = ""
    framing_defect: str = ""
    wire_bytes: int = 0
    kind: FailureKind = FailureKind.UNKNOWN
    reused: bool = False
    malformed: bool = False
    trace: str = ""

    def response(self, request: Request, shown_url: str) -> Response:
        """Return the recorded response to a request; after an error, the partial one."""
        return Response(
            request,
            shown_url,
            self.status,
            self.headers,
            self.body,
            self.seconds,
            self.received,
            self.flaw,
            self.unasked_coding,
            self.framing_defect,
            self.wire_bytes,
            self.trace,
        )


Calls = dict[str, deque[deque[RecordedExchange]]]
"""The calls by request key, in order, each with its exchanges. A call that was retried has more than one."""


@dataclass(slots=True)
class Recording:
    """A recorded run with its settings and exchanges. It can be replayed once, because a replay consumes it."""

    origin: RecordingInfo
    calls: Calls
    lacks: list[str] = field(default_factory=list)
    """The requests of the replay that the recording does not contain."""


class ReplayTransport:
    """Responds from a recording. The n-th call of a request gets the response to its n-th recorded call."""

    def __init__(self, recording: Recording, endpoint: Endpoint) -> None:
        self.recording = recording
        self.endpoint = endpoint
        self._under_way: dict[int, deque[RecordedExchange]] = {}

    def exchange(self, request: Request, call: int) -> Response:
        """Return the recorded response.

        Raises:
            Unreachable: The recorded exchange failed in the same way.
            Unrecorded: The recording does not contain the request.
        """
        shown_text = self.endpoint.shown_url(request)
        if call not in self._under_way:
            calls = self.recording.calls.get(self.endpoint.key(request))
            self._under_way[call] = calls.popleft() if calls else deque()
        entries = self._under_way[call]
        if not entries:
            lack = f"GET {shown_text}" + (f" (Accept: {request.accept})" if request.accept is not None else "")
            self.recording.lacks.append(lack)
            raise Unrecorded(f"the recording lacks {lack}")
        found = entries.popleft()
        response = found.response(request, shown_text)
        if found.error is not None:
            responses = [response] if found.status else []
            raise Unreachable(found.error, responses, kind=found.kind, reused=found.reused, malformed=found.malformed)
        return response

    def pause(self, seconds: float) -> None:
        """Return at once. A replay sends no requests, so the rate limit does not apply."""

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run calls one after the other. As with a live server, all end before the first error is raised."""
        return [result(item) for item in [_done(work) for work in works]]

    def close(self) -> None:
        """Do nothing, because a replay holds no connections."""


def read_recording(path: str) -> Recording:
    """Read a recording within limits of time and memory.

    Raises:
        UsageError: The file cannot be read, is too large, or is not a recording.
    """
    import jsonschema  # noqa: PLC0415 - only a replay needs it before the first rule

    try:
        text = read_file(path)
        count_json(text, MAX_VALUES)
        found = json.loads(text)
        # Release the text, so that it does not stay in memory beside the parsed recording.
        del text
        jsonschema.Draft202012Validator(schema()).validate(found)
        calls = _calls(found["log"]["entries"])
    except jsonschema.ValidationError as error:
        problem = printable(f"{error.json_path}: {error.message:.200}")
        raise UsageError(f"the recording {path!r} was not made by twinwire: {problem}", _HINT) from error
    except (TooLarge, TimeoutError) as error:
        raise UsageError(
            f"the recording {path!r} cannot be read: {error}", "record a shorter run, with a smaller --profile"
        ) from error
    except (Undecodable, ValueError, RecursionError, EOFError, OverflowError, zlib.error) as error:
        raise UsageError(f"the recording {path!r} is not a HAR file: {printable(str(error))}", _HINT) from error
    except OSError as error:
        raise UsageError(f"the recording {path!r} cannot be read: {error.strerror or error}", _HINT) from error
    origin = found["log"]["_twinwire"]
    rules = None if origin["rules"] is None else tuple(origin["rules"])
    return Recording(RecordingInfo(**{**origin, "headers": tuple(origin["headers"]), "rules": rules}), calls)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a recording: HAR 1.2 with the additional members that a replay needs."""
    found: dict[str, Any] = json.loads((files("twinwire_conformance.transport") / "har.schema.json").read_text("utf-8"))
    return found


def _calls(entries: Sequence[dict[str, Any]]) -> Calls:
    by_call: dict[tuple[int, str], deque[RecordedExchange]] = {}
    for entry in entries:
        by_call.setdefault((entry["_call"], entry["_key"]), deque()).append(_exchange(entry))
    calls: Calls = defaultdict(deque)
    for (_, key), exchanges in sorted(by_call.items(), key=lambda item: item[0]):
        calls[key].append(exchanges)
    return calls


def _exchange(entry: dict[str, Any]) -> RecordedExchange:
    response = entry["response"]
    # pop releases the text after decoding, so that a large body does not stay in memory twice.
    text = response["content"].pop("text", "")
    encoded = response["content"].get("encoding") == "base64"
    body = base64.b64decode(text, validate=True) if encoded else text.encode("utf-8", "surrogatepass")
    headers = {item["name"].lower(): item["value"] for item in response["headers"]}
    seconds = entry["time"] / 1000
    received = datetime.fromisoformat(entry["startedDateTime"]).timestamp() + seconds
    return RecordedExchange(
        response["status"],
        headers,
        body,
        seconds,
        received,
        response.get("_error"),
        response.get("_flaw", ""),
        response.get("_unasked_coding", ""),
        response.get("_framing_defect", ""),
        max(0, response["bodySize"]),
        FailureKind(response.get("_kind", FailureKind.UNKNOWN)),
        response.get("_reused", False),
        response.get("_malformed", False),
        response.get("_trace", ""),
    )


def _done(work: Callable[[], T]) -> T | BaseException:
    try:
        return work()
    except Exception as error:
        return error
