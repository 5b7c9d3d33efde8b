"""openapi-python-client with the models that it generates from our spec. It reads no XML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from twinwire_bench.generation import CLIENT, openapi_python_client
from twinwire_bench.peers.base import Decode, Peer, Representation, decode_images
from twinwire_bench.project import import_from


class OpenapiClient(Peer):
    name = "openapi-python-client"
    packages = ("openapi-python-client", "attrs")

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        project = workdir / "openapi-client"
        openapi_python_client(project, hooks=False)
        result = import_from(project, f"{CLIENT}.models").ImagesResult
        return {"JSON": lambda body: decode_images(result.from_dict(json.loads(body)))}
