"""The SDK over real connections, against a server that shares no code with it; and the README's example."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import independent_server
import product_images
from product_images import ReturnCodeError
from sdk_clients import Driver

README = Path(product_images.__file__ or "").parents[1] / "README.md"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with independent_server.running(products=230) as url:
        yield url


def test_both_clients_read_the_same_feed_in_both_representations(base_url: str) -> None:
    walks = [
        Driver(kind).configured(base_url=base_url, representation=representation).products(count=97)
        for kind in ("sync", "async")
        for representation in ("json", "xml")
    ]
    assert len(walks[0]) == 230
    assert all(walk == walks[0] for walk in walks)
    assert any(product.images and product.images.image for product in walks[0])


def test_links_come_in_their_mode(driver: Driver, base_url: str) -> None:
    products = driver.configured(base_url=base_url).products(options="URL", count=500)
    assert any(product.images_url for product in products)


def test_a_refusal_of_the_server_is_raised(driver: Driver, base_url: str) -> None:
    # The path below a base that does not exist, so that a real server refuses a valid request.
    with pytest.raises(product_images.HTTPStatusError, match="answered 404"):
        driver.configured(base_url=f"{base_url}/nowhere").get()
    assert issubclass(ReturnCodeError, product_images.ProductImagesError)


def example(number: int, path: Path, *arguments: object) -> str:
    """Run one of the README's two examples and return what it prints."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    path.write_text(blocks[number], "utf-8")
    command = [sys.executable, "-W", "error", *map(str, [path, *arguments])]
    printed: str = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return printed


def test_the_readme_s_example_runs(base_url: str, tmp_path: Path) -> None:
    assert re.fullmatch(r"50 entries; continue from -?\d+\n", example(0, tmp_path / "example.py", base_url))


def test_the_readme_s_mirror_runs(base_url: str, tmp_path: Path) -> None:
    printed = example(1, tmp_path / "example.py", base_url, tmp_path / "mirror")
    assert re.fullmatch(r"[1-9]\d* images written; 0 to be retried\n", printed)
    assert list((tmp_path / "mirror").glob("*/*-*"))
