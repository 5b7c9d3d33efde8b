"""Model to representation and back, for every valid result."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import lxml.etree
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

import product_images
from product_images import EncodeError, ImagesResult, decode_json, decode_xml, encode_json, encode_xml
from product_images.models import Image, Images, ProductImage
from sdk_results import RESULT

SCHEMAS = Path(product_images.__file__ or "").parent / "schemas"
VALIDATOR = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "ImagesResult.schema.json").read_text("utf-8")))
BY_XMLSCHEMA = xmlschema.XMLSchema10(str(SCHEMAS / "ImagesResult.xsd"))
BY_LXML = lxml.etree.XMLSchema(lxml.etree.parse(SCHEMAS / "ImagesResult.xsd"))

# What XML 1.0 has no way to write, not even as a character reference.
NOT_XML = st.sampled_from([*map(chr, range(9)), "\x0b", "\x0c", "\x0e", "\x1f", "\ufffe", "\uffff"])


@settings(deadline=None)
@given(RESULT)
def test_json_brings_back_what_was_written(result: ImagesResult) -> None:
    assert decode_json(encode_json(result)) == result


@settings(deadline=None)
@given(RESULT)
def test_xml_brings_back_what_was_written(result: ImagesResult) -> None:
    assert decode_xml(encode_xml(result)) == result


@settings(deadline=None)
@given(RESULT)
def test_a_result_is_the_same_by_way_of_either_representation(result: ImagesResult) -> None:
    assert decode_xml(encode_xml(decode_json(encode_json(result)))) == decode_json(encode_json(decode_xml(encode_xml(result))))


@settings(deadline=None)
@given(RESULT)
def test_independent_parsers_read_the_same_texts(result: ImagesResult) -> None:
    root = lxml.etree.fromstring(encode_xml(result))
    tree = json.loads(encode_json(result))
    assert [item.text or "" for item in root.iter("warnings")] == tree.get("warnings", []) == list(result.warnings)
    assert root.get("returnmsg") == tree.get("returnmsg") == result.returnmsg
    assert root.get("returncode") == str(tree["returncode"]) == str(result.returncode)


@settings(deadline=None)
@given(RESULT.filter(lambda result: result.returncode != 0))
def test_what_is_written_is_valid_against_the_packaged_schemas(result: ImagesResult) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(encode_json(result)))) == []
    document = encode_xml(result)
    assert list(BY_XMLSCHEMA.iter_errors(document.decode())) == []
    assert BY_LXML.validate(lxml.etree.fromstring(document)), BY_LXML.error_log


@settings(deadline=None)
@given(NOT_XML, st.text(alphabet="ab", max_size=3))
def test_what_xml_cannot_carry_is_refused_and_json_carries_it(char: str, before: str) -> None:
    image = Image(sequence=1, imagefilename=before + char, binaryimage=b"")
    result = ImagesResult(returncode=0, product=(ProductImage(product_id=1, images=Images(image=(image,))),))
    with pytest.raises(EncodeError, match=rf"U\+{ord(char):04X}, character {len(before)} of the text") as caught:
        encode_xml(result)
    assert caught.value.path == "$.product[0].images.image[0].imagefilename"
    assert decode_json(encode_json(result)) == result


@pytest.mark.parametrize("encode", [encode_json, encode_xml])
@pytest.mark.parametrize("surrogate", [0xD800, 0xDFFF])
def test_no_representation_carries_a_lone_surrogate(encode: object, surrogate: int) -> None:
    assert callable(encode)
    with pytest.raises(EncodeError, match=rf"U\+{surrogate:04X}") as caught:
        encode(ImagesResult(returncode=0, warnings=("fine", f"a{chr(surrogate)}")))
    assert caught.value.path == "$.warnings[1]"


@pytest.mark.parametrize("encode", [encode_json, encode_xml])
@pytest.mark.parametrize(
    ("member", "value", "problem"),
    [
        ("returncode", 2**63, "integer from"),
        ("returncode", -(2**63) - 1, "integer from"),
        ("returncode", None, "expected integer, got nothing"),
        ("returncode", True, "expected integer, got bool"),
        ("returncode", 1.0, "expected integer, got float"),
        ("token", 5, "expected string, got int"),
        ("warnings", "text", "expected a tuple, got str"),
        ("product", None, "expected a tuple, got nothing"),
        ("product", ({"product_id": 1},), "expected an object, got dict"),
    ],
)
def test_a_result_that_breaks_its_own_types_is_refused(encode: object, member: str, value: object, problem: str) -> None:
    assert callable(encode)
    members = {"returncode": 0, member: value}
    with pytest.raises(EncodeError, match=problem) as caught:
        encode(ImagesResult(**members))  # type: ignore[arg-type]
    assert caught.value.path.startswith(f"$.{member}")


def test_verbatim_base64_that_is_no_text_is_refused() -> None:
    image = Image(sequence=1, imagefilename="a", binaryimage=b"\xff")
    result = ImagesResult(returncode=0, product=(ProductImage(product_id=1, images=Images(image=(image,))),))
    for encode in (encode_json, encode_xml):
        with pytest.raises(EncodeError, match="verbatim"):
            encode(result, verbatim_base64=True)


@settings(deadline=None)
@given(RESULT.map(encode_json))
def test_verbatim_base64_is_the_text_that_came(document: bytes) -> None:
    result = decode_json(document, verbatim_base64=True)
    assert decode_json(encode_json(result, verbatim_base64=True)) == decode_json(document)
    assert decode_xml(encode_xml(result, verbatim_base64=True)) == decode_json(document)
