"""The document against OpenAPI 3.1."""

from __future__ import annotations

import re

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.node import show
from twinwire.spec.report import Report
from twinwire.spec.translate import validate

_VERSION = re.compile(r"3\.1\.[0-9]+(-.+)?")


def is_openapi(report: Report) -> bool:
    """Say whether the document calls itself one of OpenAPI 3.1; report it when not, as then nothing else can be said."""
    version = report.root.get("openapi")
    if version.text is not None and _VERSION.fullmatch(version.text):
        return True
    hint = "begin with 'openapi: 3.1.0'"
    if report.root.has("openapi"):
        report.add(version, Code.OPENAPI_VERSION, f"must be 3.1.x, but is {show(version.value)}", hint)
    elif report.root.has("swagger"):
        report.add(("swagger",), Code.OPENAPI_VERSION, "is a Swagger 2.0 document", "convert it to OpenAPI 3.1", at_key=True)
    else:
        report.add((), Code.NOT_A_SPEC, "is no OpenAPI document: it does not say 'openapi'", hint)
    return False


def check_structure(report: Report) -> None:
    """Report every departure from OpenAPI 3.1's own schema."""
    validate(report, report.root, meta.openapi())
