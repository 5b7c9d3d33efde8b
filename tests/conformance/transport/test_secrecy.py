"""Redaction: secrets are hidden in every encoding, charset and truncation."""

from __future__ import annotations

import base64
import html
import itertools
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from echoing_server import forms
from twinwire_conformance.model import Request
from twinwire_conformance.transport.redaction import PIECE, Secrets


@pytest.mark.parametrize("secret", ["canary-one", "can\"ary/t'wo&<x>", "canary thrée €", "canary\\four$!`", "p😀ssword"])
def test_a_secret_is_hidden_in_every_form(secret: str) -> None:
    secrets = Secrets([secret])
    for form in forms(secret):
        shown = secrets.text(f"<<{form}>>")
        assert "***" in shown, form
        assert secret not in shown


@pytest.mark.parametrize(
    ("encoding", "secret"), [("utf-16-le", "canary-one"), ("utf-16-be", "canary-one"), ("latin-1", "canary thrée")]
)
def test_a_secret_is_hidden_in_other_charsets(encoding: str, secret: str) -> None:
    shown = b"".join(Secrets([secret]).pieces(f"x {secret} x".encode(encoding)))
    assert shown.decode(encoding) == "x *** x"


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("Bearer canary-one", "canary-one"),
        ("token abcd", "abcd"),
        (f"Basic {base64.b64encode(b'user:canary').decode()}", "user:canary"),
        (f"Basic {base64.b64encode(b'user:canary').decode()}", "canary"),
        (f"Basic {base64.b64encode(b'user:canary').decode()}", base64.b64encode(b"user:canary").decode()),
    ],
)
def test_the_secret_part_of_a_credential_is_hidden_by_itself(value: str, part: str) -> None:
    assert Secrets([value]).text(f"no {part}!") == "no ***!"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        # Short secrets are hidden only as whole words, because they may occur in ordinary text.
        ("demo", "a demo, demos, %20demo%20 \\ndemo 1demo", "a ***, demos, %20***%20 \\n*** 1demo"),
        ("abc", "abc abcd", "abc abcd"),
        ("longer-one", "xlonger-onex", "x***x"),
        ("one.regex", "one-regex", "one-regex"),
    ],
)
def test_a_short_secret_does_not_deface_what_merely_looks_like_it(secret: str, text: str, shown: str) -> None:
    assert Secrets([secret]).text(text) == shown


@pytest.mark.parametrize("text", ["got 'canary-on…'", "got canary-on", "got 'canary-on'", "got canary-on\nmore"])
def test_a_secret_that_was_cut_short_is_hidden(text: str) -> None:
    secrets = Secrets(["canary-one"])
    assert secrets.text(text) == text.replace("canary-on", "***")
    assert secrets.text("canary-on the roof") == "canary-on the roof"


def test_the_longest_of_overlapping_secrets_is_hidden_whole() -> None:
    assert Secrets(["canary-one", "canary-one-and-more", "more-of-it"]).text("canary-one-and-more-of-it.") == "***."


def _everywhere(secret: str) -> Iterator[tuple[str, str]]:
    codings: list[tuple[str, Callable[[str], str]]] = [
        ("percent", lambda text: quote(text, safe="")),
        ("all percent", lambda text: "".join(f"%{byte:02x}" for byte in text.encode())),
        ("JSON", lambda text: json.dumps(text)[1:-1]),
        ("all JSON", lambda text: "".join(f"\\u{ord(char):04x}" for char in text)),
        ("HTML", html.escape),
        ("all HTML", lambda text: "".join(f"&#{ord(char)};" for char in text)),
        ("base64", lambda text: base64.b64encode(text.encode()).decode()),
        ("base64 amid", lambda text: base64.b64encode(f"xy={text}!".encode()).decode()),
        ("base64url", lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")),
        ("hexadecimal", lambda text: text.encode().hex()),
        ("capitals", str.upper),
    ]
    # Every pair of encodings, one inside the other.
    for (inner, first), (outer, second) in itertools.product(codings, codings):
        if (inner, outer) not in LOST:
            yield f"{inner} in {outer}", second(first(secret))


# Base64 in upper case cannot be decoded, so surrounding bytes make it unrecognisable.
LOST = {("base64 amid", "capitals")}


@pytest.mark.parametrize("secret", ["canary-one/x+y==zz", "sk_live_4242ABCDef&<9>", "\\" * 8 + "four"])
def test_a_secret_is_hidden_behind_two_codings(secret: str) -> None:
    secrets = Secrets([secret])
    assert [name for name, text in _everywhere(secret) if "***" not in secrets.text(f"<<{text}>>")] == []


@pytest.mark.parametrize(
    "echo", ["MY SECRET?Session", "my+secret%09session", "my secretsession", "my secret session", "my secret\\tsession"]
)
def test_a_lossy_echo_of_a_secret_is_hidden(echo: str) -> None:
    assert Secrets(["  my secret\tsession "]).text(f"<{echo}>") == "<***>"


@pytest.mark.parametrize("part", ["abcdef0123456789", "ABCDEF0123456789", "dark-mode-x"])
def test_the_value_of_each_cookie_is_hidden(part: str) -> None:
    assert Secrets(['a=1; sid=abcdef0123456789; theme="dark-mode-x"']).text(f"no {part}!") == "no ***!"


@pytest.mark.parametrize("text", ["x abcd…", "x abcdef012…", "x %61%62%63%64%65…", "… f0123456789 x".replace("… ", "…")])
def test_a_beginning_or_an_end_of_a_secret_is_hidden_where_a_text_was_cut(text: str) -> None:
    assert "***" in Secrets(["abcdef0123456789"]).text(text)


def test_a_secret_of_backslashes_is_searched_in_linear_time() -> None:
    # A pattern that backtracks would take quadratic time here.
    secrets = Secrets(["\\" * 8 + "x"])
    assert secrets.text("\\" * 4000 + "y").endswith("y")


@pytest.mark.parametrize("offset", [-40, -9, -5, -1, 0, 1])
def test_a_secret_across_two_pieces_of_a_large_body_is_hidden(offset: int) -> None:
    body = b"x" * (PIECE + offset) + b"canary-one" + b"y" * (2 * PIECE)
    shown = b"".join(Secrets(["canary-one"]).pieces(body))
    assert shown == body.replace(b"canary-one", b"***")


def test_without_secrets_nothing_changes() -> None:
    text = "a\udcff\u20ac"
    assert Secrets().text(text) == text
    assert Secrets(["canary"]).text(text) == text
    assert Secrets(["canary"]).text("\ud800 canary") == "\ud800 ***"


def test_a_session_of_any_length_is_masked_where_it_is_sent() -> None:
    secrets = Secrets(["1"], ("session", "1"))
    request = Request((("count", "1"), ("session", "1")))
    assert secrets.mask(request).params == (("count", "1"), ("session", "***"))
