"""Section: a page from bytes to objects, images as bytes, by the generated SDK and by its peers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from twinwire_bench.measure import Cell, measure
from twinwire_bench.pages import Page, Values, images_page, links_page
from twinwire_bench.peers import PEERS, Decode, Peer, Representation
from twinwire_bench.report import Table
from twinwire_bench.values import require_equal

NOTE = (
    "Best of interleaved rounds, garbage collection on; in brackets the ratio to ours. A page holds 500 products: with "
    "*links*, 4 links each ({links}), in XML also as .NET's serializer writes it, in double quotes alone; with *images*, 2 "
    "images of 20 kB each ({images}). Every row was checked to yield "
    "equal values before it was timed, images as bytes: where a library leaves base64 as text, "
    "`base64.b64decode(validate=True)` is part of its time. The rows in italics are floors: a parser alone, which yields "
    "neither objects nor bytes. The models of msgspec, pydantic and pydantic-xml are written by hand, those of xsdata come "
    "from our XSD, where base64 is text, and once more from the same with images as `xs:base64Binary`, which xsdata then "
    "decodes itself; those of openapi-python-client from our spec."
)


@dataclass(frozen=True, slots=True)
class _Document:
    """What is decoded in one column of the table, and the values that it must yield."""

    column: str
    representation: Representation
    body: bytes
    values: Values


def run(workdir: Path, cap: float) -> Table:
    """Check that all peers yield the pages' values, then time them."""
    peers = [peer() for peer in PEERS]
    decoders = [(peer, peer.decoders(workdir)) for peer in peers]
    pages = (links_page(), images_page())
    documents = [document for page in pages for document in _documents(page)]
    cells = [
        _cell(peer, ways[document.representation], document)
        for document in documents
        for peer, ways in decoders
        if document.representation in ways
    ]
    columns = [document.column for document in documents]
    packages = sorted({package for peer in peers for package in peer.packages})
    note = NOTE.format(**{page.name: f"{len(page.json) / 1e6:.1f} MB" for page in pages})
    return Table("Decoding a page", note, PEERS[0].name, [_row(peer) for peer in peers], columns, measure(cells, cap), packages)


def _documents(page: Page) -> list[_Document]:
    documents = [
        _Document(f"JSON, {page.name}", "JSON", page.json, page.values),
        _Document(f"XML, {page.name}", "XML", page.xml, page.values),
    ]
    if page.name == "links":
        documents.append(_Document("XML, links, as .NET writes it", "XML", page.dotnet, page.values))
    return documents


def _cell(peer: Peer, decode: Decode, document: _Document) -> Cell:
    require_equal(f"{peer.name}, {document.column}", peer.values(decode(document.body)), document.values)
    return Cell(_row(peer), document.column, partial(decode, document.body))


def _row(peer: Peer) -> str:
    return f"*{peer.name}*" if peer.floor else peer.name
