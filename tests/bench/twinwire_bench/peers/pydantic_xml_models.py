"""pydantic-xml with models written by hand."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_xml import BaseXmlModel, attr, element

from twinwire_bench.peers.base import Decode, Peer, Representation

Base64 = Annotated[bytes, BeforeValidator(partial(base64.b64decode, validate=True))]


class Link(BaseXmlModel, tag="imagesURL"):
    sequence: int = attr()
    imagefilename: str = attr()
    image_url: str = attr(name="imageURL")


class Image(BaseXmlModel, tag="image"):
    sequence: int = attr()
    imagefilename: str = attr()
    binaryimage: Base64 = attr()


class Images(BaseXmlModel, tag="images"):
    image: list[Image] | None = element(default=None)


class Product(BaseXmlModel, tag="product"):
    product_id: int = attr()
    images_url: list[Link] | None = element(tag="imagesURL", default=None)
    images: Images | None = None


class Result(BaseXmlModel, tag="result", search_mode="unordered"):
    returncode: int = attr()
    token: str | None = attr(default=None)
    count: int | None = attr(default=None)
    queuecount: int | None = attr(default=None)
    returnmsg: str | None = attr(default=None)
    version: str | None = attr(default=None)
    warnings: list[str] | None = element(tag="warnings", default=None)
    product: list[Product] | None = element(tag="product", default=None)


class PydanticXmlModels(Peer):
    name = "pydantic-xml"
    packages = ("pydantic-xml",)

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"XML": Result.from_xml}
