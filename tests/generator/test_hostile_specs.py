"""Mutated and very large specs: each ends in bounded time, in an SDK that imports or in clear problems."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import fuzz_specs
from orders_spec import TEXT
from twinwire.cli import main
from twinwire.emit.models import Models
from twinwire.emit.names import Names
from twinwire.ir import read_contract

PLACE = "        a: {type: [string, 'null'], xml: {name: a}}\n"
STATES = "enum: [1, 2, 3, null]"
BIG = {
    "values": TEXT.replace(STATES, f"enum: [{', '.join(map(str, range(20_000)))}, null]"),
    "members": TEXT.replace(PLACE, "".join(f"        m{i}: {{type: string, xml: {{name: m{i}}}}}\n" for i in range(4_000))),
    "bounded members": TEXT.replace(
        PLACE, "".join(f"        m{i}: {{type: integer, format: int64, maximum: {i}}}\n" for i in range(4_000))
    ),
    "unused schemas": TEXT.rstrip() + "".join(f"\n    U{i}: {{type: object}}" for i in range(20_000)),
    "parameters": TEXT.replace(
        "      responses:\n",
        "".join(f"        - {{name: p{i}, in: query, schema: {{type: string}}}}\n" for i in range(3_000))
        + "      responses:\n",
    ),
    "a million values": TEXT.rstrip() + f"\nx-data: [{'1, ' * 300_000}1]",
}


def test_mutants_end_soon_in_an_sdk_or_in_problems() -> None:
    # A short run. The long one is: python tests/support/fuzz_specs.py --specs 2000
    assert fuzz_specs.run(80, seed=7) == []


@pytest.mark.parametrize("name", BIG)
def test_a_big_spec_is_done_in_bounded_time(name: str) -> None:
    assert BIG[name] != TEXT
    assert fuzz_specs.fault_of(BIG[name].encode()) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (TEXT.replace(PLACE, "".join(f"        m{i}: {{type: strin}}\n" for i in range(3_000))), "unknown-value"),
        (TEXT.rstrip() + "".join(f"\n    U{i}: {{type: objct}}" for i in range(3_000)), "unknown-value"),
        (TEXT.replace(PLACE, "        a: {type: string}\n" * 3_001), "duplicate-key"),
        (TEXT.rstrip() + "".join(f"\n    U{i}: *a" for i in range(3_000)), "yaml-alias"),
    ],
    ids=["members", "schemas", "keys", "aliases"],
)
def test_a_hundred_problems_are_printed_and_the_others_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: str
) -> None:
    (tmp_path / "spec.yaml").write_text(text, "utf-8")
    assert main(["validate", str(tmp_path / "spec.yaml")]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert sum(f": {code}: " in line for line in lines) == 100
    assert lines[-1] == "... and 2900 more problems"


def test_a_mistake_at_the_end_of_a_big_file_is_still_placed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yaml").write_text(f"{TEXT.strip()}\nx-data: {json.dumps(['é'] * 100_000)}\nx-end: 'é', 1\n", "utf-8")
    lines = (tmp_path / "spec.yaml").read_text("utf-8").splitlines()
    assert main(["validate", str(tmp_path / "spec.yaml")]) == 2
    assert f"spec.yaml:{len(lines)}:11: yaml-syntax: " in capsys.readouterr().out


def test_time_grows_linearly_with_members_that_have_bounds(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        members = "".join(f"        m{i}: {{type: integer, format: int64, maximum: {i}}}\n" for i in range(count))
        (tmp_path / "spec.yaml").write_text(TEXT.replace(PLACE, members), "utf-8")
        contract = read_contract(str(tmp_path / "spec.yaml"))
        begin = time.process_time()
        Models(contract, Names(contract))
        return time.process_time() - begin

    # Eight times as many members may take 12 times as long; quadratic growth would take 64 times. The first call warms up.
    seconds(10)
    assert seconds(8_000) < 12 * seconds(1_000) + 0.1
