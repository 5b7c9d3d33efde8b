"""The suite names no member of a particular endpoint: all that it knows about a feed comes from the spec."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import twinwire_conformance
from twinwire.ir import read_contract

PACKAGE = Path(twinwire_conformance.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.relative_to(PACKAGE).parts)
SPEC = Path(__file__).parents[2] / "spec" / "products-images.yaml"

# Members and parameters whose names are ordinary words, which messages need.
WORDS = frozenset(("token", "count", "session", "options", "version", "warnings", "images", "image", "sequence"))


@functools.cache
def vendor_names() -> frozenset[str]:
    contract = read_contract(SPEC)
    members = {field.wire_name for model in contract.models.values() for field in model.fields}
    return frozenset(members | {parameter.name for parameter in contract.operation.parameters}) - WORDS


def strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the string constants of a module, except docstrings and other strings that are statements."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node


def named(text: str, names: frozenset[str]) -> frozenset[str]:
    return names.intersection(re.findall(r"\w+", text))


def test_the_specific_names_of_the_vendor_s_contract_are_these() -> None:
    specific = {"imagesURL", "binaryimage", "imagefilename", "imageURL", "product_id", "queuecount", "returncode", "returnmsg"}
    assert vendor_names() == specific | {"product"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_of_the_suite_names_a_member_of_the_vendor_s_contract(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = vendor_names()
    found = [f"{path.name}:{node.lineno}: {node.value!r}" for node in strings(tree) if named(str(node.value), names)]
    assert not found


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("'''of queuecount'''\nvalue['queuecount']", 1),
        ("def f():\n    '''queuecount'''\n    return f'{1} queuecount'", 1),
        ("queuecount = 1\nx = 'queuecounts'", 0),
    ],
)
def test_a_name_is_found_in_strings_and_not_in_docstrings(source: str, count: int) -> None:
    names = vendor_names()
    assert sum(bool(named(str(node.value), names)) for node in strings(ast.parse(source))) == count
