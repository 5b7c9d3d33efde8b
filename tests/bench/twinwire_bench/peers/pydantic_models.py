"""pydantic with models written by hand; its core decodes base64 itself when told to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from twinwire_bench.peers.base import Decode, Peer, Representation


class Link(BaseModel):
    sequence: int
    imagefilename: str
    image_url: str = Field(alias="imageURL")


class Image(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")

    sequence: int
    imagefilename: str
    binaryimage: bytes


class Images(BaseModel):
    image: list[Image] | None = None


class Product(BaseModel):
    product_id: int
    images_url: list[Link] | None = Field(alias="imagesURL", default=None)
    images: Images | None = None


class Result(BaseModel):
    returncode: int
    product: list[Product] | None = None
    token: str | None = None
    count: int | None = None
    queuecount: int | None = None
    returnmsg: str | None = None
    warnings: list[str] | None = None
    version: str | None = None


class PydanticModels(Peer):
    name = "pydantic"
    packages = ("pydantic",)

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"JSON": Result.model_validate_json}
