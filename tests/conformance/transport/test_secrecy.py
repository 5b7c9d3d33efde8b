from __future__ import annotations

import base64

import pytest

from echoing_server import forms
from twinwire_conformance.model import Request
from twinwire_conformance.transport.secrecy import PIECE, Secrets


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
