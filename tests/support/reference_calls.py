"""In-process calls to the reference server, and decoders for its responses that share no code with it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from lxml import etree

from twinwire.ir import Contract, read_contract

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "spec" / "products-images.yaml"
PARCELS = ROOT / "tests" / "conformance" / "reference" / "parcels.yaml"

Request = tuple[str, str | None]
"""A query string and the value of Accept; None sends no Accept."""


def images() -> Contract:
    """Return the contract of the product images."""
    return read_contract(IMAGES)


def parcels() -> Contract:
    """Return the fictional contract that shares no names with the product images."""
    return read_contract(PARCELS)


def call(
    app: Any, path: str, *requests: Request, method: str = "GET", headers: Iterable[tuple[str, str]] = ()
) -> list[httpx.Response]:
    """Send requests to an application in sequence and return its responses."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://reference.test", trust_env=False) as client:
            # httpx would add its own Accept header.
            del client.headers["accept"]
            answers = []
            for query, accept in requests:
                sent = [*headers, *([("accept", accept)] if accept is not None else [])]
                answers.append(await client.request(method, f"{path}?{query}" if query else path, headers=sent))
            return answers

    return asyncio.run(run())


Outcome = tuple[int, str | None, bytes]
"""The status, the Content-Type and the body of a response."""


def call_together(app: Any, path: str, *requests: Request, encoding: str = "identity") -> list[Outcome]:
    """Send requests to an application concurrently. Bodies are returned as sent, except that valid gzip is decompressed."""

    async def ask(transport: httpx.ASGITransport, request: Request) -> Outcome:
        query, accept = request
        headers = {"accept-encoding": encoding} | ({"accept": accept} if accept is not None else {})
        sent = httpx.Request("GET", f"http://reference.test{path}" + (f"?{query}" if query else ""), headers=headers)
        answer = await transport.handle_async_request(sent)
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        packed = answer.headers.get("content-encoding") == "gzip"
        return answer.status_code, answer.headers.get("content-type"), _unpacked(body) if packed else body

    async def run() -> list[Outcome]:
        transport = httpx.ASGITransport(app)
        return list(await asyncio.gather(*(ask(transport, request) for request in requests)))

    return asyncio.run(run())


def _unpacked(body: bytes) -> bytes:
    # Compressed bodies contain the time of compression, so only their contents can be compared.
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body)
    except zlib.error:
        return b"no gzip"
    return plain if unpacker.eof else b"gzip without its end"


def get_images(app: Any, *queries: str, accept: str | None = "application/json") -> list[httpx.Response]:
    """Send GET products/images with these query strings."""
    return call(app, "/products/images", *((query, accept) for query in queries))


def images_from_xml(document: bytes) -> dict[str, Any]:
    """Decode an XML response of products/images into the form of its JSON equivalent; for this contract only."""
    root = etree.fromstring(document)
    assert root.tag == "result"
    value: dict[str, Any] = _attributes(root, integers=("count", "queuecount", "returncode"))
    if warnings := [each.text or "" for each in root.findall("warnings")]:
        value["warnings"] = warnings
    # An error result has no products, whereas an empty page has an empty list.
    if "queuecount" in value:
        value["product"] = [_product(each) for each in root.findall("product")]
    return value


def _product(element: etree._Element) -> dict[str, Any]:
    value = _attributes(element, integers=("product_id",))
    if links := [_attributes(each, integers=("sequence",)) for each in element.findall("imagesURL")]:
        value["imagesURL"] = links
    for wrapper in element.findall("images"):
        value["images"] = {"image": [_attributes(each, integers=("sequence",)) for each in wrapper.findall("image")]}
    return value


def _attributes(element: etree._Element, integers: tuple[str, ...]) -> dict[str, Any]:
    return {str(name): int(value) if name in integers else str(value) for name, value in element.attrib.items()}
