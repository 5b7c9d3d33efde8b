"""xsdata with the dataclasses that its command line generates from our XSD."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import JsonParser, XmlParser

from twinwire_bench.peers.base import Decode, Peer, Representation, decode_images
from twinwire_bench.project import XSD, import_from, run_tool

PACKAGE = "bench_xsdata"


class XsdataDataclasses(Peer):
    name = "xsdata"
    packages = ("xsdata",)

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        run_tool("xsdata", "generate", str(XSD), "--package", PACKAGE, "--structure-style", "single-package", cwd=workdir)
        result = import_from(workdir, PACKAGE).Result
        # One context for all calls: it caches what xsdata learns of the classes.
        context = XmlContext()
        json, xml = JsonParser(context=context), XmlParser(context=context)
        return {
            "JSON": lambda body: decode_images(json.from_bytes(body, result)),
            "XML": lambda body: decode_images(xml.from_bytes(body, result)),
        }
