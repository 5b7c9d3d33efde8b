"""Image detection: many formats, damaged images, other data, and hostile data in bounded time."""

from __future__ import annotations

import base64
import gzip
import struct
import time
import zlib

import pytest

from twinwire_conformance.rules.image_formats import is_image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# The smallest valid PNG: one pixel.
HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
PNG = b"\x89PNG\r\n\x1a\n" + HEADER + PIXELS + chunk(b"IEND", b"")
BMP = b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4)
ROOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="1"><path d="M0 0"/></svg>'
DOCTYPE = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
# Adobe Illustrator writes the namespace as an entity of the internal subset.
SUBSET = b'<!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg xmlns="&ns_svg;"/>'


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + bytes(40)


IMAGES = {
    "png": PNG,
    "png-with-more": PNG + b"\0" * 20,
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(30),
    "gif": b"GIF89a\1\0\1\0\0\0\0;",
    "gif-without-trailer": b"GIF87a\1\0\1\0\0\0\0",
    "bmp": BMP,
    # Some encoders leave the size in the header at 0.
    "bmp-of-unknown-size": BMP[:2] + bytes(4) + BMP[6:],
    "tiff": b"II*\0\x08\0\0\0" + bytes(20),
    "tiff-big-endian": b"MM\0*\0\0\0\x08" + bytes(20),
    "bigtiff": b"II+\0\x08\0\0\0" + bytes(20),
    "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(30),
    "cur": b"\0\0\2\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(30),
    "webp": b"RIFF\x24\0\0\0WEBPVP8L" + bytes(20),
    **{
        f"ftyp-{brand.decode()}": ftyp(brand, b"mif1")
        for brand in (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1")
    },
    "ftyp-compatible-only": ftyp(b"MA1B", b"xxxx", b"miaf"),
    "jxl": b"\xff\x0a" + bytes(20),
    "jxl-container": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20),
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20),
    "j2k": b"\xff\x4f\xff\x51" + bytes(20),
    "psd": b"8BPS\0\1" + bytes(20),
    "emf": b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(40),
    "wmf": b"\xd7\xcd\xc6\x9a" + bytes(20),
    "qoi": b"qoif" + struct.pack(">IIBB", 1, 1, 3, 0) + bytes(8),
    "pnm": b"P6\n# a comment\n1 1\n255\n\0\0\0",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    "svg": ROOT,
    "svg-without-namespace": b"<svg width='1'/>",
    "svg-with-declaration": b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<!-- drawn -->' + ROOT,
    "svg-after-a-long-comment": b"<!--" + b" long" * 2000 + b"-->" + ROOT,
    "svg-with-doctype": DOCTYPE + ROOT,
    "svg-with-entities": SUBSET,
    "svg-prefixed": b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"><svg:g/></svg:svg>',
    "svg-utf-16": ('<?xml version="1.0" encoding="utf-16"?>' + ROOT.decode()).encode("utf-16"),
    "svg-in-shift-jis": ('<?xml version="1.0" encoding="shift_jis"?><!-- \u56f3 -->' + ROOT.decode()).encode("shift_jis"),
    "svg-long": ROOT[:-6] + b"<g/>" * 200_000 + b"</svg>",
    "svgz": gzip.compress(b"<!-- packed -->" + ROOT, mtime=0),
}

OTHERS = {
    "nothing": b"",
    "text": b"no image here",
    "sentence-with-bm": b"BM 4711: no picture was found",
    "sentence-with-p": b"P5 is a model of ours",
    "page": b"<!DOCTYPE html><html><body>404 <svg></svg></body></html>",
    "page-as-xml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></html>',
    "page-packed": gzip.compress(b"<html><svg/></html>", mtime=0),
    "error-with-svg": b'{"error": "<svg/> is not allowed"}',
    "comment-with-svg": b"<!-- <svg> --><error/>",
    "svg-tag-unfinished": b"<svg no image",
    "svg-of-another-namespace": b'<svg xmlns="urn:other"/>',
    "png-cut": PNG[:-12],
    "png-without-header": b"\x89PNG\r\n\x1a\n" + PIXELS + chunk(b"IEND", b""),
    "video": ftyp(b"isom", b"mp41"),
    "riff-sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(20),
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\3\4" + bytes(20),
    "not-gzip": b"\x1f\x8b\x08 no",
}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_recognised(name: str) -> None:
    assert is_image(encoded(IMAGES[name]))


@pytest.mark.parametrize("name", OTHERS)
def test_other_data_is_not_an_image(name: str) -> None:
    assert not is_image(encoded(OTHERS[name]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_an_image_is_recognised_whatever_its_padding_and_line_breaks(size: int) -> None:
    text = encoded(PNG + bytes(size))
    assert is_image(text)
    assert is_image(text.rstrip("="))
    assert is_image("\r\n".join(text[index : index + 76] for index in range(0, len(text), 76)))


@pytest.mark.parametrize(
    "data",
    [
        b"<!--" + b"x" * 30_000_000,
        gzip.compress(b"<!--" + b" " * 200_000_000, 1, mtime=0),
        # Exponential entity expansion ("billion laughs").
        b"<!DOCTYPE svg [" + b"".join(b'<!ENTITY a%d "&a%d;&a%d;">' % (i + 1, i, i) for i in range(60)) + b']><svg a="&a60;"/>',
        b"P6 " + b"#\n" * 10_000_000,
    ],
    ids=["comment", "packed", "entities", "comments"],
)
def test_hostile_data_is_decided_in_bounded_time(data: bytes) -> None:
    text = encoded(data)
    # Processor time, so that a busy machine does not fail the test.
    begin = time.process_time()
    assert not is_image(text)
    assert time.process_time() - begin < 3
