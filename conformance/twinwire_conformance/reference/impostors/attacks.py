"""Impostors with bodies and headers that attack the client's parsers."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache

from twinwire_conformance.reference.impostors.feeds import served
from twinwire_conformance.reference.impostors.impostor import Impostor
from twinwire_conformance.reference.pipeline import ENCODE, RESPOND, Exchange, Hook, ServerResponse

# Deep enough to exhaust a recursive parser's stack.
_DEEP = 100_000
_BOMB_BYTES = 256 * 1024 * 1024


def _json(body: Callable[[str], bytes]) -> Hook[bytes]:
    return lambda x, proceed: proceed() if x.is_xml else body(x.feed.entries.wire_name)


def _xml(body: Callable[[str], bytes]) -> Hook[bytes]:
    return lambda x, proceed: body(x.feed.result.xml_name) if x.is_xml else proceed()


def _deep_json(entries: str) -> bytes:
    return f'{{"{entries}":'.encode() + b"[" * _DEEP + b"]" * _DEEP + b"}"


def _deep_xml(root: str) -> bytes:
    return f"<{root}>".encode() * _DEEP + f"</{root}>".encode() * _DEEP


def _entities(root: str) -> bytes:
    # "Billion laughs": each of nine entities expands to ten of the one before, so the document grows to 2 * 10**9 characters.
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE {root} [<!ENTITY l0 "ha">{laughs}]><{root}>&l9;</{root}>'.encode()


def _outside(root: str) -> bytes:
    return f'<!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><{root}>&x;</{root}>'.encode()


def _charset(name: str) -> Hook[ServerResponse]:
    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        done.headers["content-type"] = f"{x.choice.label}; charset={name}"
        return done

    return hook


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_BYTES), 9)


def _gzip_bomb(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    return ServerResponse(200, {**done.headers, "content-encoding": "gzip"}, _bomb())


def _gzip_lie(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.headers["content-encoding"] = "gzip"
    return done


IMPOSTORS = (
    Impostor("deep-json", "JSON is nested a hundred thousand deep", served(ENCODE, _json(_deep_json))),
    Impostor("deep-xml", "XML is nested a hundred thousand deep", served(ENCODE, _xml(_deep_xml))),
    Impostor("entity-bomb", "XML entities expand to two gigabytes", served(ENCODE, _xml(_entities))),
    Impostor("outside-entity", "an XML entity refers to a local file", served(ENCODE, _xml(_outside))),
    Impostor("charset-rot13", "the charset is a Python codec that does not decode bytes", served(RESPOND, _charset("rot13"))),
    Impostor("charset-idna", "the charset is a codec that fails on most texts", served(RESPOND, _charset("idna"))),
    Impostor("charset-undefined", "the charset is a codec that always fails", served(RESPOND, _charset("undefined"))),
    Impostor("charset-odd", "the charset is not a valid name", served(RESPOND, _charset("'\"%00;;"))),
    Impostor("gzip-bomb", "bodies decompress to a thousand times their size", served(RESPOND, _gzip_bomb), needs_http=True),
    Impostor("gzip-lie", "a plain body declares Content-Encoding gzip", served(RESPOND, _gzip_lie)),
)
