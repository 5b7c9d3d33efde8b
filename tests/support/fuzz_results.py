"""Random results for the decoder fuzzers, from three contracts: the vendor's, the ledger and the orders."""

from __future__ import annotations

import random
from importlib import import_module
from types import ModuleType
from typing import Any

from codec_fuzzing import binary, text

BINARY = "{type: [string, 'null'], contentEncoding: base64"

VENDOR_NAMES = [
    *("result", "product", "product_id", "images", "image", "imagesURL", "imageURL", "sequence", "imagefilename"),
    *("binaryimage", "token", "count", "queuecount", "returncode", "returnmsg", "warnings", "version"),
]
LEDGER_NAMES = [
    *("extract", "status", "reason", "release", "place", "held", "pending", "notices", "notice", "postings", "posting"),
    *("serial", "amount", "settled", "state", "folio", "memo", "receipt", "account", "code", "title", "shares", "share"),
    *("labels", "label"),
]

ORDER_NAMES = [
    *("lot", "orders", "order", "id", "key", "state", "total", "sum", "paid", "note", "priority", "line", "sku", "amount"),
    *("flags", "flag", "a", "b", "remark", "tag", "code", "text", "next", "size", "left", "scan", "picture"),
]
# Attributes of every type, some with another name than in JSON, and base64 in attributes and in elements.
ORDER_CHANGES = (
    ("xml: {name: id, attribute: true}", "xml: {name: key, attribute: true}"),
    ("xml: {name: total}", "xml: {name: sum, attribute: true}"),
    ("xml: {name: paid}", "xml: {name: paid, attribute: true}"),
    ("xml: {name: state}", "xml: {name: state, attribute: true}"),
    ("        sku: {type: string, xml: {name: sku}}", "        sku: {type: string, xml: {name: sku, attribute: true}}"),
    ("        a: {type: [string, 'null'], xml: {name: a}}", f"        a: {BINARY}, xml: {{name: scan, attribute: true}}}}"),
    ("        b: {type: [string, 'null'], xml: {name: b}}", f"        b: {BINARY}, xml: {{name: b}}}}"),
)


def order_result(sdk: ModuleType, draw: random.Random) -> Any:
    """Draw a page of orders."""
    models = import_module(f"{sdk.__name__}.models")
    return models.Lot(
        code=200,
        text=draw.choice((None, text(draw))),
        next=draw.choice((None, "n1")),
        size=draw.choice((None, 50)),
        orders=tuple(_order(models, draw) for _ in range(draw.choice((0, 1, 2)))),
    )


def _order(models: Any, draw: random.Random) -> Any:
    lines = tuple(
        models.Line(
            sku=text(draw),
            amount=draw.choice((None, 1)),
            flags=tuple(draw.random() < 0.5 for _ in range(draw.choice((0, 2)))),
            a=draw.choice((None, binary(draw))),
            b=draw.choice((None, binary(draw))),
            remark=tuple(text(draw) for _ in range(draw.choice((0, 1, 2)))),
        )
        for _ in range(draw.choice((0, 1, 2)))
    )
    return models.Order(
        id="A1",
        state=draw.choice(("open", "")),
        total=draw.choice((0.0, 1.5)),
        paid=draw.choice((None, True)),
        note=draw.choice((None, "ab")),
        priority=draw.choice((None, 2)),
        line=lines,
        tag=tuple(text(draw) for _ in range(draw.choice((0, 1)))),
    )


def vendor_result(sdk: ModuleType, draw: random.Random) -> Any:
    """Draw a page of products, with links, images, or both."""
    models = import_module(f"{sdk.__name__}.models")
    return models.ImagesResult(
        product=tuple(_product(models, draw) for _ in range(draw.choice((0, 1, 1, 2, 3)))),
        token=draw.choice((None, "5", text(draw))),
        count=draw.choice((None, 1)),
        queuecount=draw.choice((None, 0, 2**63 - 1)),
        returncode=draw.choice((0, 0, -7)),
        returnmsg=draw.choice((None, text(draw))),
        warnings=tuple(text(draw) for _ in range(draw.choice((0, 0, 1, 2)))),
        version=draw.choice((None, "7.2")),
    )


def _product(models: Any, draw: random.Random) -> Any:
    number = draw.choice((1, 1, 4_100_000_013))
    links = tuple(
        models.ImageURL(sequence=place, imagefilename=text(draw), image_url="https://h/i?a=1&b=2")
        for place in range(draw.choice((0, 1, 2)))
    )
    images = tuple(
        models.Image(sequence=place, imagefilename=text(draw), binaryimage=binary(draw))
        for place in range(draw.choice((0, 1, 2, 3)))
    )
    held = models.Images(image=images) if images or draw.random() < 0.2 else None
    return models.ProductImage(product_id=number, images_url=links, images=held)


def ledger_result(sdk: ModuleType, draw: random.Random) -> Any:
    """Draw an extract of postings, with and without receipts."""
    models = import_module(f"{sdk.__name__}.models")
    return models.Extract(
        status=draw.choice((200, 400)),
        reason=draw.choice((None, text(draw))),
        place=draw.choice((None, "7")),
        held=draw.choice((None, 1)),
        notices=tuple(text(draw) for _ in range(draw.choice((0, 0, 1)))),
        postings=tuple(_posting(models, draw) for _ in range(draw.choice((0, 1, 2)))),
    )


def _posting(models: Any, draw: random.Random) -> Any:
    return models.Posting(
        serial="S-0001",
        amount=draw.choice((0.0, 1.5, -3e20)),
        settled=draw.random() < 0.5,
        state=draw.choice(("open", "written off")),
        folio=draw.choice((None, 12)),
        memo=draw.choice((None, text(draw))),
        receipt=draw.choice((None, binary(draw), binary(draw))),
        account=models.Account(code=1000, title=text(draw)),
        shares=tuple(models.Share(centre=text(draw), part=0.5) for _ in range(draw.choice((0, 1)))),
        labels=tuple(text(draw) for _ in range(draw.choice((0, 2)))),
    )
