from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

IMAGE_BYTES = 12 * 1024 * 1024
MOST_MEGABYTES = 200


def test_a_server_with_huge_images_is_certified_in_little_memory(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    code = "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"
    # Enough entries for lots of 500, each with images of 16 MB in base64.
    with running(create_app(packaged_contract(), products=1200, image_bytes=IMAGE_BYTES)) as url:
        arguments = ["certify", url, "--seed", "1", "--report-json", str(report)]
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    found = json.loads(report.read_text())
    assert found["verdict"] == "certified"
    assert found["requests"] <= 400
    images = next(result for result in found["results"] if result["id"] == "IMAGE-01")
    assert images["witnesses"] >= 2
    # ru_maxrss is in KiB on Linux, where CI runs.
    assert usage.ru_maxrss / 1024 < MOST_MEGABYTES
