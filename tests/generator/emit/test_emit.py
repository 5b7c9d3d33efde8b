"""The text of the SDK for several contracts and both HTTP libraries, and its building blocks: literals, docstrings, imports."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

from orders_spec import contract as orders
from twinwire.emit import emit
from twinwire.emit.names import Names, plural
from twinwire.emit.package import version
from twinwire.emit.source import docstring, imports, literal, markdown, toml
from twinwire.ir import Contract, read_contract

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def vendor() -> Contract:
    return read_contract(ROOT / "spec/products-images.yaml")


def test_the_repository_s_generated_tree_is_what_is_emitted(vendor: Contract) -> None:
    for artifact in emit(vendor):
        assert (ROOT / "generated" / artifact.path).read_text("utf-8") == artifact.text, artifact.path


def test_every_file_names_the_spec_and_says_not_to_edit_it(vendor: Contract) -> None:
    for artifact in emit(vendor):
        head = artifact.text[:700]
        assert vendor.origin.sha256 in head, artifact.path
        assert f"{vendor.origin.title} {vendor.origin.version}" in head, artifact.path
        assert re.search("do not edit: twinwire generate|not to be edited", head), artifact.path


def test_emitting_is_pure(vendor: Contract) -> None:
    assert emit(vendor) == emit(vendor)


@pytest.mark.parametrize("which", ["vendor", "orders"])
def test_another_http_library_changes_imports_and_requirements_and_nothing_else(which: str, vendor: Contract) -> None:
    contract = vendor if which == "vendor" else orders()
    for ours, theirs in zip(emit(contract, "httpx"), emit(contract, "httpx2"), strict=True):
        assert ours.path == theirs.path
        if ours.path == "pyproject.toml":
            kept = [[line for line in item.text.splitlines() if '"http' not in line] for item in (ours, theirs)]
            assert kept[0] == kept[1]
            continue
        changed = [pair for pair in zip(ours.text.splitlines(), theirs.text.splitlines(), strict=True) if pair[0] != pair[1]]
        if ours.path.endswith(".py"):
            imports = re.findall(r"^import (httpx|httpcore)$", ours.text, re.MULTILINE)
            assert set(changed) == {(f"import {name}", f"import {name}2 as {name}") for name in imports}
        else:
            assert not changed


def test_no_module_of_the_sdk_imports_the_generator(vendor: Contract) -> None:
    for artifact in emit(vendor):
        if artifact.path.endswith(".py"):
            for node in ast.walk(ast.parse(artifact.text)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not [name for name in names if name.startswith("twinwire")], artifact.path


# Templates only format. Decisions belong in the emitters, where they are typed and tested.
def test_templates_are_short() -> None:
    templates = [file for file in files("twinwire.emit").joinpath("templates").iterdir() if file.name.endswith(".jinja2")]
    assert templates
    for file in templates:
        assert len(file.read_text("utf-8").splitlines()) <= 60, file.name


def test_names_that_the_package_needs_itself_make_way() -> None:
    contract = orders(
        ("'#/components/schemas/Line'", "'#/components/schemas/Page'"),
        ("    Line:\n", "    Page:\n"),
        ("        a: {type", "        str: {type"),
        ("        b: {type", "        class: {type"),
        ("operationId: getOrders", "operationId: iterPages"),
        ("{name: size, in", "{name: self, in"),
        ("parameter: size", "parameter: self"),
    )
    names = Names(contract)
    assert names.get == "iter_pages_"
    assert [names.parameter(item) for item in contract.operation.parameters] == ["after", "self_"]
    artifacts = {artifact.path: artifact.text for artifact in emit(contract)}
    models = ast.parse(artifacts["order_events/models.py"])
    classes = {node.name: node for node in models.body if isinstance(node, ast.ClassDef)}
    assert list(classes) == ["PageModel", "Order", "Lot"]
    members = [
        node.target.id
        for node in classes["PageModel"].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    assert members == ["sku", "amount", "flags", "str_", "class_", "remark"]
    assert 'rename={"str_": "str", "class_": "class"}' in artifacts["order_events/models.py"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('a "b"', "'a \"b\"'"),
        ("a 'b' \"", '"a \'b\' \\""'),
        ("\n\\\x00\u2028", '"\\n\\\\\\x00\\u2028"'),
    ],
)
def test_literals_are_quoted_as_ruff_quotes_them_and_mean_their_text(text: str, source: str) -> None:
    assert literal(text) == source
    assert ast.literal_eval(source) == text


@pytest.mark.parametrize("text", ['"""', 'ends with "', "\\", '\\"""\\', "a\x00b\u2028c", '""""""' * 30, "{{ x }} {% y %}"])
def test_a_docstring_holds_any_text_and_nothing_else(text: str) -> None:
    tree = ast.parse(f"def f():\n    {docstring(text)}\n")
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == 1
    assert ast.get_docstring(function) is not None


def test_docstrings_wrap_and_end_as_sentences() -> None:
    lines = docstring("word " * 60 + "end", 4, "more " * 60).splitlines()
    assert max(map(len, lines)) <= 128 - 4
    assert re.search(r"end\.$", "\n".join(lines), re.MULTILINE)


def test_imports_are_ordered_as_ruff_orders_them() -> None:
    assert imports("m", ["zeta", "ImageURL", "Images", "CODE", "Image", "Item10", "Item2"]) == (
        "from .m import CODE, Image, Images, ImageURL, Item2, Item10, zeta"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0.0", "1.0.0"),
        ("2.4", "2.4"),
        ("1.0rc1", "1.0rc1"),
        ("v3", "3"),
        ("2024-01-05", "2024.1.5"),
        ("next", "0"),
        ("\u0663", "0"),
    ],
)
def test_the_version_is_one_that_python_takes(text: str, expected: str) -> None:
    assert version(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("product", "products"), ("orders", "orders"), ("entry", "entries"), ("day", "days"), ("box", "boxes")],
)
def test_entries_are_named_in_the_plural(name: str, expected: str) -> None:
    assert plural(name) == expected


def test_toml_and_markdown_hold_any_text() -> None:
    import tomllib

    text = 'a"b\\c\n\x00\x7f\u00e9\U0001f600'
    assert tomllib.loads(f"x = {toml(text)}")["x"] == text
    assert markdown("<b> [x](y) *z* `code`") == "\\<b\\> \\[x\\](y) \\*z\\* `code`"
