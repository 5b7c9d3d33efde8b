# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The models of the result as frozen structs. An absent collection is empty; any other absent member is None."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

Int64: TypeAlias = Annotated[int, msgspec.Meta(ge=-9223372036854775808, le=9223372036854775807)]


class ImageURL(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    gc=False,
    rename={"image_url": "imageURL"},
):
    """A link to one image."""

    sequence: Int64
    """The image's place among the product's images."""
    imagefilename: str
    """The image's file name."""
    image_url: str
    """Where the image can be downloaded."""


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One image."""

    sequence: Int64
    """The image's place among the product's images."""
    imagefilename: str
    """The image's file name."""
    binaryimage: bytes
    """The image's bytes, in base64."""


class Images(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A product's images."""

    image: tuple[Image, ...] = ()
    """The images, in order."""


class ProductImage(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    gc=False,
    rename={"images_url": "imagesURL"},
):
    """A product and its images. Which of the two collections is filled depends on `options`."""

    product_id: Int64
    """Identifies the product."""
    images_url: tuple[ImageURL, ...] = ()
    """Links to the product's images."""
    images: Images | None = None
    """The product's images themselves."""


class ImagesResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One lot of the feed, or a refusal."""

    product: tuple[ProductImage, ...] = ()
    """The entries of this lot, in the order of the feed."""
    token: str | None = None
    """The token of this lot's last entry. Passed with the next request, it brings what follows."""
    count: Int64 | None = None
    """The number of entries in this lot."""
    queuecount: Int64 | None = None
    """The number of entries that remain after this lot."""
    returncode: Int64
    """0 for success; anything else is a refusal or a failure."""
    returnmsg: str | None = None
    """What the return code means, in words."""
    warnings: tuple[str, ...] = ()
    """What the caller should know although the request worked, such as data that was cut."""
    version: str | None = None
    """The version of the API that answered."""
