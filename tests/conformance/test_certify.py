"""The command `twinwire certify`: verdicts, exit codes, reports, usage errors and interrupts."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from independent_server import ImagesServer, running
from twinwire.cli import main
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.findings import Violation
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reports.document import schema
from twinwire_conformance.rules import catalogue
from twinwire_conformance.runner import begin
from twinwire_conformance.target import RequestPolicy, Target


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(ImagesServer, products=120) as base:
        yield base


class _Static(http.server.BaseHTTPRequestHandler):
    """Sends the same response to every request."""

    def do_GET(self) -> None:
        status, headers, body = self.server.response  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def static(request: pytest.FixtureRequest) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Static)
    server.response = request.param  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def certify(*arguments: str, report: Path | None = None) -> tuple[int, dict[str, Any]]:
    target = [] if report is None else ["--report-json", str(report)]
    code = main(["certify", *arguments, *target])
    return code, {} if report is None else json.loads(report.read_text("utf-8"))


def test_the_embedded_reference_server_is_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = certify("--reference", "--profile", "quick", report=tmp_path / "r.json")
    assert code == 0
    assert report["verdict"] == "certified"
    assert capsys.readouterr().out.rstrip().endswith("certified")


def test_the_report_is_valid_against_its_schema_and_names_every_rule(url: str, tmp_path: Path) -> None:
    code, report = certify(url, "--seed", "7", report=tmp_path / "r.json")
    assert code == 0
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(report, schema())
    assert [result["id"] for result in report["results"]] == [rule.id for rule in catalogue()]
    assert all(result["witnesses"] > 0 for result in report["results"] if result["outcome"] == "pass")
    assert (report["seed"], report["profile"], report["target"]) == (7, "standard", url)
    assert 0 < report["requests"] <= 400


def test_the_report_can_go_to_standard_output_alone(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", url, "--profile", "quick", "--report-json", "-"]) == 0
    captured = capsys.readouterr()
    jsonschema.validate(json.loads(captured.out), schema())
    assert "certified" in captured.err


def test_an_application_is_certified_in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = (
        "from twinwire_conformance.contract import packaged_contract\nfrom twinwire_conformance.reference import create_app\n"
    )
    (tmp_path / "served_in_process.py").write_text(f"{module}app = create_app(packaged_contract(), products=700)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert certify("--app", "served_in_process:app", "--profile", "quick")[0] == 0


def test_the_standard_profile_keeps_within_its_budget_on_a_million_products(tmp_path: Path) -> None:
    from twinwire_conformance.contract import packaged_contract
    from twinwire_conformance.reference import create_app
    from twinwire_conformance.reference import running as serving

    with serving(create_app(packaged_contract(), products=1_000_000)) as base:
        for profile, most in (("quick", 60), ("standard", 400)):
            code, report = certify(base, "--profile", profile, report=tmp_path / "r.json")
            assert code == 0, report["results"]
            assert report["requests"] <= most


def test_only_selected_rules_are_tried_and_the_report_says_so(url: str, tmp_path: Path) -> None:
    code, report = certify(url, "--select", "twin-01,HTTP-04", report=tmp_path / "r.json")
    outcomes = {result["id"]: result["outcome"] for result in report["results"]}
    assert code == 0
    assert [name for name, outcome in outcomes.items() if outcome == "pass"] == ["HTTP-04", "TWIN-01"]
    assert outcomes["PAGE-01"] == "skip"
    assert report["verdict"] == "partial"
    assert "not a full certification" in report["note"]


def test_a_spent_budget_leaves_the_rest_undecided(url: str, tmp_path: Path) -> None:
    code, report = certify(url, "--max-requests", "20", report=tmp_path / "r.json")
    assert code == 3
    assert report["verdict"] == "inconclusive"
    assert report["requests"] == 20
    assert any("budget of 20 requests" in result["message"] for result in report["results"])


def test_an_empty_feed_is_inconclusive(tmp_path: Path) -> None:
    with running(ImagesServer, products=0) as base:
        code, report = certify(base, report=tmp_path / "r.json")
    assert code == 3
    outcomes = {result["id"]: result["outcome"] for result in report["results"]}
    assert outcomes["PAGE-03"] == "inconclusive"


HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("static", "code", "says"),
    [
        ((404, HTML, b"<html>not here</html>"), 1, "HTTP 404"),
        ((200, HTML, b"<html>welcome</html>"), 1, "text/html"),
        ((302, {"Location": "/products/images"}, b""), 1, "HTTP 302"),
        ((401, JSON, b"{}"), 3, "HTTP 401"),
        ((403, JSON, b"{}"), 3, "HTTP 403"),
        ((200, JSON, b"not json"), 1, "not JSON"),
        ((429, {"Retry-After": "86400"}, b""), 3, "86400 s"),
    ],
    indirect=["static"],
)
def test_a_target_without_a_feed_gets_one_clear_line(
    static: str, code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, report = certify(static, report=tmp_path / "r.json")
    captured = capsys.readouterr()
    assert found == code
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert says in captured.err
    # The missing feed is recognised early, long before the budget is spent.
    assert report["requests"] <= 12
    assert not [result for result in report["results"] if result["outcome"] == "pass" and result["level"] == "MUST"]


@pytest.mark.parametrize("static", [(200, JSON, b"{}"), (200, JSON, b'{"returncode": 0}')], indirect=True)
def test_a_server_that_always_says_the_same_is_never_certified(static: str) -> None:
    assert certify(static)[0] in (1, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["http://no-such-host.invalid"], 3, "no-such-host.invalid"),
        (["http://127.0.0.1:9"], 3, "connection"),
        (["example.com"], 2, "scheme"),
        (["http://"], 2, "no host"),
        (["http://127.0.0.1", "--spec", "no-such-spec.yaml"], 2, "no-such-spec.yaml"),
        (["http://127.0.0.1", "--spec", "."], 2, "cannot be read"),
        (["--reference", "--report-json", "no/such/directory/r.json"], 2, "cannot be written"),
        (["--reference", "--report-json", "."], 2, "Is a directory"),
        (["--reference", "--select", "PAGE-99"], 2, "PAGE-9"),
        (["--reference", "--header", "nonsense"], 2, "Name: value"),
        (["--app", "no_such_module:app"], 2, "cannot be imported"),
        (["--app", "json"], 2, "MODULE:ATTR"),
        (["--app", "json:__name__"], 2, "cannot be called"),
        (["http://127.0.0.1", "--app", "json:loads"], 2, "one target"),
    ],
)
def test_wrong_usage_gets_one_clear_line(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", *arguments]) == code
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert says.lower() in text.lower()
    assert "Traceback" not in text
    assert len(text.strip().splitlines()[0]) > 20
    # Exactly one line is the message; spec problems have further lines with the source.
    assert sum(line.startswith(("twinwire", "no-such", ".:")) for line in text.splitlines()) == 1


def test_secrets_are_in_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from broken_servers import CountsImagesForEntries

    with running(CountsImagesForEntries, products=50) as base:
        arguments = ["--header", "Authorization: Bearer canary-one", "--session", "canary two", "--profile", "quick"]
        code, _ = certify(base, *arguments, report=tmp_path / "r.json")
    assert code == 1
    captured = capsys.readouterr()
    written = (tmp_path / "r.json").read_text("utf-8")
    assert "***" in written
    for text in (captured.out, captured.err, written):
        assert "canary" not in text


def test_what_a_server_says_steers_no_terminal(url: str) -> None:
    def check(context: RuleContext) -> None:
        raise Violation("a", "\u202e\x9b31m\x1b]0;x\x07 \u00e9\U0001f600", path="$.b")

    contract = ContractView(packaged_contract())
    with Target(url, contract.operation.path, RequestPolicy()) as target:
        # Bidirectional overrides and escape sequences could hide or forge the terminal's output.
        result = begin(contract, target, PROFILES["quick"], 1).examine(replace(catalogue()[0], check=check))
    assert result.message.splitlines()[1:2] == ["got      \\u202e\\x9b31m\\x1b]0;x\\x07 \u00e9\U0001f600"]


def test_a_failure_says_what_was_expected_what_came_and_how_to_see_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from broken_servers import LosesAnEntryBetweenLots

    with running(LosesAnEntryBetweenLots, products=200) as base:
        _, report = certify(base, report=tmp_path / "r.json")
    shown = capsys.readouterr().out
    failed = next(result for result in report["results"] if result["id"] == "PAGE-03")
    assert failed["message"].startswith("expected ")
    assert "\ngot " in failed["message"]
    assert "cursor asked" in failed["message"]
    assert failed["evidence"][0]["curl"].startswith("curl ")
    assert failed["evidence"][0]["curl"] in shown


def test_a_curl_line_of_a_failure_shows_the_same_answer(tmp_path: Path) -> None:
    import shlex
    import urllib.request

    from broken_servers import CountsImagesForEntries

    with running(CountsImagesForEntries, products=50) as base:
        _, report = certify(base, "--profile", "quick", report=tmp_path / "r.json")
        failed = next(result for result in report["results"] if result["outcome"] == "fail")
        words = shlex.split(failed["evidence"][0]["curl"])
        headers = [words[index + 1] for index, word in enumerate(words) if word == "-H"]
        pairs = dict(header.split(": ", 1) for header in headers if ": " in header)
        with urllib.request.urlopen(urllib.request.Request(words[-1], headers=pairs), timeout=10) as response:
            body = response.read().decode("utf-8")
    assert body.startswith(failed["evidence"][0]["excerpt"][:200])


def test_an_interrupt_prints_the_report_of_what_was_done(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with running(ImagesServer, products=120) as base:
        command = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"]
        arguments = ["certify", base, "--rate", "20", "--report-json", str(report)]
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # With this rate the run takes about ten seconds, so the interrupt comes while rules run.
        time.sleep(4)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 3, err
    assert "interrupted" in out
    assert "Traceback" not in out + err
    assert json.loads(report.read_text("utf-8"))["note"] == "interrupted"


def test_the_same_rules_run_under_plain_pytest(url: str) -> None:
    from broken_servers import SpoilsFileNamesInXml

    base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "twinwire_conformance.plugin"]
    # In a subprocess, because the plugin must not see the options of this session.
    command = [*base, "--pyargs", "twinwire_conformance.suite", "--target-profile", "quick"]
    sound = subprocess.run([*command, "--target", url], capture_output=True, text=True, timeout=120, check=False)
    assert sound.returncode == 0, sound.stdout
    assert f"{len(catalogue())} passed" in sound.stdout
    with running(SpoilsFileNamesInXml, products=120) as broken:
        spoilt = subprocess.run([*command, "--target", broken], capture_output=True, text=True, timeout=120, check=False)
    assert spoilt.returncode == 1
    assert "test_rule[TWIN-01]" in spoilt.stdout
    assert "curl -sS" in spoilt.stdout
    wrong = subprocess.run([*command, "--target", "nonsense"], capture_output=True, text=True, timeout=120, check=False)
    assert wrong.returncode == pytest.ExitCode.USAGE_ERROR
    assert "scheme" in wrong.stdout + wrong.stderr
