"""The memory of a run against a server with huge images."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

IMAGE_BYTES = 12 * 1024 * 1024
MOST_MEGABYTES = 200


def test_a_server_with_huge_images_is_certified_in_little_memory(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    # VmHWM is the peak of this process alone; ru_maxrss would include the parent's before exec.
    code = (
        "import sys; from twinwire.cli import main; code = main(sys.argv[1:]); "
        "print(open('/proc/self/status').read()); sys.exit(code)"
    )
    # Enough entries for pages of 500, each image with 16 MB of base64.
    with running(create_app(packaged_contract(), products=1200, image_bytes=IMAGE_BYTES)) as url:
        arguments = ["certify", url, "--seed", "1", "--report-json", str(report)]
        process = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert process.returncode == 0
    found = json.loads(report.read_text())
    assert found["verdict"] == "certified"
    assert found["requests"] <= 400
    images = next(result for result in found["results"] if result["id"] == "IMAGE-01")
    # The budget in bytes allows few pages, but the rule must have seen some images.
    assert images["witnesses"] >= 2
    peak = re.search(r"^VmHWM:\s+([0-9]+) kB$", process.stdout, re.MULTILINE)
    assert peak is not None
    assert int(peak[1]) / 1024 < MOST_MEGABYTES
