"""Unusable options: one clear line, exit code 2, and no request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main

BULLETIN = str(Path(__file__).parents[1] / "support" / "bulletin.yaml")
NO_TARGET = "no target was given (give a URL, --app MODULE:ATTR or --replay F; --reference certifies"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], NO_TARGET),
        (["--profile", "quick"], NO_TARGET),
        # An unset variable in a CI script gives an empty URL, which must not certify the reference server.
        ([""], "the URL of the target is empty (is a variable unset?"),
        ([" \t"], "the URL of the target is empty"),
        (["", "--reference"], "the URL of the target is empty"),
        (["http://127.0.0.1:9", "--reference"], "a URL and --reference were both given (name one target)"),
        (["http://127.0.0.1:9", "--app", "json:loads"], "a URL and --app were both given (name one target)"),
        (["--app", "json:loads", "--reference"], "--app and --reference were both given (name one target)"),
        (["--replay", "f.har", "--reference"], "--reference and --replay were both given"),
        (["http://127.0.0.1:9", "--app", "a:b", "--reference"], "a URL, --app, --reference were all given"),
        (["--app", ""], "--app '' is not of the form MODULE:ATTR"),
        (["--replay", ""], "the recording '' cannot be read"),
        (["http://exa mple.com"], "has white space in it"),
        # Secrets in a URL must not appear in the message about it.
        (["http://user:canary@exa mple.com"], "'http://***@exa mple.com' has white space in it"),
        (["http://user:canary@/x"], "'http://***@/x' names no host"),
        (["https://user:canary@host?a=b"], "'https://***@host?a=b' has a query or fragment"),
        (["ftp://example.com"], "no http or https scheme"),
        (["http://127.0.0.1:99999"], "Port out of range"),
        (
            ["--reference", "--seed", "x"],
            "--seed must be an integer from -9223372036854775808 to 9223372036854775807, got 'x'",
        ),
        (["--reference", "--seed", "9" * 5000], "--seed must be an integer"),
        (["--reference", "--rate", "nan"], "--rate must be a number from 0.001 to 1e+06, got 'nan'"),
        (["--reference", "--rate", "0"], "--rate must be a number"),
        (["--reference", "--timeout", "-1"], "--timeout must be a number from 0.001 to 86400, got '-1'"),
        (["--reference", "--timeout", "1e400"], "--timeout must be a number"),
        (["--reference", "--timeout", ""], "--timeout must be a number"),
        (["--reference", "--max-requests", "0"], "--max-requests must be an integer from 1 to 1000000000, got '0'"),
        (["--reference", "--max-requests", "1.5"], "--max-requests must be an integer"),
        (["--reference", "--profile", "standart"], "--profile names an unknown profile: 'standart' (did you mean standard?)"),
        (["--reference", "--profile", ""], "--profile names an unknown profile: '' (profiles are quick, standard, thorough)"),
        (["--reference", "--select", "PAGE-1"], "--select names an unknown rule or family: 'PAGE-1' (did you mean PAGE-11?)"),
        (["--reference", "--ignore", "htpp"], "--ignore names an unknown rule or family: 'HTPP' (did you mean HTTP?)"),
        (["--reference", "--select", " , "], "--select is empty"),
        (["--reference", "--ignore", ""], "--ignore is empty"),
        (["--reference", "--select", "TWIN", "--ignore", "twin"], "--select and --ignore leave no rule to try"),
        (["--reference", "--header", "Authorization"], "'Name: value'"),
        (["--reference", "--header", "Authorization canary"], "'Name: value'"),
        (["--reference", "--header", ""], "'Name: value'"),
        (["--reference", "--header", ": canary"], "'Name: value'"),
        (
            ["--reference", "--session", "canary" * 17],
            "--session breaks the spec: session must have at most 100 characters, got 102",
        ),
        (["--reference", "--spec", BULLETIN, "--session", "canary"], "but Bulletin board has none (leave the session out)"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert says in captured.err
    assert "canary" not in captured.err


@pytest.mark.parametrize("spec", [".", "", "no-such-spec.yaml", "/dev/null"])
def test_a_spec_that_cannot_be_read_is_wrong_usage(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--reference", "--spec", spec]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert 0 < len(captured.err.splitlines()) <= 3


# Fields of the connection: a wrong value would break the framing of requests.
FRAMING = (
    *(
        "Content-Length: 5",
        "content-length: 0",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Upgrade: h2c",
        "TE: trailers",
    ),
    *("Trailer: X", "Keep-Alive: timeout=5", "Proxy-Connection: close", "Expect: 100-continue", "HTTP2-Settings: x"),
)
# Fields that rules set themselves, so a fixed value would make their results wrong.
OURS = ("Accept: text/xml", "ACCEPT-ENCODING: gzip", "Range: bytes=0-1", "If-None-Match: *")


@pytest.mark.parametrize("line", [*FRAMING, *OURS])
def test_a_header_that_the_kit_cannot_send_rightly_is_wrong_usage(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, value = line.partition(": ")
    reason = "which belongs to the connection" if line in FRAMING else "which the kit sets itself"
    assert main(["certify", "--reference", "--header", line]) == 2
    assert capsys.readouterr().err.startswith(f"twinwire certify: --header sets {name}, {reason}")
    variable = f"TWINWIRE_HEADER_{name.upper().replace('-', '_')}"
    monkeypatch.setenv(variable, value)
    assert main(["certify", "--reference"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"twinwire certify: the variable {variable} sets {name.upper()}, {reason}")
    assert len(captured.err.splitlines()) == 1


def test_a_session_in_the_environment_is_held_to_the_spec(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINWIRE_SESSION", "canary" * 17)
    assert main(["certify", "--reference"]) == 2
    captured = capsys.readouterr().err
    assert "the variable TWINWIRE_SESSION breaks the spec: session must have at most 100 characters, got 102" in captured
    assert "canary" not in captured


def test_a_session_of_the_greatest_length_is_allowed() -> None:
    assert main(["certify", "--reference", "--session", "\u00e9" * 100, "--select", "HTTP-01"]) == 0


def test_a_host_chooses_a_virtual_host_and_hides_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--reference", "--header", "Host: 127.0.0.1", "--select", "HTTP-01"]) == 0
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_the_help_names_verdicts_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["certify", "--help"])
    shown = capsys.readouterr().out
    for verdict, code in (
        ("certified", 0),
        ("certified-with-remarks", 0),
        ("partial", 0),
        ("not-certified", 1),
        ("inconclusive", 3),
    ):
        assert any(line.split()[:2] == [verdict, str(code)] for line in shown.splitlines())
    assert "URL | --app MODULE:ATTR | --reference | --replay F" in shown


def test_an_unknown_option_is_wrong_usage() -> None:
    command = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"]
    done = subprocess.run([*command, "certify", "--nonsense"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "twinwire: error: unrecognized arguments: --nonsense"
