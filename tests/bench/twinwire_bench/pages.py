"""The pages that are decoded: 500 products each, the same bytes on every machine, and the values that stand in them."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

PRODUCTS = 500
LINKS = 4
IMAGES = 2
IMAGE_BYTES = 20_000

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\r\n'
_DOTNET_ROOT = '<result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
# quoteattr takes them for a value that has double quotes; no other value has single ones.
_SINGLE_QUOTED = re.compile("='([^']*)'")


@dataclass(frozen=True, slots=True)
class Image:
    """An image as every peer must yield it: ``content`` is the decoded bytes, or the link."""

    sequence: int
    filename: str
    content: bytes | str


@dataclass(frozen=True, slots=True)
class Product:
    """A product: the links of URL mode and the images of the default mode, either possibly none."""

    product_id: int
    links: tuple[Image, ...] = ()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The scalars of a result."""

    token: str
    count: int
    queuecount: int
    returncode: int
    version: str


@dataclass(frozen=True, slots=True)
class Values:
    """A page's values: the form in which the peers' results are compared."""

    head: Head
    warnings: tuple[str, ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in both representations, UTF-8, and the values that decoding them must yield."""

    name: str
    values: Values
    json: bytes
    xml: bytes

    @property
    def dotnet(self) -> bytes:
        """The XML as .NET's serializer writes it: a declaration, two namespaces, double quotes alone, a space before ``/>``."""
        text = _SINGLE_QUOTED.sub(_in_double_quotes, self.xml.decode())
        return (_DECLARATION + text.replace("<result", _DOTNET_ROOT, 1).replace("/>", " />")).encode()


def links_page(products: int = PRODUCTS) -> Page:
    """Return a page of URL mode: four links per product, about 0.3 MB."""
    entries = [Product(_product_id(number), links=tuple(_links(number))) for number in range(products)]
    return _page("links", entries)


def images_page(products: int = PRODUCTS, image_bytes: int = IMAGE_BYTES, images: int = IMAGES) -> Page:
    """Return a page of the default mode: two images of 20 kB per product, about 27 MB."""
    source = random.Random(500)
    entries = [
        Product(_product_id(number), images=tuple(_images(number, source, image_bytes, images))) for number in range(products)
    ]
    return _page("images", entries)


def _in_double_quotes(found: re.Match[str]) -> str:
    return '="{}"'.format(found[1].replace('"', "&quot;"))


def _product_id(number: int) -> int:
    return 4_100_000_000 + 13 * number


def _filename(number: int, sequence: int) -> str:
    # Most names are plain; every fifth has what JSON or XML must escape and what UTF-8 spends more than one byte on.
    return f'{number}-{sequence} Größe <M> & "L".png' if number % 5 == 0 else f"product-{number}-{sequence}.png"


def _links(number: int) -> Iterator[Image]:
    for sequence in range(1, LINKS + 1):
        url = f"https://cdn.shop.example/images/{_product_id(number)}/{sequence}.png?size=full&v={number % 9}"
        yield Image(sequence, _filename(number, sequence), url)


def _images(number: int, source: random.Random, size: int, count: int) -> Iterator[Image]:
    for sequence in range(1, count + 1):
        yield Image(sequence, _filename(number, sequence), source.randbytes(size))


def _page(name: str, products: list[Product]) -> Page:
    values = Values(Head("7000500", len(products), 12_345, 0, "7.2"), ("one name was cut",), tuple(products))
    return Page(name, values, _json(values).encode(), _xml(values).encode())


def _json(values: Values) -> str:
    members = {
        **asdict(values.head),
        "warnings": list(values.warnings),
        "product": [_members(entry) for entry in values.products],
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _members(product: Product) -> dict[str, Any]:
    members: dict[str, Any] = {"product_id": product.product_id}
    if product.links:
        members["imagesURL"] = [_image_members(image) for image in product.links]
    if product.images:
        members["images"] = {"image": [_image_members(image) for image in product.images]}
    return members


def _image_members(image: Image) -> dict[str, Any]:
    members: dict[str, Any] = {"sequence": image.sequence, "imagefilename": image.filename}
    if isinstance(image.content, str):
        return {**members, "imageURL": image.content}
    return {**members, "binaryimage": base64.b64encode(image.content).decode("ascii")}


def _xml(values: Values) -> str:
    warnings = (f"<warnings>{escape(text)}</warnings>" for text in values.warnings)
    return f"<result{_attributes(asdict(values.head))}>{''.join((*warnings, *map(_element, values.products)))}</result>"


def _element(product: Product) -> str:
    links = "".join(f"<imagesURL{_attributes(_image_members(image))}/>" for image in product.links)
    images = "".join(f"<image{_attributes(_image_members(image))}/>" for image in product.images)
    wrapper = f"<images>{images}</images>" if images else ""
    return f'<product product_id="{product.product_id}">{links}{wrapper}</product>'


def _attributes(members: dict[str, Any]) -> str:
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in members.items())
