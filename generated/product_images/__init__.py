# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Each answer carries one lot of the feed, as JSON or as XML, and the token with which to ask for the next lot. Keeping the
last token and asking with it later brings only what has changed since.
"""

# Modules are imported when a name of them is used first, so that the models do not import the HTTP library.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._mirror import MirrorReport, mirror, mirror_async
    from .client import AsyncClient, Client
    from .codec import decode_json, decode_xml, encode_json, encode_xml
    from .errors import (
        DecodeError,
        EncodeError,
        HTTPStatusError,
        MirrorError,
        PaginationStalled,
        ParameterError,
        ProductImagesError,
        RateLimitedError,
        ResultWarning,
        ReturnCodeError,
        TransportError,
        WarningError,
    )
    from .events import Attempt, Decoded
    from .iterators import AsyncEntries, AsyncPages, Entries, Pages
    from .models import Image, Images, ImagesResult, ImageURL, ProductImage
    from .paging import Page
    from .retry import Retry

__version__ = "1.0.0"

__all__ = [
    "AsyncClient",
    "AsyncEntries",
    "AsyncPages",
    "Attempt",
    "Client",
    "DecodeError",
    "Decoded",
    "EncodeError",
    "Entries",
    "HTTPStatusError",
    "Image",
    "ImageURL",
    "Images",
    "ImagesResult",
    "MirrorError",
    "MirrorReport",
    "Page",
    "Pages",
    "PaginationStalled",
    "ParameterError",
    "ProductImage",
    "ProductImagesError",
    "RateLimitedError",
    "ResultWarning",
    "Retry",
    "ReturnCodeError",
    "TransportError",
    "WarningError",
    "decode_json",
    "decode_xml",
    "encode_json",
    "encode_xml",
    "mirror",
    "mirror_async",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in ("MirrorReport", "mirror", "mirror_async"):
            from . import _mirror as home
        elif name in ("AsyncClient", "Client"):
            from . import client as home
        elif name in ("decode_json", "decode_xml", "encode_json", "encode_xml"):
            from . import codec as home
        elif name in (
            "DecodeError",
            "EncodeError",
            "HTTPStatusError",
            "PaginationStalled",
            "ParameterError",
            "RateLimitedError",
            "ResultWarning",
            "ReturnCodeError",
            "TransportError",
            "WarningError",
            "MirrorError",
            "ProductImagesError",
        ):
            from . import errors as home
        elif name in ("Attempt", "Decoded"):
            from . import events as home
        elif name in ("AsyncEntries", "AsyncPages", "Entries", "Pages"):
            from . import iterators as home
        elif name in ("ImageURL", "Image", "Images", "ProductImage", "ImagesResult"):
            from . import models as home
        elif name == "Page":
            from . import paging as home
        elif name == "Retry":
            from . import retry as home
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(home, name)

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]
