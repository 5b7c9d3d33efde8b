"""What a type checker must know of the SDK. Nothing runs this file: mypy and pyright read it, in their strict modes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import assert_type

import httpx

from product_images import (
    AsyncClient,
    Attempt,
    Client,
    Decoded,
    Image,
    Images,
    ImagesResult,
    ImageURL,
    MirrorReport,
    Page,
    ProductImage,
    Retry,
    decode_json,
    decode_xml,
    encode_json,
    encode_xml,
    mirror,
    mirror_async,
)


def results(result: ImagesResult, product: ProductImage, image: Image, link: ImageURL) -> None:
    assert_type(result.product, tuple[ProductImage, ...])
    assert_type(result.token, str | None)
    assert_type(result.returncode, int)
    assert_type(result.warnings, tuple[str, ...])
    assert_type(product.product_id, int)
    assert_type(product.images, Images | None)
    assert_type(product.images_url, tuple[ImageURL, ...])
    assert_type(image.binaryimage, bytes)
    assert_type(link.image_url, str)
    result.token = "1"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    ProductImage(7)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Image(sequence=1, imagefilename="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def codecs(body: bytes) -> None:
    assert_type(decode_json(body), ImagesResult)
    assert_type(decode_xml(body, encoding="utf-16"), ImagesResult)
    assert_type(encode_json(decode_xml(body)), bytes)
    assert_type(encode_xml(decode_json(body)), bytes)
    decode_json(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def blocking(client: Client) -> None:
    assert_type(client.get_images(token="5", count=10), ImagesResult)
    pages: Iterator[Page[ImagesResult]] = client.iter_pages(options="URL")
    assert_type(next(pages).resume_token, str | None)
    products: Iterator[ProductImage] = client.iter_products()
    assert_type([product.product_id for product in products], list[int])
    with client.iter_products(prefetch=1) as iterator:
        assert_type(next(iterator), ProductImage)
        assert_type(iterator.resume_token, str | None)
    client.iter_pages(prefetch="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.iter_pages(5, 10, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get_images(count="ten")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get_images(size=10)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with client as entered:
        assert_type(entered, Client)


async def without_blocking(client: AsyncClient) -> None:
    assert_type(await client.get_images(5), ImagesResult)
    pages: AsyncIterator[Page[ImagesResult]] = client.iter_pages()
    async for page in pages:
        assert_type(page.result, ImagesResult)
    async for product in client.iter_products(count=2):
        assert_type(product, ProductImage)
    async with client as entered:
        assert_type(entered, AsyncClient)


def mirrors(client: Client, report: MirrorReport) -> None:
    assert_type(mirror(client, "directory", mode="URL", progress=lambda report: assert_type(report.written, int)), MirrorReport)
    assert_type(report.token, str | None)
    assert_type(report.problems, tuple[str, ...])


async def mirrors_without_blocking(client: AsyncClient, blocking: Client) -> None:
    assert_type(await mirror_async(client, Path("directory"), count=5), MirrorReport)
    await mirror_async(blocking, "directory")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mirror(client, "directory")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def told(event: Attempt | Decoded) -> None:
    if isinstance(event, Attempt):
        assert_type(event.status, int | None)
    else:
        assert_type(event.entries, int)


def made() -> None:
    transport = httpx.HTTPTransport()
    Client("https://example.com", representation="xml", retry=Retry(max_retries=2), transport=transport, on_event=told)
    AsyncClient("https://example.com", timeout=httpx.Timeout(5.0), http_client=httpx.AsyncClient())
    Client("https://example.com", representation="csv")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
