"""The vendor's two samples. Their values are placeholders, so their base64 stays text."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import lxml.etree
import pytest
import xmlschema

import product_images
from product_images import DecodeError, ImagesResult, decode_json, decode_xml, encode_json, encode_xml

ROOT = Path(__file__).parents[2]
JSON = (ROOT / "spec/sample.json").read_bytes()
XML = (ROOT / "spec/sample.xml").read_bytes()
SCHEMAS = Path(product_images.__file__ or "").parent / "schemas"


@pytest.fixture
def sample() -> ImagesResult:
    return decode_json(JSON, verbatim_base64=True)


def test_both_decode_to_equal_values(sample: ImagesResult) -> None:
    assert decode_xml(XML, verbatim_base64=True) == sample
    assert [product.product_id for product in sample.product] == [1, 1]
    assert sample.product[0].images is not None
    assert sample.product[0].images.image[1].binaryimage == b"sample string 3"
    assert sample.product[1].images_url[0].image_url == "sample string 3"
    assert (sample.token, sample.count, sample.queuecount, sample.returncode) == ("sample string 1", 2, 3, 4)
    assert (sample.returnmsg, sample.version) == ("sample string 5", "sample string 6")
    assert sample.warnings == ("sample string 1", "sample string 2")


def test_both_encode_again_to_what_they_were(sample: ImagesResult) -> None:
    assert json.loads(encode_json(sample, verbatim_base64=True)) == json.loads(JSON)
    again = encode_xml(sample, verbatim_base64=True)
    assert decode_xml(again, verbatim_base64=True) == sample
    # The sample's elements stand in another order, which means nothing, so each sort is compared for itself.
    ours, theirs = (lxml.etree.fromstring(document) for document in (again, XML))
    for tag in ("product", "warnings", "imagesURL", "image"):
        assert [dict(item.attrib) for item in ours.iter(tag)] == [dict(item.attrib) for item in theirs.iter(tag)]
    assert dict(ours.attrib) == dict(theirs.attrib)


def test_both_and_what_becomes_of_them_are_valid_against_the_packaged_schemas(sample: ImagesResult) -> None:
    schema = json.loads((SCHEMAS / "ImagesResult.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    by_xmlschema = xmlschema.XMLSchema10(str(SCHEMAS / "ImagesResult.xsd"))
    by_lxml = lxml.etree.XMLSchema(lxml.etree.parse(SCHEMAS / "ImagesResult.xsd"))
    for document in (JSON, encode_json(sample, verbatim_base64=True)):
        assert list(validator.iter_errors(json.loads(document))) == []
    for document in (XML, encode_xml(sample, verbatim_base64=True)):
        assert list(by_xmlschema.iter_errors(document.decode())) == []
        assert by_lxml.validate(lxml.etree.fromstring(document)), by_lxml.error_log


@pytest.mark.parametrize(("decode", "document"), [(decode_json, JSON), (decode_xml, XML)])
def test_strictly_decoded_their_placeholders_are_no_base64(decode: object, document: bytes) -> None:
    assert callable(decode)
    with pytest.raises(DecodeError, match="base64") as caught:
        decode(document)
    assert caught.value.path == "$.product[0].images.image[0].binaryimage"
