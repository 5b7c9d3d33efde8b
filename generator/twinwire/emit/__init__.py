"""Generate the SDK project of a contract.

The content of the spec becomes data: models, tables, and the methods of the clients. The behaviour of an SDK is the same for
every spec, and is copied from ``twinwire.emit.runtime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import jinja2

from twinwire.emit.client import Client
from twinwire.emit.models import Models
from twinwire.emit.names import Names
from twinwire.emit.package import MIRROR, Http, Init, has_mirror, project, readme
from twinwire.emit.tables import Tables
from twinwire.ir import Contract
from twinwire.schemas import json_schema, provenance, xsd
from twinwire.templating import Artifact, environment

__all__ = ["emit"]

_NOTICE = "Generated; do not edit: twinwire generate."


def emit(contract: Contract, http: Http = "httpx") -> list[Artifact]:
    """Return the files of the SDK project for a contract, sorted by path.

    Args:
        contract: The contract.
        http: The HTTP library that the SDK imports and requires.
    """
    names = Names(contract)
    header = f"# {provenance(contract.origin)}\n# {_NOTICE}\n"
    artifacts = [
        *_project(contract, names, http, header),
        *_package(contract, names, header),
        *_runtime(contract, names, http, header),
    ]
    # File systems limit a name to 255 bytes, and the suffix needs some of them.
    schemas = f"{names.package}/schemas/{names.result[:200]}"
    artifacts.append(Artifact(f"{schemas}.schema.json", json_schema(contract)))
    artifacts.append(Artifact(f"{schemas}.xsd", xsd(contract)))
    return sorted(artifacts)


def _project(contract: Contract, names: Names, http: Http, header: str) -> Iterator[Artifact]:
    env = environment("twinwire.emit")
    text = env.get_template("pyproject.toml.jinja2").render(project=project(contract, names, http))
    yield Artifact("pyproject.toml", header + text)
    words = readme(contract, names)
    text = env.get_template("README.md.jinja2").render(readme=words, names=names, path=contract.operation.path)
    # "--" is not allowed in an HTML comment, and ">" could end it.
    comment = re.sub("-(?=-)", "- ", provenance(contract.origin).replace(">", " "))
    yield Artifact("README.md", f"<!-- {comment} -->\n<!-- {_NOTICE} -->\n\n{text}")


def _package(contract: Contract, names: Names, header: str) -> Iterator[Artifact]:
    env = environment("twinwire.emit")
    env.globals.update(
        names=names,
        models=Models(contract, names),
        tables=Tables(contract, names),
        client=Client(contract, names),
        init=Init(contract, names),
        shape=names.shape(contract.feed.result),
    )
    main = [("__main__", "main")] if has_mirror(contract) else []
    for name, template in (
        *main,
        ("__init__", "init"),
        ("_tables", "tables"),
        ("client", "client"),
        ("codec", "codec"),
        ("models", "models"),
    ):
        text = _render(env, f"{template}.py.jinja2")
        yield Artifact(f"{names.package}/{name}.py", f"{header}\n{text}" if text.startswith('"') else header + text)
    yield Artifact(f"{names.package}/py.typed", header)


def _render(env: jinja2.Environment, template: str) -> str:
    return env.get_template(template).render().rstrip("\n") + "\n"


def _runtime(contract: Contract, names: Names, http: Http, header: str) -> Iterator[Artifact]:
    runtime = files("twinwire.emit.runtime")
    modules = [(file.name, file) for file in runtime.iterdir() if file.name != "__init__.py"]
    if has_mirror(contract):
        modules += [(f"{MIRROR}/{file.name}", file) for file in (runtime / MIRROR).iterdir()]
    for path, file in modules:
        if path.endswith(".py"):
            # The only name in the runtime that depends on the spec: `except ProductImagesError` says which feed failed.
            text = re.sub(r"\bFeedError\b", names.error, file.read_text("utf-8"))
            if http != "httpx":
                # httpx2 is built on httpcore2. The alias keeps the rest of the module the same for both libraries.
                suffix = http.removeprefix("httpx")
                text = re.sub(r"^import (httpx|httpcore)$", rf"import \g<1>{suffix} as \1", text, flags=re.MULTILINE)
            yield Artifact(f"{names.package}/{path}", f"{header}\n{text}", copied=True)
