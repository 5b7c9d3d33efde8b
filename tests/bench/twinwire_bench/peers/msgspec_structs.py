"""msgspec with Structs written by hand, and nothing else: what JSON decoding costs at least with objects and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from twinwire_bench.peers.base import Decode, Peer, Representation


class Link(msgspec.Struct):
    sequence: int
    imagefilename: str
    image_url: str = msgspec.field(name="imageURL")


class Image(msgspec.Struct):
    sequence: int
    imagefilename: str
    binaryimage: bytes


class Images(msgspec.Struct):
    image: list[Image] | None = None


class Product(msgspec.Struct):
    product_id: int
    images_url: list[Link] | None = msgspec.field(name="imagesURL", default=None)
    images: Images | None = None


class Result(msgspec.Struct):
    returncode: int
    product: list[Product] | None = None
    token: str | None = None
    count: int | None = None
    queuecount: int | None = None
    returnmsg: str | None = None
    warnings: list[str] | None = None
    version: str | None = None


class MsgspecStructs(Peer):
    name = "msgspec, plain Structs"
    packages = ("msgspec",)

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"JSON": msgspec.json.Decoder(Result).decode}
