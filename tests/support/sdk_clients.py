"""Both clients behind one driver, so that every test covers the two, and responses of a small feed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import httpx
import respx

from product_images import AsyncClient, Client, MirrorReport, Page, Retry, encode_json, encode_xml, mirror, mirror_async
from product_images.models import ImagesResult, ProductImage

BASE = "http://feed.test/api"
URL = f"{BASE}/products/images"

Kind = Literal["sync", "async"]


class Driver:
    """Calls one method of a fresh client and records its sleeps.

    Args:
        kind: The synchronous or the asynchronous client.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.sleeps: list[float] = []
        self.settings: dict[str, Any] = {}

    def configured(self, **settings: Any) -> Driver:
        """Set arguments of the client, `base_url` included."""
        self.settings.update(settings)
        return self

    def get(self, **arguments: Any) -> ImagesResult:
        """Load one page."""
        if self.kind == "sync":
            with self._client() as client:
                return client.get_images(**arguments)

        async def run() -> ImagesResult:
            async with self._async_client() as client:
                return await client.get_images(**arguments)

        return asyncio.run(run())

    def pages(
        self, take: int = 1000, taken: list[Page[ImagesResult]] | None = None, **arguments: Any
    ) -> list[Page[ImagesResult]]:
        """Load up to `take` pages. `taken` receives them, also those before an error."""
        return self._collect(lambda client: client.iter_pages(**arguments), take, taken)

    def products(self, take: int = 1000, **arguments: Any) -> list[ProductImage]:
        """Load up to `take` entries."""
        return self._collect(lambda client: client.iter_products(**arguments), take)

    def _collect(self, begin: Callable[[Any], Any], take: int, taken: list[Any] | None = None) -> list[Any]:
        found: list[Any] = [] if taken is None else taken
        if self.kind == "sync":
            with self._client() as client:
                for item in begin(client):
                    found.append(item)
                    if len(found) == take:
                        break
            return found

        async def run() -> None:
            async with self._async_client() as client:
                async for item in begin(client):
                    found.append(item)
                    if len(found) == take:
                        break

        asyncio.run(run())
        return found

    def _client(self) -> Client:
        # Sleeps are recorded instead of performed.
        return Client(**{"base_url": BASE, "sleep": self.sleeps.append, **self.settings})

    def _async_client(self) -> AsyncClient:
        async def sleep(seconds: float) -> None:
            self.sleeps.append(seconds)

        return AsyncClient(**{"base_url": BASE, "sleep": sleep, **self.settings})


def lot(ids: range | tuple[int, ...], remaining: int, token: str | None = None, **members: Any) -> ImagesResult:
    """Return a page of products with these ids. Its token is the last id unless one is given."""
    products = tuple(ProductImage(product_id=number) for number in ids)
    last = token if token is not None else str(ids[-1]) if ids else None
    return ImagesResult(returncode=0, product=products, count=len(products), queuecount=remaining, token=last, **members)


def answer(result: ImagesResult, representation: str = "json", status: int = 200) -> httpx.Response:
    """Return the response that carries a result."""
    body = encode_json(result) if representation == "json" else encode_xml(result)
    return httpx.Response(status, content=body, headers={"Content-Type": f"application/{representation}; charset=utf-8"})


def raw(members: dict[str, Any], status: int = 200) -> httpx.Response:
    """Return a JSON response with these members."""
    return httpx.Response(status, content=json.dumps(members), headers={"Content-Type": "application/json"})


class Feed:
    """A feed of the products 1 to `size` whose tokens are their ids. It responds in the requested representation."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        start, count = (int(request.url.params.get(name, default)) for name, default in (("token", 0), ("count", 100)))
        ids = range(start + 1, min(start + count, self.size) + 1)
        representation = request.headers["Accept"].removeprefix("application/")
        return answer(lot(ids, self.size - start - len(ids)), representation)


def queries(router: respx.MockRouter) -> list[dict[str, str]]:
    """Return the query of every request that was sent."""
    return [dict(call.request.url.params) for call in router.calls]


def run_mirror(
    kind: Kind, base_url: str, directory: Path, settings: dict[str, Any] | None = None, **options: Any
) -> MirrorReport:
    """Mirror once with a fresh client.

    Args:
        kind: The synchronous or the asynchronous client.
        base_url: The base URL of the feed.
        directory: The mirror's directory.
        settings: Arguments of the client.
        options: Arguments of the mirror function.
    """
    fixed: dict[str, Any] = {"base_url": base_url, "retry": Retry(base_delay=0.001, max_retries=2), **(settings or {})}
    if kind == "sync":
        with Client(**fixed) as client:
            return mirror(client, directory, **options)

    async def run() -> MirrorReport:
        async with AsyncClient(**fixed) as client:
            return await mirror_async(client, directory, **options)

    return asyncio.run(run())
