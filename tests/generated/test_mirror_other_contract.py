"""The mirror of a contract that shares nothing with the vendor's; and contracts that have nothing to mirror."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import respx

import orders_spec
from sdk_packages import package
from shop import images
from twinwire.ir import Contract, build, read_contract
from twinwire.spec.check import check
from twinwire.spec.source import parse
from twinwire_conformance.reference import create_app, running

ROOT = Path(__file__).parents[2]
PLACES = ROOT / "tests/generator/specs/good/modes.yaml"


@pytest.fixture(scope="module")
def places() -> Contract:
    """Pictures of places: three modes, no positions, a session that is required, lots of two to four."""
    return read_contract(PLACES)


@pytest.fixture(scope="module")
def sdk(places: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package(places, tmp_path_factory.mktemp("places")) as module:
        yield module


@pytest.fixture(scope="module")
def url(places: Contract) -> Iterator[str]:
    with running(create_app(places, products=11, images=True)) as url:
        yield url


def listed(sdk: ModuleType, url: str, mode: str | None) -> dict[tuple[str, int], Any]:
    """Return what the feed holds in a mode: the bytes, or the link, by entry and place."""
    found = {}
    with sdk.Client(url, session="me") as client:
        for place in client.iter_places(as_=mode):
            held = place.links if mode == "link" else place.pictures.list if place.pictures else ()
            for number, item in enumerate(held, 1):
                content = {None: "data", "thumb": "thumb", "link": "href"}[mode]
                found[str(place.id), number] = getattr(item, content)
    return found


@pytest.mark.parametrize(("mode", "value"), [(None, None), ("data", None), ("thumbnail", "thumb"), ("link", "link")])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_each_of_its_modes_is_mirrored(
    sdk: ModuleType, url: str, tmp_path: Path, kind: str, mode: str | None, value: str | None
) -> None:
    if kind == "sync":
        with sdk.Client(url, session="me") as client:
            report = sdk.mirror(client, tmp_path, mode=mode, count=3)
    else:

        async def run() -> Any:
            async with sdk.AsyncClient(url, session="me") as client:
                return await sdk.mirror_async(client, tmp_path, mode=mode, count=3)

        report = asyncio.run(run())
    expected = listed(sdk, url, value)
    assert report.complete
    assert (report.entries, report.written) == (11, len(expected))
    there = {(path.split("/")[0], int(path.split("/")[1].split("-")[0])): content for path, content in images(tmp_path).items()}
    if value == "link":
        expected = {place: httpx.get(link).content for place, link in expected.items()}
    assert there == expected


def test_its_command_has_its_names(sdk: ModuleType, url: str, tmp_path: Path) -> None:
    root = Path(sdk.__file__ or "").parents[1]
    command = [sys.executable, "-m", "pictures_of_places", "mirror", url, str(tmp_path), "--mode", "thumbnail"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PICTURES_OF_PLACES_SESSION": "me"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    assert "entries: 11;" in run.stdout


def test_a_session_that_is_missing_is_wrong_usage(sdk: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(sdk.ParameterError, match="who: is required"):
        sdk.Client("http://127.0.0.1:9")


def test_keys_that_are_texts_are_told_apart(tmp_path: Path) -> None:
    text = PLACES.read_text("utf-8").replace("id: {type: integer}", "id: {type: string}")
    text = text.replace("Pictures of places", "Pictures by name")
    document = parse(text.encode("utf-8"), "places.yaml")
    assert not check(document)
    keys = ["../x", "a/b", "A/B", "", ".mirror", "con", "\u00e9", "e\u0301", "e\u0301" * 300, "plain", "PLAIN"]
    with package(build(document), tmp_path / "sdk") as sdk, respx.mock() as router:
        entries = tuple(
            sdk.Place(id=key, pictures=sdk.Pictures(list=(sdk.Picture(file="x.png", data=key.encode() or b"empty"),)))
            for key in keys
        )
        answer = sdk.encode_json(sdk.Places(code=0, places=entries, last="9"))
        last = sdk.encode_json(sdk.Places(code=0, last="9"))
        router.get("http://feed.test/places/").mock(
            side_effect=[
                httpx.Response(200, content=body, headers={"Content-Type": "application/json"}) for body in (answer, last)
            ]
        )
        with sdk.Client("http://feed.test", session="me") as client:
            assert sdk.mirror(client, tmp_path / "mirror").written == len(keys)
    found = images(tmp_path / "mirror")
    assert sorted(found.values()) == sorted(key.encode() or b"empty" for key in keys)
    assert all(len(path.split("/")) == 2 for path in found)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("spec", ["orders", "ledger", "bulletin"])
def test_a_contract_without_modes_has_no_mirror(tmp_path: Path, spec: str) -> None:
    contract = orders_spec.contract() if spec == "orders" else read_contract(ROOT / f"tests/support/{spec}.yaml")
    with package(contract, tmp_path) as sdk:
        home = Path(sdk.__file__ or "").parent
        assert not {"mirror", "mirror_async", "MirrorReport", "MirrorError"} & set(sdk.__all__)
        assert not (home / "__main__.py").exists()
        assert not (home / "_mirror").exists()
        assert "mirror" not in (home.parent / "README.md").read_text("utf-8")
        assert sdk.Client("http://feed.test")
