"""A run takes at most 200 MB, whatever the server sends."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hostile_servers
from independent_server import ImagesServer
from independent_server import running as running_server
from raw_sockets import listening
from twinwire_conformance.contract import ContractView, PageRequest, packaged_contract
from twinwire_conformance.decoding import ResultDecoder, Undecodable
from twinwire_conformance.decoding.limits import check_weight
from twinwire_conformance.findings import FailureKind, Unreachable, Violation
from twinwire_conformance.model import SHOWN_BYTES, Request
from twinwire_conformance.oracle import page_content
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.target import MOST_BYTES, Target

IMAGE_BYTES = 12 * 1024 * 1024
MOST_MEGABYTES = 200
SECONDS = 12
PATIENCE = 60
"""The seconds for the last response to be judged and for the report, on a machine that is busy."""
# Of what a process had before it became Python, ru_maxrss would tell too.
CODE = (
    "import sys; from twinwire.cli import main; code = main(sys.argv[1:]); "
    "print(open('/proc/self/status').read()); sys.exit(code)"
)


def certified(url: str, report: Path, *arguments: str) -> tuple[int, float]:
    """Certify a server; return the exit code and the most memory that it took, in MB."""
    command = [sys.executable, "-c", CODE, "certify", url, "--seed", "1", "--report-json", str(report), *arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    peak = re.search(r"^VmHWM:\s+([0-9]+) kB$", process.stdout, re.MULTILINE)
    assert peak is not None, process.stderr
    return process.returncode, int(peak[1]) / 1024


def test_a_server_with_huge_images_is_certified_in_little_memory(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    # Enough entries for lots of 500, each with images of 16 MB in base64.
    with running(create_app(packaged_contract(), products=1200, image_bytes=IMAGE_BYTES)) as url:
        code, megabytes = certified(url, report)
    assert code == 0
    found = json.loads(report.read_text())
    assert found["verdict"] == "certified"
    assert found["requests"] <= 400
    images = next(result for result in found["results"] if result["id"] == "IMAGE-01")
    # The budget in bytes allows few pages, but the rule must have seen some images.
    assert images["witnesses"] >= 2
    assert megabytes < MOST_MEGABYTES


@pytest.mark.parametrize(
    "name",
    [
        "json-60-mb",
        "json-texts",
        "json-keys",
        "json-wide-escapes",
        "json-commas-in-text",
        "json-integer",
        "xml-text",
        "xml-tag-unclosed",
        "xml-value",
        "gzip-text",
        "many-headers",
        "late-json-60-mb",
        "late-json-members",
        "late-varying-json-product-text",
        "late-varying-json-keys",
        "late-varying-xml-value",
        "late-varying-xml-products",
    ],
)
def test_a_run_against_a_hostile_server_ends_in_bounded_time_and_memory(name: str, tmp_path: Path) -> None:
    begin = time.monotonic()
    with hostile_servers.serving(name) as url:
        code, megabytes = certified(url, tmp_path / "report.json", "--max-time", str(SECONDS))
    assert code in (1, 3)
    assert megabytes < MOST_MEGABYTES
    assert time.monotonic() - begin < SECONDS + PATIENCE
    found = json.loads((tmp_path / "report.json").read_text())
    assert all(len(each["message"]) < 5000 for each in found["results"])


def test_a_body_that_declares_too_great_a_length_is_not_read() -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (MOST_BYTES + 1))

    with (
        listening(serve) as (address, _),
        Target(f"http://{address}", "/x") as target,
        pytest.raises(Unreachable, match=f"larger than {MOST_BYTES} bytes") as found,
    ):
        target.send(Request())
    assert found.value.kind is FailureKind.TOO_LARGE


def test_a_response_with_very_many_headers_is_malformed() -> None:
    with (
        hostile_servers.serving("many-headers") as url,
        Target(url, "/x") as target,
        pytest.raises(Unreachable, match="headers, more than 250") as found,
    ):
        target.send(Request())
    assert found.value.malformed


def test_pages_that_let_go_of_their_content_still_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_content, "SHELF_BYTES", 1)
    with running_server(ImagesServer, products=120) as url, Target(url, packaged_contract().operation.path) as target:
        page_client = PageClient(ContractView(packaged_contract()), target)
        first, other = (page_client.page(PageRequest("application/json", None, limit)) for limit in (100, 3))
        assert len(first.response.body) == SHOWN_BYTES < first.response.size
        assert first.content is not first.content or first.content is page_client.page(first.page_request).content
        assert first.size == len(first.entries) == 100
        assert other.entries == first.entries[:3]
        assert first.content.reading.value["count"] == first.count
        assert target.requests == 2


def _json(text: str) -> bytes:
    return f'{{"returncode": 0, "returnmsg": "{text}"}}'.encode()


@pytest.mark.parametrize("char", ["\U0001f600", "語", "\\ud83d\\ude00"])
def test_a_long_text_with_wide_characters_is_refused_and_a_long_image_beside_them_is_not(char: str) -> None:
    reader = ResultDecoder(packaged_contract())
    with pytest.raises(Undecodable, match="beyond Latin-1 take more than 36 MB"):
        reader.json(_json(char + "a" * 19_000_000), None)
    assert len(reader.json(_json(char + "a" * 8_000_000), None).value["returnmsg"]) == 8_000_001
    image = f'{{"returncode": 0, "returnmsg": "{char}", "token": "{"A" * IMAGE_BYTES}"}}'
    found = reader.json(image.encode(), None).value
    assert found["returnmsg"] == json.loads(f'"{char}"')
    assert len(found["token"]) == IMAGE_BYTES


@pytest.mark.parametrize("char", ["\U0001f600", "語", "&#x1f600;"])
def test_a_long_text_of_xml_with_wide_characters_is_refused(char: str) -> None:
    reader = ResultDecoder(packaged_contract())
    for document in ("<result><warnings>{}</warnings></result>", "<result returnmsg='{}'/>"):
        with pytest.raises(Undecodable, match="beyond Latin-1 take more than 36 MB"):
            reader.xml(document.format(char + "a" * 19_000_000).encode(), None)
    assert len(reader.xml(f"<result returnmsg='{char}{'a' * 8_000_000}'/>".encode(), None).value["returnmsg"]) == 8_000_001


def test_a_body_that_takes_much_memory_is_refused_and_commas_in_a_text_are_not() -> None:
    with pytest.raises(Undecodable, match="with 450003 values, which takes more memory"):
        check_weight(b'{"a":[' + b"[]," * 200_000 + b"[]" + b",0" * 50_000 + b"]}", is_json=True)
    check_weight(_json("," * 10_000_000), is_json=True)
    with pytest.raises(Undecodable, match="tags and texts, which takes more memory"):
        check_weight(b"<a>" + b"<b>c</b>" * 190_000 + b"</a>", is_json=False)
    check_weight(b"<a b='" + b"=" * 10_000_000 + b"'/>", is_json=False)


def test_a_message_quotes_no_whole_body() -> None:
    assert len(Violation("a" * 10_000_000, "b" * 10_000_000, path="c" * 10_000_000).message) < 13_000
