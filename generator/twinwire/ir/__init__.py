"""The intermediate representation and the way to it from a spec file."""

from __future__ import annotations

from twinwire.ir.build import build, pack, read_contract, unpack
from twinwire.ir.model import (
    INT64_MAX,
    INT64_MIN,
    Contract,
    Cursor,
    Erratum,
    Feed,
    Field,
    Kind,
    Limit,
    Mode,
    Model,
    ModelRef,
    Modes,
    Operation,
    Origin,
    Outcome,
    Parameter,
    Representation,
    Scalar,
    XmlShape,
)

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "Contract",
    "Cursor",
    "Erratum",
    "Feed",
    "Field",
    "Kind",
    "Limit",
    "Mode",
    "Model",
    "ModelRef",
    "Modes",
    "Operation",
    "Origin",
    "Outcome",
    "Parameter",
    "Representation",
    "Scalar",
    "XmlShape",
    "build",
    "pack",
    "read_contract",
    "unpack",
]
