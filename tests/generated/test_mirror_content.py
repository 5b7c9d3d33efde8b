"""What counts as an image behind a link: by its signature first, then by what it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from product_images._mirror.content import HEAD_BYTES, complaint
from sdk_clients import Driver, Kind, run_mirror
from shop import Shop, images, open_shop, serve

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
LABELS = [
    None,
    "",
    "image/png",
    "text/html",
    "text/plain",
    "application/json",
    "application/octet-stream",
    "nonsense",
    "\u00e9",
]

IMAGES = {
    "png": PNG,
    "jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "gif": b"GIF89a" + bytes(20),
    "bmp": b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0",
    "webp": b"RIFF\x1a\0\0\0WEBPVP8 ",
    "avif": b"\0\0\0\x1cftypavif" + bytes(16),
    "tiff": b"II*\0\x08\0\0\0",
    "icon": b"\0\0\1\0\1\0",
    "jxl": b"\xff\x0a\xfa\x1f",
    "pdf": b"%PDF-1.7\n",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "pnm": b"P3\n# made\n1 1\n255\n1 2 3\n",
    "pnm in bytes": b"P6 1 1 255\n\1\2\3",
    "xbm": b"#define a_width 8\n#define a_height 1\n",
    "xpm": b"/* XPM */\nstatic char *a[] = {",
    "svg": SVG,
    "svg with a declaration": b'<?xml version="1.0"?>\n' + SVG,
    "svg with a byte order mark": b"\xef\xbb\xbf" + SVG,
    "svg after white space": b"\r\n\t " + SVG,
    "svg with a comment": b"<!-- <html> -->" + SVG,
    "svg with a type": b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">' + SVG,
    "svg with entities": b'<!DOCTYPE svg [<!ENTITY ns "x">\n<!ENTITY b "y">]>' + SVG,
    "svg with a prefix": b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    "svg with a style sheet": b'<?xml-stylesheet href="a.css"?>' + SVG,
    "svg in UTF-16": SVG.decode().encode("utf-16"),
    "svg in UTF-16 without a mark": SVG.decode().encode("utf-16-le"),
    "svg in Latin-1": b'<?xml version="1.0" encoding="iso-8859-1"?><!-- \xe9 -->' + SVG,
    "svg after a long comment": b"<!--" + b"x" * 60_000 + b"-->" + SVG,
}

UNKNOWN = {
    "bytes of every value": bytes(range(256)),
    "bytes from the top": bytes(255 - byte for byte in range(256)),
    "a zero byte": b"\0",
    "text with a zero byte": b"\0Please log in",
    "packed": b"\x1f\x8b\x08\0\0\0\0\0",
    "few high bytes": b"\xe9\xf0\x80",
}

PAGES = {
    "a log-in page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
    "a page in capitals": b"<!DOCTYPE HTML>\n<HTML>",
    "a page without a type": b"<html><head>",
    "a page after a mark": b"\xef\xbb\xbf\r\n<html>",
    "a page with a drawing": b"<!DOCTYPE html><html><body>" + SVG,
    "a page that is typed as HTML around a drawing": b"<!DOCTYPE html>" + SVG,
    "a fragment": b"<br />\n<b>Fatal error</b>: out of memory",
    "a script": b"<script>location='/login'</script>",
    "a comment before a page": b"<!-- <svg> --><html>",
    "an error of a store": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "an error of a store without a declaration": b"<Error><Code>NoSuchKey</Code></Error>",
    "an element that begins like svg": b"<svgx/>",
    "a drawing within": b"<root>" + SVG + b"</root>",
    "XHTML": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "JSON": b'{"error": "forbidden"}',
    "a list in JSON": b"[]",
    "an empty object": b"{}",
    "a JSON text": b'"gone"',
    "null": b"null",
    "a word": b"denied",
    "a sentence": b"Internal Server Error\n",
    "a sentence in UTF-8": "Zugriff verweigert f\u00fcr dich".encode(),
    "a sentence in Latin-1": "Zugriff verweigert f\u00fcr dich".encode("latin-1"),
    "a sentence in another script": "\u041d\u0435\u0442 \u0434\u043e\u0441\u0442\u0443\u043f\u0430".encode(),
    "a sentence in UTF-16": "Not found".encode("utf-16"),
    "a page in UTF-16": "<html>".encode("utf-16"),
    "a page in UTF-16 without a mark": "<html>".encode("utf-16-be"),
    "a long text": b"words and words\n" * 10_000,
    "a character that is cut": b"x" * (HEAD_BYTES - 1) + "\u00e9".encode(),
    "white space": b" \r\n",
    "base64": b"iVBORw0KGgoAAAANSUhEUg==",
    "a data URL": b"data:image/png;base64,iVBORw0KGgo=",
    "a word that begins like an image": b"BMW is not available",
    "another": b"P3 is sold out",
    "a comment that is not closed": b"<!-- " + b"x" * 1000,
    "a type that is not closed": b"<!DOCTYPE svg [" + b"]" * 20_000,
    "a page after a long comment": b"<!--" + b"x" * 100_000 + b"-->" + SVG,
}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("body", IMAGES.values(), ids=IMAGES)
def test_an_image_is_one_whatever_its_label(body: bytes, label: str | None) -> None:
    assert complaint(label, body[:HEAD_BYTES]) is None


@pytest.mark.parametrize("label", [*LABELS, "image/svg+xml; charset=utf-8"])
@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_a_page_is_no_image_whatever_its_label(body: bytes, label: str | None) -> None:
    said = complaint(label, body[:HEAD_BYTES])
    assert said is not None
    assert "not an image" in said


@pytest.mark.parametrize("body", UNKNOWN.values(), ids=UNKNOWN)
def test_bytes_of_an_unknown_kind_are_taken_unless_they_are_labelled_as_a_document(body: bytes) -> None:
    for label in (None, "image/x-new", "application/octet-stream", "text/plain", "video/mp4", "image/svg+xml"):
        assert complaint(label, body) is None
    for label in ("text/html", "TEXT/HTML; charset=utf-8", "application/json", "application/problem+json", "text/xml"):
        assert complaint(label, body) is not None


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        shop.put(7, (1, "a.png", PNG))
        yield shop


@pytest.mark.parametrize("label", [None, "text/html; charset=utf-8", "image/png"])
def test_a_page_in_an_image_s_place_is_noted_and_the_image_is_had_by_the_next_run(
    kind: Kind, shop: Shop, tmp_path: Path, label: str | None
) -> None:
    shop.pages["/files/7/1"] = serve(PAGES["a log-in page"], {"Content-Type": label} if label else None)
    report = run_mirror(kind, shop.url, tmp_path, mode="URL")
    said = f" (Content-Type: {label.partition(';')[0]})" if label else ""
    assert report.problems == (f"image 1 of '7': the server sent a page in HTML or XML, not an image{said}",)
    assert (report.complete, images(tmp_path), len(shop.requests("/files/7/1"))) == (False, {}, 1)
    shop.pages["/files/7/1"] = serve(PNG)
    assert run_mirror(kind, shop.url, tmp_path, mode="URL").complete
    assert images(tmp_path) == {"7/1-a.png": PNG}


def test_a_page_in_an_image_s_place_leaves_the_older_image(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    run_mirror(kind, shop.url, tmp_path, mode="URL")
    shop.put(7, (1, "a.png", b"Bad gateway"))
    assert run_mirror(kind, shop.url, tmp_path, mode="URL").pending == 1
    assert images(tmp_path) == {"7/1-a.png": PNG}
