"""The reference server on a port, in a block and as `twinwire serve`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

import reference_calls
from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance.reference import FAULTS, create_app, running

CONTRACT = reference_calls.images()


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_an_app_runs_for_the_length_of_a_block() -> None:
    before = threads()
    with running(create_app(CONTRACT, products=5)) as url:
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/products/images").json()["count"] == 5
            kept_alive = client.get("/products/images", headers={"accept": "text/xml"})
            assert kept_alive.text.startswith("<?xml")
    # Neither the server's thread nor its event loop outlives the block.
    assert threads() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/products/images", trust_env=False)


def test_a_block_that_asks_nothing_ends_too() -> None:
    before = threads()
    with running(create_app(CONTRACT)):
        pass
    assert threads() == before


def test_two_apps_run_side_by_side() -> None:
    with running(create_app(CONTRACT, products=1)) as one, running(create_app(CONTRACT, products=2)) as two:
        sizes = [httpx.get(f"{url}/products/images", trust_env=False).json()["count"] for url in (one, two)]
    assert sizes == [1, 2]


def test_a_query_of_a_hundred_kilobytes_is_judged_by_us() -> None:
    # More than uvicorn's default limit for a request head, which the reference server raises.
    request = b"GET /products/images?session=" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with running(create_app(CONTRACT)) as url, socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)) as link:
        link.sendall(request)
        response = b"".join(iter(lambda: link.recv(65536), b""))
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"session must have 0 to 100 characters" in response


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use"), running(create_app(CONTRACT), port=port):
            pass


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot listen"), running(create_app(CONTRACT), port=70000):
        pass


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    # A fresh process with warnings as errors, because Ctrl-C is a signal to the whole process.
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        "import sys; from twinwire.cli import main; sys.exit(main())",
        "serve",
        *arguments,
    ]
    # With unbuffered output the test would pass without the flush after the URL.
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("arguments", [(), ("--products", "7", "--fault", "one-too-many", "--live", "3", "--latency", "1")])
def test_serve_prints_its_url_and_ends_with_ctrl_c(arguments: tuple[str, ...]) -> None:
    with served(*arguments) as (process, url):
        response = httpx.get(f"{url}/products/images?count=4", trust_env=False)
        assert response.json()["count"] == (5 if arguments else 4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("", "", 0)


def test_serve_takes_the_size_that_a_fault_needs_unless_told() -> None:
    # The fault counts modulo 2**16: 70,000 - 1 - 65,536.
    for arguments, queue in (((), 70_000 - 1 - 2**16), (("--products", "9"), 8)):
        with served("--fault", "queue-16-bits", *arguments) as (_, url):
            assert httpx.get(f"{url}/products/images?count=1", trust_env=False).json()["queuecount"] == queue


def test_serve_serves_another_spec() -> None:
    with served("--spec", str(reference_calls.PARCELS)) as (_, url):
        assert httpx.get(f"{url}/v2/parcels/changes", trust_env=False).json()["left"] == 1185


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fault", "one-to-many"], "twinwire serve: there is no fault 'one-to-many' (did you mean 'one-too-many'?)"),
        (["--fault", "???"], "twinwire serve: there is no fault '???' ('--fault help' lists them)"),
        (["--products", "-1"], "twinwire serve: products must be from 0 to 1000000000, got -1"),
        (["--spec", str(reference_calls.PARCELS), "--fault", "mode-ignored"], "has nothing to break in 'Parcel events'"),
        (["--spec", "no-such.yaml"], "no-such.yaml:1:1: unreadable"),
        (["--port", "70000"], "twinwire serve: cannot listen on 127.0.0.1, port 70000"),
    ],
)
def test_wrong_usage_is_one_clear_line(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *arguments]) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_fault_help_lists_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--fault", "help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
