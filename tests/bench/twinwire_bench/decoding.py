"""Section: a page from bytes to objects, images as bytes, by the generated SDK and by its peers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

from twinwire_bench.measure import Cell, measure
from twinwire_bench.pages import Page, images_page, links_page
from twinwire_bench.peers import PEERS, Decode, Peer, Representation
from twinwire_bench.report import Table
from twinwire_bench.values import require_equal

NOTE = (
    "Best of interleaved rounds, garbage collection on; in brackets the ratio to ours. A page holds 500 products: with "
    "*links*, 4 links each ({links}); with *images*, 2 images of 20 kB each ({images}). Every row was checked to yield "
    "equal values before it was timed, images as bytes: where a library leaves base64 as text, "
    "`base64.b64decode(validate=True)` is part of its time. The rows in italics are floors: a parser alone, which yields "
    "neither objects nor bytes. The models of msgspec, pydantic and pydantic-xml are written by hand, those of xsdata come "
    "from our XSD, where base64 is text, and once more from the same with images as `xs:base64Binary`, which xsdata then "
    "decodes itself; those of openapi-python-client from our spec."
)


def run(workdir: Path, cap: float) -> Table:
    """Check that all peers yield the pages' values, then time them."""
    peers = [peer() for peer in PEERS]
    decoders = [(peer, peer.decoders(workdir)) for peer in peers]
    pages = (links_page(), images_page())
    cells = [_cell(peer, *way, page) for page in pages for peer, ways in decoders for way in ways.items()]
    columns = [_column(representation, page) for page in pages for representation in get_args(Representation)]
    packages = sorted({package for peer in peers for package in peer.packages})
    note = NOTE.format(**{page.name: f"{len(page.json) / 1e6:.1f} MB" for page in pages})
    return Table("Decoding a page", note, PEERS[0].name, [_row(peer) for peer in peers], columns, measure(cells, cap), packages)


def _cell(peer: Peer, representation: Representation, decode: Decode, page: Page) -> Cell:
    body = page.json if representation == "JSON" else page.xml
    require_equal(f"{peer.name}, {representation}, {page.name}", peer.values(decode(body)), page.values)
    return Cell(_row(peer), _column(representation, page), partial(decode, body))


def _column(representation: Representation, page: Page) -> str:
    return f"{representation}, {page.name}"


def _row(peer: Peer) -> str:
    return f"*{peer.name}*" if peer.floor else peer.name
