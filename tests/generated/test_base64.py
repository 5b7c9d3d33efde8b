"""Base64 in three ways, each the same in both representations, on short values and on long ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from product_images import DecodeError, ImagesResult, ParameterError, decode_json, decode_xml
from product_images._base64 import lenient, strict
from sdk_clients import URL, Driver, raw

PATH = "$.product[0].images.image[0].binaryimage"
LONG = bytes(range(256)) * 40


def in_json(text: str, **how: Any) -> ImagesResult:
    image = {"sequence": 1, "imagefilename": "a", "binaryimage": text}
    return decode_json(json.dumps({"returncode": 0, "product": [{"product_id": 1, "images": {"image": [image]}}]}), **how)


def in_xml(text: str, **how: Any) -> ImagesResult:
    image = f'<image sequence="1" imagefilename="a" binaryimage="{text}"/>'
    return decode_xml(f'<result returncode="0"><product product_id="1"><images>{image}</images></product></result>', **how)


both = pytest.mark.parametrize("decode", [in_json, in_xml])


def content(result: ImagesResult) -> bytes:
    images = result.product[0].images
    assert images is not None
    return images.image[0].binaryimage


def wrapped(value: bytes, ending: str) -> str:
    return ending.join(base64.encodebytes(value).decode().splitlines())


@both
@pytest.mark.parametrize("value", [b"hi", LONG])
@pytest.mark.parametrize(
    "spell",
    [
        lambda value: wrapped(value, "\r\n"),
        lambda value: wrapped(value, "\n"),
        lambda value: f"\n  {wrapped(value, chr(10) + chr(9))}\n",
        lambda value: base64.b64encode(value).decode().rstrip("="),
        lambda value: base64.b64encode(value).decode(),
    ],
)
def test_wrapped_lines_and_lost_padding_are_read_when_asked_to(
    decode: Callable[..., ImagesResult], spell: Callable[[bytes], str], value: bytes
) -> None:
    assert content(decode(spell(value), lenient_base64=True)) == value


@both
@pytest.mark.parametrize("text", ["aGk", "aG\nk=", " aGk=", wrapped(LONG, "\n"), base64.b64encode(LONG + b"x").decode()[:-1]])
def test_neither_is_read_when_not_asked_to(decode: Callable[..., ImagesResult], text: str) -> None:
    with pytest.raises(DecodeError, match="Invalid base64") as caught:
        decode(text)
    assert caught.value.path == PATH


@both
@pytest.mark.parametrize(
    "text", ["a", "aGk==", "a-_=", "aGk=aGk=", "====", "=", "\u00e9", "aGk=\u00a0", base64.b64encode(LONG).decode() + "-"]
)
def test_lenient_is_not_careless(decode: Callable[..., ImagesResult], text: str) -> None:
    with pytest.raises(DecodeError, match="Invalid base64") as caught:
        decode(text, lenient_base64=True)
    assert caught.value.path == PATH


@pytest.mark.parametrize("value", [b"hi", LONG])
@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\0"])
def test_what_no_json_string_may_hold_is_not_lenient_base64(value: bytes, character: str) -> None:
    text = base64.b64encode(value).decode()
    image = f'{{"sequence":1,"imagefilename":"a","binaryimage":"{text[:2]}{character}{text[2:]}"}}'
    document = f'{{"returncode":0,"product":[{{"product_id":1,"images":{{"image":[{image}]}}}}]}}'
    with pytest.raises(DecodeError, match="invalid character"):
        decode_json(document, lenient_base64=True)


@both
@pytest.mark.parametrize("text", ["no base64", "aGk", base64.b64encode(LONG).decode()])
def test_verbatim_is_the_text_itself(decode: Callable[..., ImagesResult], text: str) -> None:
    assert content(decode(text, verbatim_base64=True)) == text.encode()


@both
def test_verbatim_and_lenient_go_against_each_other(decode: Callable[..., ImagesResult]) -> None:
    with pytest.raises(ParameterError, match="lenient_base64: cannot go with verbatim_base64"):
        decode("", verbatim_base64=True, lenient_base64=True)


def test_a_client_is_lenient_when_told_to(driver: Driver, network: respx.MockRouter) -> None:
    image = {"sequence": 1, "imagefilename": "a", "binaryimage": "aG\r\nk"}
    members = {"returncode": 0, "count": 1, "queuecount": 0, "token": "1"}
    network.get(URL).mock(return_value=raw({**members, "product": [{"product_id": 1, "images": {"image": [image]}}]}))
    with pytest.raises(DecodeError, match="base64"):
        driver.get()
    assert content(driver.configured(lenient_base64=True).get()) == b"hi"
    with pytest.raises(ParameterError, match="lenient_base64"):
        driver.configured(verbatim_base64=True).get()


@given(st.text("AQgw+/=\n é", max_size=12) | st.binary(max_size=9).map(lambda value: base64.b64encode(value).decode()))
def test_every_decoder_takes_the_same_base64(text: str) -> None:
    def outcome(decode: Callable[[], bytes]) -> bytes | None:
        try:
            return decode()
        except ValueError:
            return None

    expected = outcome(lambda: strict(text))
    assert outcome(lambda: msgspec.convert(text, bytes)) == expected
    assert outcome(lambda: strict(memoryview(text.encode()))) == expected
    if expected is not None:
        assert lenient(text) == expected
