"""Recordings in HAR format and their replay without a network."""

from __future__ import annotations

import base64
import gzip
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from broken_servers import LosesAnEntryBetweenLots
from independent_server import ImagesServer, running
from raw_sockets import listening, reset
from twinwire.cli import main
from twinwire_conformance.findings import FailureKind, Unreachable, Unrecorded
from twinwire_conformance.model import Request, Response
from twinwire_conformance.target import RequestPolicy, Target
from twinwire_conformance.transport import Endpoint, RecordingInfo, RecordingTransport, Secrets, Transport, read_recording
from twinwire_conformance.transport.replay import ReplayTransport, schema

ORIGIN = RecordingInfo("http://in-process.invalid", "0" * 64, "0", "quick", 1, 60, (), False)


def certify(directory: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    report = directory / "report.json"
    code = main(["certify", *arguments, "--report-json", str(report)])
    return code, json.loads(report.read_text("utf-8"))


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def said(report: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a report that a replay must repeat: all except its time and its note."""
    return {name: value for name, value in report.items() if name not in ("started", "seconds", "note")}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    # The replay must fail if anything opens a socket or looks up a name.
    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "socketpair", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """A recorded run with secrets against a broken server: the recording, the exit code and the report."""
    directory = tmp_path_factory.mktemp("recorded")
    secrets = ["--session", "canary 'two", "--header", "Authorization: Bearer canary-one"]
    with running(LosesAnEntryBetweenLots, products=120) as base:
        # The request budget ends the run early, so that the replay must repeat that too.
        options = ["--profile", "quick", "--max-requests", "55", "--har", str(directory / "run.har")]
        code, report = certify(directory, base, *options, *secrets)
    return directory / "run.har", code, report


def test_a_recording_is_har_and_holds_every_exchange_in_order(recorded: tuple[Path, int, dict[str, Any]]) -> None:
    path, _, report = recorded
    jsonschema.Draft202012Validator.check_schema(schema())
    har = load(path)
    jsonschema.validate(har, schema())
    entries = har["log"]["entries"]
    assert len(entries) == report["requests"] > 20
    assert [entry["_call"] for entry in entries] == sorted(entry["_call"] for entry in entries)
    assert har["log"]["creator"] == {"name": "twinwire", "version": report["kit"]}
    first = entries[0]
    assert first["request"]["url"] == f"{report['target']}/products/images?count=2&session=***&options=URL"
    assert {"name": "session", "value": "***"} in first["request"]["queryString"]
    assert {"name": "Authorization", "value": "***"} in first["request"]["headers"]
    assert "canary" not in path.read_text("utf-8")


def test_a_replay_says_the_same_without_a_network(
    recorded: tuple[Path, int, dict[str, Any]], tmp_path: Path, no_network: None
) -> None:
    path, code, report = recorded
    assert code == 1
    again, replayed = certify(tmp_path, "--replay", str(path))
    assert again == code
    assert said(replayed) == said(report)
    assert "replayed from a recording" in replayed["note"]


def test_a_replay_needs_no_secrets_and_heeds_none(
    recorded: tuple[Path, int, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other secrets than those of the recording must change nothing.
    monkeypatch.setenv("TWINWIRE_HEADER_X_OTHER", "canary-three")
    monkeypatch.setenv("TWINWIRE_SESSION", "canary-four")
    assert said(certify(tmp_path, "--replay", str(recorded[0]))[1]) == said(recorded[2])


def test_a_replay_can_be_recorded_and_replayed_in_turn(recorded: tuple[Path, int, dict[str, Any]], tmp_path: Path) -> None:
    second = tmp_path / "second.har.gz"
    certify(tmp_path, "--replay", str(recorded[0]), "--har", str(second))
    assert json.loads(gzip.decompress(second.read_bytes()))["log"]["version"] == "1.2"
    assert said(certify(tmp_path, "--replay", str(second))[1]) == said(recorded[2])


def test_a_recording_of_selected_rules_is_replayed_for_these(tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(ImagesServer, products=120) as base:
        code, report = certify(tmp_path, base, "--select", "TWIN-01,HTTP-04", "--har", str(har))
    again, replayed = certify(tmp_path, "--replay", str(har))
    assert (code, again) == (0, 0)
    assert said(replayed) == said(report)
    assert "not a full certification" in replayed["note"]


def test_a_recording_can_go_to_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with running(ImagesServer, products=120) as base:
        assert main(["certify", base, "--select", "HTTP-04", "--har", "-"]) == 0
        captured = capsys.readouterr()
        assert main(["certify", base, "--har", "-", "--report-json", "-"]) == 2
    jsonschema.validate(json.loads(captured.out), schema())
    assert captured.err.rstrip().endswith("partial")
    assert "standard output" in capsys.readouterr().err


@pytest.mark.parametrize(("server", "code"), [(ImagesServer, 3), (LosesAnEntryBetweenLots, 1)])
def test_an_exchange_that_is_lacking_leaves_the_verdict_open(server: type[ImagesServer], code: int, tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(server, products=120) as base:
        certify(tmp_path, base, "--profile", "quick", "--har", str(har))
    found = load(har)
    entries = found["log"]["entries"]
    # HTTP-04 is the only rule that sends this Accept header.
    gone = next(item for item in entries if {"name": "Accept", "value": "*/*"} in item["request"]["headers"])
    entries.remove(gone)
    har.write_text(json.dumps(found), "utf-8")
    again, report = certify(tmp_path, "--replay", str(har))
    outcomes = {result["id"]: result for result in report["results"]}
    lacks = f"the recording lacks GET {gone['request']['url']} (Accept: */*)"
    assert again == code
    assert outcomes["HTTP-04"]["outcome"] == "inconclusive"
    assert outcomes["HTTP-04"]["message"] == lacks
    assert lacks in report["note"]


def test_a_recording_that_lacks_much_is_still_replayed_to_the_end(
    recorded: tuple[Path, int, dict[str, Any]], tmp_path: Path
) -> None:
    code, report = certify(
        tmp_path, "--replay", str(recorded[0]), "--seed", "77", "--profile", "standard", "--max-requests", "400"
    )
    assert code == 3
    messages = [result["message"] for result in report["results"] if result["outcome"] == "inconclusive"]
    assert sum(message.startswith("the recording lacks GET ") for message in messages) > 3
    # A rule whose exchanges were recorded is still decided.
    assert "pass" in [result["outcome"] for result in report["results"]]


def test_a_lacking_exchange_of_a_should_rule_leaves_the_verdict_open_too(tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(ImagesServer, products=120) as base:
        assert certify(tmp_path, base, "--select", "HTTP-04,HTTP-05", "--har", str(har))[0] == 0
    found = load(har)
    entries = found["log"]["entries"]
    entries.remove(next(item for item in entries if any("q=" in pair["value"] for pair in item["request"]["headers"])))
    har.write_text(json.dumps(found), "utf-8")
    code, report = certify(tmp_path, "--replay", str(har))
    assert (code, report["verdict"]) == (3, "inconclusive")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_a_target_that_cannot_be_reached_is_recorded_and_replayed(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    har = tmp_path / "run.har"
    code, report = certify(tmp_path, url, "--har", str(har))
    line = capsys.readouterr().err
    again, replayed = certify(tmp_path, "--replay", str(har))
    assert (code, again) == (3, 3)
    assert said(replayed) == said(report)
    assert capsys.readouterr().err == line
    failed = load(har)["log"]["entries"][0]["response"]
    assert failed["status"] == 0
    assert failed["_error"] in line


def test_the_same_seed_asks_the_same_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "from twinwire_conformance.contract import packaged_contract\n"
    module += "from twinwire_conformance.reference import create_app\n"
    (tmp_path / "served_for_har.py").write_text(f"{module}def make():\n    return create_app(packaged_contract())\n")
    (tmp_path / "app_for_har.py").write_text("from served_for_har import make\napp = make()\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def asked(seed: str) -> list[tuple[str, str]]:
        sys.modules.pop("app_for_har", None)
        har = tmp_path / "run.har"
        assert certify(tmp_path, "--app", "app_for_har:app", "--seed", seed, "--har", str(har))[0] == 0
        return [(entry["request"]["url"], entry["_key"]) for entry in load(har)["log"]["entries"]]

    first = asked("5")
    assert asked("5") == first
    assert asked("6") != first


def broken(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    found = load(path)
    change(found["log"])
    path.write_text(json.dumps(found), "utf-8")


def spoil_content(log: dict[str, Any]) -> None:
    log["entries"][0]["response"]["content"] |= {"encoding": "base64", "text": "!"}


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        (lambda log: log["_twinwire"].update(spec="f" * 64), [], "another spec"),
        (lambda log: log["_twinwire"].update(profile="huge"), [], "no profile"),
        (lambda log: log.pop("_twinwire"), [], "was not made by twinwire"),
        (lambda log: log["entries"][0].update(startedDateTime="2026-99-01T00:00:00Z"), [], "not a HAR file"),
        (spoil_content, [], "not a HAR file"),
        (lambda log: None, ["http://other.invalid"], "leave the target out"),
        (lambda log: None, ["--app", "json:loads"], "leave the target out"),
        (lambda log: None, ["--har", "no/such/directory/r.har"], "cannot be written"),
    ],
)
def test_a_recording_that_does_not_fit_gets_one_clear_line(
    change: Callable[[dict[str, Any]], object],
    arguments: list[str],
    says: str,
    recorded: tuple[Path, int, dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    har = tmp_path / "run.har"
    har.write_bytes(recorded[0].read_bytes())
    broken(har, change)
    assert main(["certify", "--replay", str(har), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert says in captured.err


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b'{"log": {}}', b"[" * 100_000])
@pytest.mark.parametrize("name", ["run.har", "run.har.gz"])
def test_what_is_no_recording_gets_one_clear_line(
    content: bytes, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["certify", "--replay", str(tmp_path / name)]) == 2
    assert main(["certify", "--replay", str(tmp_path / "none.har")]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 2
    assert "Traceback" not in err


def test_an_interrupted_run_leaves_its_recording(tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(ImagesServer, products=120) as base:
        command = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"]
        arguments = ["certify", base, "--rate", "20", "--har", str(har)]
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(4)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 3, err
    jsonschema.validate(load(har), schema())
    assert load(har)["log"]["entries"]
    assert list(tmp_path.iterdir()) == [har]


def test_pytest_records_and_replays(tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "twinwire_conformance.plugin"]
    base += ["--pyargs", "twinwire_conformance.suite", "--target-profile", "quick", "-k", "PAGE-03 or TWIN-01"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*base, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)

    with running(LosesAnEntryBetweenLots, products=120) as url:
        live = run("--target", url, "--target-har", str(har))
    jsonschema.validate(load(har), schema())
    again = run("--target-replay", str(har))
    assert live.returncode == again.returncode == 1
    failed = [line for line in live.stdout.splitlines() if line.startswith(("FAILED", "expected", "got", "curl"))]
    assert len(failed) > 3
    assert [line for line in again.stdout.splitlines() if line.startswith(("FAILED", "expected", "got", "curl"))] == failed
    wrong = run("--target-reference", "--target-har", str(tmp_path / "no" / "r.har"))
    assert wrong.returncode == pytest.ExitCode.USAGE_ERROR
    assert "cannot be written" in wrong.stdout + wrong.stderr


class Played:
    """A transport with prepared responses for each call. A call that is repeated gets its next response."""

    def __init__(self, *calls: Sequence[tuple[int, dict[str, str], bytes]]) -> None:
        self.calls = [iter(responses) for responses in calls]
        self.paused: list[float] = []

    def exchange(self, request: Request, call: int) -> Response:
        status, headers, body = next(self.calls[call])
        # Status 0 stands for an exchange without a response.
        if status == 0:
            raise Unreachable("no whole answer within 1 s")
        return Response(request, "", status, headers, body, 0.001, time.time())

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def run(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        return [work() for work in works]

    def close(self) -> None:
        pass


def record(path: Path, played: Transport, use: Callable[[Target], object], secrets: tuple[str, ...] = ()) -> None:
    made: list[RecordingTransport] = []

    def through(endpoint: Endpoint) -> RecordingTransport:
        made.append(RecordingTransport(played, endpoint))
        return made[0]

    with Target("http://in-process.invalid", "/feed", RequestPolicy(), secrets=secrets, through=through) as target:
        use(target)
    with path.open("wb") as stream:
        made[0].write(stream, ORIGIN)


@pytest.fixture
def replayed(tmp_path: Path) -> Callable[[], Target]:
    def make() -> Target:
        recording = read_recording(str(tmp_path / "run.har"))
        return Target("http://in-process.invalid", "/feed", through=lambda endpoint: ReplayTransport(recording, endpoint))

    return make


# Empty, JSON, non-ASCII with a BOM and NUL, binary, and line breaks that text mode would change.
BODIES = [b"", b"{}", '\ufeffä€\x00\u2028\\"'.encode(), b"\xff\xfe\x00binary", b"a\r\nb"]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_comes_back_byte_by_byte(body: bytes, tmp_path: Path, replayed: Callable[[], Target]) -> None:
    played = Played([(200, {"content-type": "text/plain"}, body)])
    record(tmp_path / "run.har", played, lambda target: target.send(Request()))
    jsonschema.validate(load(tmp_path / "run.har"), schema())
    response = replayed().send(Request())
    assert (response.body, response.headers, response.status) == (body, {"content-type": "text/plain"}, 200)


def test_requests_that_are_alike_get_their_answers_in_turn(tmp_path: Path, replayed: Callable[[], Target]) -> None:
    responses: list[tuple[int, dict[str, str], bytes]] = [(200, {}, str(number).encode()) for number in range(6)]
    # "\udcff" is how Python represents the byte FF in a query.
    requests = [Request(), Request((("a", "\udcff"),)), Request()]

    def use(target: Target) -> list[bytes]:
        return [response.body for response in (*target.send_together(requests), *target.send_together(requests))]

    record(tmp_path / "run.har", Played(*([each] for each in responses)), use)
    assert use(replayed()) == [b"0", b"1", b"2", b"3", b"4", b"5"]


def test_what_was_waited_for_is_repeated_without_waiting(tmp_path: Path, replayed: Callable[[], Target]) -> None:
    wait = (429, {"retry-after": "30"}, b"")
    played = Played([wait, (200, {}, b"first")], [wait, (200, {}, b"second")])
    responses: list[Response] = []
    record(tmp_path / "run.har", played, lambda target: responses.extend(target.send_together([Request(), Request()])))
    assert played.paused == [30.0, 30.0]
    target = replayed()
    # Waiting for 30 s would exceed the test's timeout.
    assert [response.body for response in target.send_together([Request(), Request()])] == [b"first", b"second"]
    assert target.requests == 4


def test_an_answer_that_never_came_fails_again(tmp_path: Path, replayed: Callable[[], Target]) -> None:
    def use(target: Target) -> None:
        with pytest.raises(Unreachable, match="no whole answer within 1 s"):
            target.send(Request())

    record(tmp_path / "run.har", Played([(0, {}, b"")]), use)
    use(replayed())


def test_another_request_is_lacking(tmp_path: Path, replayed: Callable[[], Target]) -> None:
    record(tmp_path / "run.har", Played([(200, {}, b"")]), lambda target: target.send(Request((("a", "1"),), "text/xml")))
    target = replayed()
    one = (("a", "1"),)
    for request in (Request(one), Request((("a", "2"),), "text/xml"), Request(one, "text/xml", (("b", "c"),))):
        with pytest.raises(Unrecorded, match=r"the recording lacks GET http://in-process\.invalid/feed"):
            target.send(request)
    assert target.send(Request((("a", "1"),), "text/xml")).status == 200
    with pytest.raises(Unrecorded, match="lacks"):
        target.send(Request((("a", "1"),), "text/xml"))


def test_cookies_that_a_server_gives_out_are_not_recorded(tmp_path: Path) -> None:
    played = Played([(200, {"set-cookie": "sid=canary"}, b"")])
    record(tmp_path / "run.har", played, lambda target: target.send(Request()))
    assert "canary" not in (tmp_path / "run.har").read_text("utf-8")


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_a_large_body_is_not_held_twice(kind: str, tmp_path: Path) -> None:
    # The secret at the end shows that redaction covers the last piece of the body.
    body = (b"x" if kind == "text" else b"\xff") * 32_000_000 + b"canary-one"
    peaks: list[int] = []

    def use(target: Target) -> None:
        tracemalloc.start()
        target.send(Request())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    record(tmp_path / "run.har", Played([(200, {}, body)]), use, secrets=("canary-one",))
    # Half of the body: the body itself exists before, and a second copy would take 32 MB.
    assert peaks[0] < 16_000_000
    content = load(tmp_path / "run.har")["log"]["entries"][0]["response"]["content"]
    text = content["text"].encode() if kind == "text" else base64.b64decode(content["text"])
    assert text == body.replace(b"canary-one", b"***")


def test_a_password_in_the_url_is_hidden() -> None:
    secrets = Secrets(["hunter2"])
    endpoint = Endpoint("http://user:hunter2@127.0.0.1/base", "/feed", {}, secrets)
    assert endpoint.shown_url(Request()) == "http://***@127.0.0.1/base/feed"


def test_a_replay_knows_of_a_body_whose_coding_was_broken(tmp_path: Path) -> None:
    from twinwire_conformance.contract import packaged_contract
    from twinwire_conformance.reference import create_app, running

    recording, outcomes = tmp_path / "run.har", []
    with running(create_app(packaged_contract(), fault="gzip-label-only")) as base:
        for target in ([base, "--har", str(recording)], ["--replay", str(recording)]):
            assert main(["certify", *target, "--select", "HTTP-06", "--report-json", str(tmp_path / "r.json")]) == 1
            report = json.loads((tmp_path / "r.json").read_text("utf-8"))
            outcomes.append([(result["outcome"], result["message"]) for result in report["results"]])
    assert outcomes[0] == outcomes[1]


CLOSED = Unreachable("no answer: closed", kind=FailureKind.NO_RESPONSE, reused=True)
ENDED = Unreachable("no answer: ended", kind=FailureKind.NO_RESPONSE)
MALFORMED = Unreachable("no answer: no HTTP", kind=FailureKind.BROKEN, malformed=True)
PART = Response(
    Request(), "", 200, {"content-type": "text/plain"}, b"{", flaw="the body ended after 1 of 2 bytes", wire_bytes=1
)
BROKEN = Unreachable("no answer: it broke off", [PART], kind=FailureKind.BROKEN)
WHOLE = Response(Request(), "", 200, {}, b"{}", 0.001, 1.0, "", "gzip", "two framings", 40)


class Failing:
    """A transport whose exchanges end in a prepared sequence."""

    def __init__(self, *ends: Response | Unreachable) -> None:
        self.ends = list(ends)
        self.paused: list[float] = []

    def exchange(self, request: Request, call: int) -> Response:
        end = self.ends.pop(0)
        if isinstance(end, Unreachable):
            raise end
        return end

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def run(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        return [work() for work in works]

    def close(self) -> None:
        pass


def outcome(target: Target) -> tuple[Any, ...]:
    """Return everything that rules and reports see of one request."""
    try:
        response = target.send(Request())
    except Unreachable as error:
        parts = [(part.status, part.body, part.flaw, part.headers, part.wire_bytes) for part in error.responses]
        seen: tuple[Any, ...] = (error.message, error.kind, error.reused, error.malformed, parts)
    else:
        seen = (response.body, response.flaw, response.unasked_coding, response.framing_defect, response.wire_bytes)
    return (*seen, target.requests, target.notes, target.received_bytes, target.decoded_bytes)


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        ([WHOLE], 1),
        ([CLOSED, WHOLE], 2),
        ([ENDED, WHOLE], 2),
        ([BROKEN, WHOLE], 2),
        ([CLOSED, BROKEN, WHOLE], 3),
        ([CLOSED, ENDED, ENDED], 3),
        ([BROKEN, BROKEN], 2),
        ([BROKEN, ENDED], 2),
        ([MALFORMED], 1),
        ([Unreachable("no answer: refused", kind=FailureKind.REFUSED)], 1),
        ([Unreachable("no whole answer within 1 s", kind=FailureKind.TIMEOUT, reused=True)], 1),
    ],
)
def test_a_replay_tells_the_same_of_broken_connections(
    ends: list[Response | Unreachable], sent: int, tmp_path: Path, replayed: Callable[[], Target]
) -> None:
    seen: list[Any] = []
    failing = Failing(*ends)
    record(tmp_path / "run.har", failing, lambda target: seen.extend(outcome(target)))
    jsonschema.validate(load(tmp_path / "run.har"), schema())
    entries = load(tmp_path / "run.har")["log"]["entries"]
    assert (failing.ends, [entry["_call"] for entry in entries]) == ([], [0] * sent)
    assert list(outcome(replayed())) == seen


def test_a_replay_does_not_pause(replayed: Callable[[], Target], tmp_path: Path) -> None:
    failing = Failing()
    record(tmp_path / "run.har", failing, lambda target: target.pause(3600))
    assert failing.paused == [3600]
    replayed().pause(3600)


def test_a_raw_query_is_recorded_as_it_was_sent(tmp_path: Path, replayed: Callable[[], Target]) -> None:
    request = Request(raw_query="a=%zz&&=x;%")
    record(tmp_path / "run.har", Failing(WHOLE), lambda target: target.send(request))
    sent = load(tmp_path / "run.har")["log"]["entries"][0]["request"]
    assert sent["url"] == "http://in-process.invalid/feed?a=%zz&&=x;%"
    assert [(pair["name"], pair["value"]) for pair in sent["queryString"]] == [("a", "%zz"), ("", ""), ("", "x;%")]
    assert replayed().send(request).body == b"{}"


@contextmanager
def resetting(base: str) -> Iterator[str]:
    """Pass requests on to a server and reset every tenth connection after its response. Yields the base URL."""
    count = itertools.count(1)
    address, slash, path = base.partition("://")[2].partition("/")

    def serve(link: socket.socket, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        behind = http.client.HTTPConnection(address)
        behind.request("GET", lines[0].split(" ")[1], headers=dict(line.split(": ", 1) for line in lines[1:-2]))
        response = behind.getresponse()
        body = response.read()
        kept = [f"{name}: {value}\r\n" for name, value in response.getheaders() if name.lower() != "content-length"]
        start = f"HTTP/1.1 {response.status} X\r\n{''.join(kept)}Content-Length: {len(body)}\r\n\r\n"
        link.sendall(start.encode("latin-1") + body)
        behind.close()
        if next(count) % 10 == 0:
            # The client must have received the response; a reset discards unread data.
            time.sleep(0.02)
            reset(link)

    with listening(serve) as (place, _):
        yield f"http://{place}{slash}{path}"


def test_a_run_whose_connections_are_reset_now_and_then_is_replayed_alike(tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(ImagesServer, products=120) as behind, resetting(behind) as base:
        code, report = certify(tmp_path, base, "--profile", "quick", "--har", str(har))
    again, replayed = certify(tmp_path, "--replay", str(har))
    assert (code, again) == (0, 0)
    assert said(replayed) == said(report)
    assert len(load(har)["log"]["entries"]) == report["requests"]
