# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The command line: ``python -m product_images --help``."""

from __future__ import annotations

from ._mirror.command import main
from ._tables import FEED
from .client import Client

if __name__ == "__main__":
    raise SystemExit(main("product_images", FEED, Client))
