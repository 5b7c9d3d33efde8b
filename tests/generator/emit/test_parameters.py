"""The parameters of the generated client: required ones, and patterns with the meaning of ECMA-262."""

from __future__ import annotations

import inspect
from pathlib import Path

import httpx
import pytest

from parts_spec import contract
from sdk_packages import package

PARAMETERS = "      parameters:\n"
SHOP = (
    PARAMETERS,
    f"{PARAMETERS}        - {{name: shop, in: query, required: true, schema: {{type: string, pattern: '^[a-z]+$'}}}}\n",
)


def test_a_required_parameter_is_a_required_argument_and_always_sent(tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params["shop"])
        part = [{"id": "a"}] if "after" not in request.url.params else []
        return httpx.Response(200, json={"code": 0, "next": "1", "part": part})

    with (
        package(contract(SHOP), tmp_path) as sdk,
        sdk.Client("http://a.example", transport=httpx.MockTransport(answer)) as client,
    ):
        assert inspect.signature(client.list_parts).parameters["shop"].default is inspect.Parameter.empty
        client.list_parts(shop="berlin")
        assert len(list(client.iter_pages(shop="berlin"))) == 2
        with pytest.raises(TypeError, match="shop"):
            client.list_parts()
        with pytest.raises(sdk.ParameterError, match=r"must match \^\[a-z\]\+\$"):
            client.list_parts(shop="berlin\n")
    assert seen == ["berlin"] * 3


def test_the_readme_shows_the_required_argument(tmp_path: Path) -> None:
    shop = (SHOP[0], SHOP[1].replace("schema:", "example: berlin, schema:"))
    with package(contract(shop), tmp_path):
        assert 'client.iter_pages(shop="berlin", limit=50)' in (tmp_path / "README.md").read_text("utf-8")


def test_unicode_properties_are_spelled_out(tmp_path: Path) -> None:
    shop = (SHOP[0], SHOP[1].replace("^[a-z]+$", r"^\p{Lu}\d$"))
    with package(contract(shop), tmp_path) as sdk, sdk.Client("http://a.example") as client:
        for bad in ("\u00e41", "\u00c4\u0663"):
            with pytest.raises(sdk.ParameterError, match="must match"):
                client.list_parts(shop=bad)
