"""The package as what imports it sees it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import product_images

GENERATED = Path(product_images.__file__ or "").parents[1]


def imported_with(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_models_and_codecs_do_not_bring_in_the_http_library() -> None:
    statement = "import product_images.models; from product_images import ImagesResult, decode_xml, encode_json, DecodeError"
    assert not {"httpx", "product_images.client"} & imported_with(statement)


def test_the_blocking_client_and_the_mirror_do_not_bring_in_asyncio() -> None:
    statement = "import product_images.__main__; from product_images import Client, mirror; Client('http://127.0.0.1:9')"
    assert "asyncio" not in imported_with(statement)
    assert {"httpx", "product_images.client"} <= imported_with("from product_images import Client")


def test_a_client_brings_in_no_mirror() -> None:
    assert not {"sqlite3", "argparse", "product_images._mirror"} & imported_with(
        "from product_images import Client, AsyncClient"
    )
    assert "product_images._mirror" in imported_with("from product_images import mirror")


def test_models_bring_in_no_codec() -> None:
    assert not {"product_images.codec", "pyexpat", "pybase64"} & imported_with("import product_images.models")


def test_every_name_of_all_is_there_and_listed() -> None:
    assert len(set(product_images.__all__)) == len(product_images.__all__)
    for name in product_images.__all__:
        assert getattr(product_images, name).__module__.startswith("product_images.")
        assert name in dir(product_images)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        product_images.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_every_error_has_the_package_s_root() -> None:
    tree = {name: getattr(product_images, name) for name in product_images.__all__ if name.endswith(("Error", "Stalled"))}
    assert len(tree) == 11
    assert all(issubclass(error, product_images.ProductImagesError) for error in tree.values())
    assert issubclass(product_images.ParameterError, ValueError)
    drawn = (GENERATED / "product_images/errors.py").read_text("utf-8").split('"""')[1]
    assert all(name in drawn for name in [*tree, "ResultWarning"])


def test_models_are_frozen_and_their_collections_are_tuples() -> None:
    result = product_images.ImagesResult(returncode=0)
    assert result.product == ()
    assert result.warnings == ()
    with pytest.raises(AttributeError):
        result.returncode = 1  # type: ignore[misc]


def test_the_project_is_versioned_as_the_spec_and_needs_only_what_it_uses() -> None:
    project = tomllib.loads((GENERATED / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == product_images.__version__ == "1.0.0"
    # httpcore comes with httpx, and is named for its floor.
    names = [requirement.split(">")[0] for requirement in project["dependencies"]]
    assert names == ["httpcore", "httpx", "msgspec", "pybase64"]
