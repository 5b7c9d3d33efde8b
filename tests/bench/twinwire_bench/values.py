"""What a peer's result says, in the form that can be compared, and the comparison that fails loudly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from twinwire_bench.errors import WrongValuesError
from twinwire_bench.pages import Head, Image, Product, Values

HEAD = tuple(field.name for field in fields(Head))


def require_equal(who: str, found: Values, expected: Values) -> None:
    """Raise WrongValuesError, naming the first difference, when a peer's values are not the page's."""
    if found == expected:
        return
    if len(found.products) != len(expected.products):
        raise WrongValuesError(f"{who}: {len(found.products)} products, not {len(expected.products)}")
    for left, right in zip(found.products, expected.products, strict=True):
        if left != right:
            raise WrongValuesError(f"{who}: product {right.product_id}: found {left!r:.300}, expected {right!r:.300}")
    raise WrongValuesError(f"{who}: found {found.head} {found.warnings}, expected {expected.head} {expected.warnings}")


def of_objects(result: Any) -> Values:
    """Read the values from a result whose members are attributes, in snake case."""
    return Values(
        Head(**{name: getattr(result, name) for name in HEAD}),
        tuple(result.warnings or ()),
        tuple(_product_of_object(product) for product in result.product or ()),
    )


def _product_of_object(product: Any) -> Product:
    links = tuple(Image(item.sequence, item.imagefilename, item.image_url) for item in product.images_url or ())
    held = product.images.image if product.images else ()
    images = tuple(Image(item.sequence, item.imagefilename, item.binaryimage) for item in held or ())
    return Product(product.product_id, links, images)


def of_mapping(result: Mapping[str, Any]) -> Values:
    """Read the values from a result in plain dicts and lists, by wire name; ``binaryimage`` is bytes already."""
    return Values(
        Head(**{name: result[name] for name in HEAD}),
        tuple(result["warnings"]),
        tuple(_product_of_mapping(product) for product in result["product"]),
    )


def _product_of_mapping(product: Mapping[str, Any]) -> Product:
    links = [Image(item["sequence"], item["imagefilename"], item["imageURL"]) for item in product.get("imagesURL", ())]
    held = product.get("images", {}).get("image", ())
    images = [Image(item["sequence"], item["imagefilename"], item["binaryimage"]) for item in held]
    return Product(product["product_id"], tuple(links), tuple(images))
