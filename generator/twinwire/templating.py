"""The strict Jinja2 environment of all templates, and the files that are rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2


@dataclass(frozen=True, slots=True, order=True)
class Artifact:
    """A generated file: its path relative to the output directory, with forward slashes, and its text.

    A ``copied`` artifact has the same text for every spec, except for its header and the name of one error class.
    """

    path: str
    text: str
    copied: bool = False


def environment(package: str, filters: Mapping[str, Callable[..., Any]] | None = None) -> jinja2.Environment:
    """Return the environment for the templates below ``<package>/templates``.

    An undefined name is an error. Autoescaping is off: text from a spec passes through a typed filter instead.

    Args:
        package: The import name of the package that contains the folder ``templates``.
        filters: Additional Jinja2 filters by name.
    """
    env = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source text, not HTML
    )
    env.filters.update(filters or {})
    return env
