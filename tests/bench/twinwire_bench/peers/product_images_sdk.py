"""Ours: the SDK that this project generates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import product_images
from twinwire_bench.peers.base import Decode, Peer, Representation


class ProductImages(Peer):
    name = "product_images (generated)"
    packages = ("msgspec", "pybase64")

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        return {"JSON": product_images.decode_json, "XML": product_images.decode_xml}
