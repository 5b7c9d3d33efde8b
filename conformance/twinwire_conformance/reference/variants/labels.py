"""Variants in content negotiation, the Content-Type and the character encoding."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import Representation
from twinwire_conformance.reference.faults.plan import has_many_types, has_relabelled_type
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import NEGOTIATE, RESPOND, Exchange, Hook, ServerResponse
from twinwire_conformance.reference.query import RefusedError
from twinwire_conformance.reference.variants.variant import REMARKS, Variant, VariantOverride


def _of(x: Exchange, format_: str) -> Representation:
    return next(each for each in x.feed.representations if each.format == format_)


def _by_default(format_: str) -> Hook[Negotiated]:
    def hook(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
        if x.accept.strip() not in ("", "*/*"):
            return proceed()
        representation = _of(x, format_)
        return Negotiated(representation, representation.labels[-1])

    return hook


def _never_406(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    try:
        return proceed()
    except RefusedError:
        return x.choice


def _first_wins(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    for part in x.accept.lower().split(","):
        wanted = part.partition(";")[0].strip()
        for representation in x.feed.representations:
            if wanted in representation.media_types:
                return Negotiated(representation, wanted)
    return proceed()


def _label(change: Callable[[Exchange, str], str]) -> Hook[ServerResponse]:
    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        done.headers["content-type"] = change(x, done.headers["content-type"])
        return done

    return hook


def _last_label_for_relabelled(x: Exchange, label: str) -> str:
    representation = x.choice.representation
    return f"{representation.labels[-1]}; charset=utf-8" if x.choice.media_type in representation.relabelled else label


def _shouted(_x: Exchange, label: str) -> str:
    media_type = label.partition(";")[0]
    return f'{media_type.title()} ;Charset="UTF-8"'


def _xml_in(charset: str) -> Hook[ServerResponse]:
    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        if x.is_xml:
            text = done.body.decode().replace('encoding="utf-8"', f'encoding="{charset}"', 1)
            done.body = text.encode(charset, "xmlcharrefreplace")
            done.headers["content-type"] = f"{x.choice.label}; charset={charset}"
        return done

    return hook


def _xml_mark(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml:
        done.body = b"\xef\xbb\xbf" + done.body
    return done


VARIANTS = (
    Variant(
        "other-label-by-default",
        "without a preference the response has the last Content-Type of JSON",
        override=VariantOverride(NEGOTIATE, _by_default("json")),
    ),
    Variant(
        "xml-by-default", "without a preference the response is XML", override=VariantOverride(NEGOTIATE, _by_default("xml"))
    ),
    Variant("never-406", "an unsupported Accept is answered in JSON", override=VariantOverride(NEGOTIATE, _never_406)),
    Variant("first-accept-wins", "q-values are ignored", REMARKS, VariantOverride(NEGOTIATE, _first_wins)),
    Variant(
        "one-label",
        "each representation has one Content-Type, whatever type was requested",
        REMARKS,
        VariantOverride(RESPOND, _label(lambda x, _label: f"{x.choice.representation.labels[0]}; charset=utf-8")),
        condition=has_many_types,
    ),
    Variant(
        "relabelled-as-last",
        "a media type that is never a Content-Type gets the last one of its representation",
        override=VariantOverride(RESPOND, _label(_last_label_for_relabelled)),
        condition=has_relabelled_type,
    ),
    Variant(
        "no-charset",
        "the Content-Type has no charset",
        override=VariantOverride(RESPOND, _label(lambda _x, label: label.partition(";")[0])),
    ),
    Variant(
        "label-spelling",
        "the Content-Type is in mixed case, with its charset in quotes",
        override=VariantOverride(RESPOND, _label(_shouted)),
    ),
    Variant("xml-utf-16", "XML is in UTF-16 and declares it", override=VariantOverride(RESPOND, _xml_in("utf-16"))),
    Variant(
        "xml-windows-1252",
        "XML is in windows-1252, with character references for all other characters",
        override=VariantOverride(RESPOND, _xml_in("windows-1252")),
    ),
    Variant("xml-gb18030", "XML is in GB18030 and declares it", override=VariantOverride(RESPOND, _xml_in("gb18030"))),
    Variant("xml-byte-order-mark", "XML begins with a byte order mark", override=VariantOverride(RESPOND, _xml_mark)),
)
