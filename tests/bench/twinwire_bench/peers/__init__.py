"""The peers: one small class each, and one line here. The first is ours."""

from __future__ import annotations

from collections.abc import Sequence

from twinwire_bench.peers.base import Decode, Peer, Representation
from twinwire_bench.peers.floors import Expat, JsonLoads, Lxml
from twinwire_bench.peers.msgspec_structs import MsgspecStructs
from twinwire_bench.peers.openapi_client import OpenapiClient
from twinwire_bench.peers.product_images_sdk import ProductImages
from twinwire_bench.peers.pydantic_models import PydanticModels
from twinwire_bench.peers.pydantic_xml_models import PydanticXmlModels
from twinwire_bench.peers.xsdata_dataclasses import XsdataBase64, XsdataDataclasses

__all__ = ["PEERS", "Decode", "Peer", "Representation"]

PEERS: Sequence[type[Peer]] = (
    ProductImages,
    MsgspecStructs,
    PydanticModels,
    PydanticXmlModels,
    XsdataDataclasses,
    XsdataBase64,
    OpenapiClient,
    JsonLoads,
    Expat,
    Lxml,
)
