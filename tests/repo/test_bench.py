"""The logic of the bench: its pages, comparisons, rounds and tables, not the times that it measures."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import subprocess
import time
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from twinwire_bench import mirroring, values
from twinwire_bench.errors import BenchError, SkippedError, WrongValuesError
from twinwire_bench.importing import BARE, COLUMN, MODELS, figures
from twinwire_bench.measure import MAX_ROUNDS, MIN_ROUNDS, Cell, Timing, measure
from twinwire_bench.pages import Page, Product, images_page, links_page
from twinwire_bench.project import sdk_environment
from twinwire_bench.report import BEGIN, END, PAGE, Table, facts, milliseconds, replace_between_markers, times
from twinwire_bench.scaling import LARGE, SMALL, USUAL, growth
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "generated" / "product_images" / "schemas"
PAGES = {"links": partial(links_page, 11), "images": partial(images_page, 11, 99)}

pages = pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)


def decoded(page: Page) -> Any:
    result = json.loads(page.json)
    for product in result["product"]:
        for image in product.get("images", {}).get("image", ()):
            image["binaryimage"] = base64.b64decode(image["binaryimage"], validate=True)
    return result


@pages
def test_a_page_is_the_same_bytes_every_time(make: partial[Page]) -> None:
    assert make() == make()


@pages
def test_a_page_holds_its_values(make: partial[Page]) -> None:
    page = make()
    assert len(page.values.products) == 11
    assert values.of_mapping(decoded(page)) == page.values


@pages
def test_both_representations_of_a_page_hold_the_same_texts(make: partial[Page]) -> None:
    page = make()
    root = etree.fromstring(page.xml)
    assert dict(root.attrib) == {name: str(value) for name, value in dataclasses.asdict(page.values.head).items()}
    assert [node.get("product_id") for node in root.iter("product")] == [
        str(product.product_id) for product in page.values.products
    ]
    for tag, images in (("imagesURL", "links"), ("image", "images")):
        written = [dict(node.attrib) for node in root.iter(tag)]
        members = [
            {key: str(value) for key, value in image.items()}
            for product in json.loads(page.json)["product"]
            for image in (product.get("imagesURL", ()) if images == "links" else product.get("images", {}).get("image", ()))
        ]
        assert written == members
    assert [node.text for node in root.findall("warnings")] == list(page.values.warnings)


@pages
def test_a_page_is_valid_against_the_generated_schemas(make: partial[Page]) -> None:
    page = make()
    etree.XMLSchema(etree.parse(SCHEMAS / "ImagesResult.xsd")).assertValid(etree.fromstring(page.xml))
    schema = json.loads((SCHEMAS / "ImagesResult.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(page.json), schema)


def test_a_page_has_names_that_must_be_escaped_in_both_representations() -> None:
    page = links_page(1)
    assert b'\\"' in page.json
    assert b"&lt;" in page.xml
    assert not page.json.isascii()


def test_a_page_as_dotnet_writes_it_has_double_quotes_alone_and_the_same_values() -> None:
    page = links_page(11)
    assert b"='" not in page.dotnet
    assert b"&quot;L&quot;" in page.dotnet
    theirs, ours = etree.fromstring(page.dotnet), etree.fromstring(page.xml)
    assert set(theirs.nsmap) == {"xsi", "xsd"}
    assert [(node.tag, dict(node.attrib), node.text) for node in theirs.iter()] == [
        (node.tag, dict(node.attrib), node.text) for node in ours.iter()
    ]


def test_the_pages_have_the_sizes_that_the_tables_speak_of() -> None:
    page = links_page()
    assert page.values.head.count == len(page.values.products) == 500
    assert {len(product.links) for product in page.values.products} == {4}
    product = images_page(1).values.products[0]
    assert [len(image.content) for image in product.images] == [20_000, 20_000]


@pytest.mark.parametrize(
    "change",
    [
        lambda products: products[:-1],
        lambda products: (*products[:-1], dataclasses.replace(products[-1], product_id=1)),
        lambda products: (*products[:-1], Product(products[-1].product_id)),
        lambda products: tuple(reversed(products)),
    ],
    ids=["one is missing", "another id", "no images", "another order"],
)
def test_wrong_products_are_named(change: Any) -> None:
    right = images_page(3, 9).values
    values.require_equal("peer", right, right)
    with pytest.raises(WrongValuesError, match=r"peer, JSON: .*product"):
        values.require_equal("peer, JSON", dataclasses.replace(right, products=change(right.products)), right)


def test_base64_that_was_left_as_text_is_a_wrong_value() -> None:
    page = images_page(1, 9)
    with pytest.raises(WrongValuesError, match="content='"):
        values.require_equal("peer", values.of_mapping(json.loads(page.json)), page.values)


def test_a_wrong_head_is_named() -> None:
    right = links_page(1).values
    wrong = dataclasses.replace(right, head=dataclasses.replace(right.head, token="7"))
    with pytest.raises(WrongValuesError, match="token='7'"):
        values.require_equal("peer", wrong, right)


def test_cells_run_in_interleaved_rounds() -> None:
    calls: list[str] = []
    cells = [Cell(name, "column", partial(_record, calls, name)) for name in "ab"]
    timings = measure(cells, cap=0)
    assert set(timings) == {("a", "column"), ("b", "column")}
    assert {timing.rounds for timing in timings.values()} == {MIN_ROUNDS}
    changes = sum(left != right for left, right in pairwise(calls))
    assert changes == 1 + 2 * MIN_ROUNDS
    assert all(count > MIN_ROUNDS for count in Counter(calls).values())


def test_a_generous_cap_still_ends() -> None:
    assert measure([Cell("a", "b", str)], cap=60)["a", "b"].rounds == MAX_ROUNDS


def test_what_is_cleaned_up_after_a_call_is_not_timed() -> None:
    results = iter(range(99))
    cleaned: list[int] = []

    def clean(result: int) -> None:
        cleaned.append(result)
        time.sleep(0.05)

    def call() -> int:
        time.sleep(0.006)
        return next(results)

    timing = measure([Cell("a", "b", call, clean)], cap=0)["a", "b"]
    assert cleaned == list(range(2 + MIN_ROUNDS))
    assert timing.best < 0.05


def test_the_mirror_is_measured_with_what_the_sdk_requires_and_nothing_else(tmp_path: Path) -> None:
    python = sdk_environment(tmp_path / "sdk")
    code = "import product_images, sys; product_images.mirror; print(product_images.__file__, *sys.modules)"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert Path(found[0]).is_relative_to(tmp_path)
    assert {"httpx", "httpcore", "msgspec"} <= set(found)
    assert not {"click", "rich", "pytest"} & set(found)


def _record(calls: list[str], name: str) -> None:
    calls.append(name)


TABLE = Table(
    title="Title",
    note="A note.",
    ours="ours",
    rows=("ours", "theirs"),
    columns=("JSON", "XML"),
    timings={
        ("ours", "JSON"): Timing(0.002, 0.003, 5),
        ("ours", "XML"): Timing(0.1, 0.1, 3),
        ("theirs", "JSON"): Timing(0.009, 0.01, 4),
    },
    packages=("pytest",),
)


def test_a_table_shows_times_ratios_and_what_cannot() -> None:
    assert TABLE.markdown().splitlines() == [
        "**Title**",
        "",
        "| | JSON | XML |",
        "|---|---:|---:|",
        "| ours | **2.00 ms** | **100 ms** |",
        "| theirs | 9.00 ms (4.5×) | cannot |",
        "",
        "A note.",
    ]


def test_the_figures_hold_best_median_rounds_and_ratio() -> None:
    cells = {(cell["row"], cell["column"]): cell for cell in TABLE.json()["cells"]}
    theirs = cells["theirs", "JSON"]
    assert theirs == pytest.approx({**theirs, "best_ms": 9, "median_ms": 10, "rounds": 4, "ratio": 4.5})
    assert ("theirs", "XML") not in cells


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000_4, "0.40 ms"), (0.001_234, "1.23 ms"), (0.012_34, "12.3 ms"), (0.123_4, "123 ms"), (1.234, "1234 ms")],
)
def test_times_have_three_digits(seconds: float, text: str) -> None:
    assert milliseconds(seconds) == text


@pytest.mark.parametrize(("ratio", "text"), [(0.094, "0.09×"), (1, "1.0×"), (4.84, "4.8×"), (88.7, "89×")])
def test_ratios_have_two_digits(ratio: float, text: str) -> None:
    assert times(ratio) == text


def test_the_facts_name_python_and_the_packages() -> None:
    assert "\n" not in facts([TABLE])
    assert f"pytest {pytest.__version__}" in facts([TABLE])


def test_the_tables_go_between_the_markers_and_nothing_else_changes() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replace_between_markers(text, r"new \1")
    assert once == f"before\n{BEGIN}\nnew \\1\n{END}\nafter\n"
    assert replace_between_markers(once, r"new \1") == once


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END} {BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_text_without_one_pair_of_markers_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match="expected one"):
        replace_between_markers(text, "new")


def test_the_page_of_benchmarks_has_a_place_for_the_tables() -> None:
    assert PAGE == ROOT / "docs" / "benchmarks.md"
    assert "kept" in replace_between_markers(PAGE.read_text(encoding="utf-8"), "kept")


def test_the_page_of_benchmarks_has_tables_and_the_line_of_facts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    tables = page.partition(BEGIN)[2].partition(END)[0]
    assert re.search(r"^\*\*.+\*\*\n\n\| \|", tables, re.MULTILINE)
    assert "Measured with `make bench` on " in tables


def test_figures_that_are_no_times_stand_below_their_table() -> None:
    table = dataclasses.replace(TABLE, figures={"peak memory": "1.1×"})
    assert table.markdown().splitlines()[-3:] == ["- peak memory: **1.1×**", "", "A note."]
    assert table.json()["figures"] == {"peak memory": "1.1×"}


def test_growth_is_told_per_byte() -> None:
    timings = {(row, "XML"): Timing(seconds, seconds, 1) for row, seconds in ((SMALL, 1.0), (USUAL, 10.0), (LARGE, 30.0))}
    sizes = {(SMALL, "XML"): 100, (USUAL, "XML"): 1000, (LARGE, "XML"): 1500}
    assert list(growth(timings, sizes, "XML").values()) == ["1.0×", "2.0×"]


def test_an_import_is_told_without_the_interpreter() -> None:
    timings = {(MODELS, COLUMN): Timing(0.05, 0.05, 1), (BARE, COLUMN): Timing(0.0125, 0.0125, 1)}
    assert list(figures(timings).values()) == ["37.5 ms"]


def test_a_page_may_have_any_number_of_images() -> None:
    page = images_page(1, 99, 1)
    assert [len(image.content) for image in page.values.products[0].images] == [99]


def test_the_mirror_is_not_measured_without_its_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SkippedError, match="aria2c is not installed"):
        mirroring.run(tmp_path, 0.0)


def test_every_link_of_a_feed_is_in_the_list_once() -> None:
    with running(create_app(packaged_contract(), products=30, images=True)) as url:
        lines = mirroring.link_list(url).splitlines()
    links, names = lines[::2], lines[1::2]
    assert len(set(links)) == len(links) == len(set(names)) == len(names) > 30
    assert all(link.startswith(f"{url}/") for link in links)
    assert all(name.startswith("  out=") for name in names)


def test_directories_are_compared_by_what_their_images_hold(tmp_path: Path) -> None:
    for path, content in {"a/1.png": b"1", "a/2.png": b"1", "b/1": b"1", "b/.mirror/lock": b"", "b/2": b"2"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert sorted(mirroring.contents(tmp_path / "a").values()) == [2]
    assert sorted(mirroring.contents(tmp_path / "b").values()) == [1, 1]
