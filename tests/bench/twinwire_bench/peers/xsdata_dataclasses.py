"""xsdata with the dataclasses that its command line generates: from our XSD, and from one that types images as base64."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import JsonParser, XmlParser

from twinwire_bench.errors import BenchError
from twinwire_bench.peers.base import Decode, Peer, Representation, decode_images
from twinwire_bench.project import XSD, import_from, run_tool

_AS_TEXT = '<xs:attribute name="binaryimage" type="xs:string"'
_AS_BASE64 = '<xs:attribute name="binaryimage" type="xs:base64Binary"'


class XsdataDataclasses(Peer):
    """Our XSD leaves base64 as text, as the vendor's sample is none; the caller decodes it."""

    name = "xsdata"
    packages = ("xsdata",)
    package: ClassVar[str] = "bench_xsdata"

    def decoders(self, workdir: Path) -> Mapping[Representation, Decode]:
        schema = workdir / f"{self.package}.xsd"
        schema.write_text(self.schema(XSD.read_text("utf-8")), "utf-8")
        run_tool(
            "xsdata", "generate", str(schema), "--package", self.package, "--structure-style", "single-package", cwd=workdir
        )
        result = import_from(workdir, self.package).Result
        # One context for all calls: it caches what xsdata learns of the classes.
        context = XmlContext()
        json, xml = JsonParser(context=context), XmlParser(context=context)
        return {
            "JSON": lambda body: self.finish(json.from_bytes(body, result)),
            "XML": lambda body: self.finish(xml.from_bytes(body, result)),
        }

    def schema(self, text: str) -> str:
        """Return the schema to generate from."""
        return text

    def finish(self, result: Any) -> Any:
        """Return a result with its images as bytes."""
        return decode_images(result)


class XsdataBase64(XsdataDataclasses):
    """As most XSDs declare images: then xsdata decodes them itself."""

    name = "xsdata, base64 fields"
    package = "bench_xsdata_base64"

    def schema(self, text: str) -> str:
        if text.count(_AS_TEXT) != 1:
            raise BenchError(f"our XSD no longer declares {_AS_TEXT}")
        return text.replace(_AS_TEXT, _AS_BASE64)

    def finish(self, result: Any) -> Any:
        return result
