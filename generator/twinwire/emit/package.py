"""The parts of the SDK's __init__.py, pyproject.toml and README."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from twinwire.emit.names import Names
from twinwire.emit.source import bracketed, by_kind, docstring, imports, literal, mapping, markdown, toml
from twinwire.ir import Contract, Kind, Parameter, Scalar

Http = Literal["httpx", "httpx2"]

# The floors exclude versions with known advisories, httpcore's those of h11.
_REQUIREMENTS = {"httpx": ("httpcore>=1.0.9", "httpx>=0.27"), "httpx2": ("httpx2>=2.12",)}
_ERRORS = (
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
)
# The subpackage of the runtime that mirrors the images of a feed to a directory.
MIRROR = "_mirror"

# A word that needs no quoting in a shell.
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# The public versions of PEP 440, without epochs.
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Home:
    """A module of the package, and the names that the package exports from it."""

    module: str
    exports: tuple[str, ...]

    @property
    def statement(self) -> str:
        """The statement that imports the exported names."""
        return imports(self.module, self.exports, 4)

    @property
    def among(self) -> str:
        """The end of a condition that a name is one of the exports: ``== "Page"`` or ``in ("Pages", "Entries")``."""
        if len(self.exports) == 1:
            return f"== {literal(self.exports[0])}"
        return bracketed("in (", map(literal, self.exports), ")", 8)


def has_mirror(contract: Contract) -> bool:
    """Return whether the SDK contains the mirror: only content modes describe content that can be stored as files."""
    return contract.feed.modes is not None


class Init:
    """The namespace of the package: its docstring, version and exports."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self.doc = docstring(contract.origin.description or contract.origin.title, 0)
        self.package = literal(names.package)
        self.version = literal(version(contract.origin.version))
        models = tuple(names.model(model) for model in contract.models.values())
        mirror = ("MirrorReport", "mirror", "mirror_async") if has_mirror(contract) else ()
        errors = ("MirrorError",) if has_mirror(contract) else ()
        homes = [
            Home(MIRROR, mirror),
            Home("client", ("AsyncClient", "Client")),
            Home("codec", ("decode_json", "decode_xml", "encode_json", "encode_xml")),
            Home("errors", (*_ERRORS, *errors, names.error)),
            Home("events", ("Attempt", "Decoded")),
            Home("iterators", ("AsyncEntries", "AsyncPages", "Entries", "Pages")),
            Home("models", models),
            Home("paging", ("Page",)),
            Home("retry", ("Retry",)),
        ]
        self.homes = [home for home in homes if home.exports]
        self.exports = sorted((name for home in self.homes for name in home.exports), key=by_kind)


@dataclass(frozen=True, slots=True)
class Project:
    """The metadata of the distribution, as TOML source."""

    name: str
    version: str
    description: str
    requirements: tuple[str, ...]
    package: str


def project(contract: Contract, names: Names, http: Http) -> Project:
    """Return the metadata of the distribution that requires the given HTTP library."""
    origin = contract.origin
    return Project(
        name=toml(names.package.replace("_", "-")),
        version=toml(version(origin.version)),
        description=toml(contract.operation.summary or origin.title),
        requirements=tuple(map(toml, _REQUIREMENTS[http])),
        package=toml(names.package),
    )


@dataclass(frozen=True, slots=True)
class Readme:
    """The parts of the README that depend on the spec: Markdown, and the source of the arguments in its examples."""

    title: str
    description: str
    arguments: str
    cursor: str
    remaining: bool
    mirror: bool
    mirror_arguments: str
    links: bool
    options: str


def readme(contract: Contract, names: Names) -> Readme:
    """Return the parts of the README that depend on the spec."""
    feed, origin = contract.feed, contract.origin
    title, description = markdown(origin.title), markdown(origin.description or contract.operation.description)
    required = {
        names.parameter(item): _argument(item)
        for item in contract.operation.parameters
        if item.required and item != feed.session
    }
    # A small page size keeps the output of the example short.
    shown = {**required, names.parameter(feed.limit.parameter): str(max(feed.limit.minimum, min(50, feed.limit.maximum)))}
    return Readme(
        title,
        description,
        ", ".join(f"{name}={source}" for name, source in shown.items()),
        names.parameter(feed.cursor.parameter),
        remaining=feed.remaining is not None,
        mirror=has_mirror(contract),
        mirror_arguments=mapping(", arguments=", required) if required else "",
        links=bool(links := _link_modes(contract)),
        options=f" --mode {links[0]} --parallel 8" if links and _WORD.fullmatch(links[0]) else "",
    )


def _argument(parameter: Parameter) -> str:
    """Return the source of an argument for the examples of the README."""
    example = parameter.example or "..."
    if parameter.type.kind in (Kind.INTEGER, Kind.NUMBER):
        return parameter.example or "1"
    return str(example == "true") if parameter.type.kind is Kind.BOOLEAN else literal(example)


def _link_modes(contract: Contract) -> list[str]:
    modes = contract.feed.modes.choices if contract.feed.modes else ()
    return [mode.name for mode in modes if isinstance(mode.content.type, Scalar) and mode.content.type.kind is Kind.URI]


def version(text: str) -> str:
    """Return the version of the distribution for the version of the spec.

    A valid Python version is kept. Otherwise the numbers in the text are joined: ``v2 (2024-05)`` -> ``2.2024.5``.
    """
    if _VERSION.fullmatch(text):
        return text
    return ".".join(str(int(number)) for number in re.findall(r"[0-9]{1,18}", text)) or "0"
