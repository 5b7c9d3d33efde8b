"""Hypothesis strategies for valid results of the generated SDK."""

from __future__ import annotations

import re
from typing import TypeVar

from hypothesis import strategies as st

from product_images.models import Image, Images, ImagesResult, ImageURL, ProductImage

T = TypeVar("T")

INT64 = st.one_of(st.sampled_from([-(2**63), 2**63 - 1, 0, -1, 2**53 + 1]), st.integers(-(2**63), 2**63 - 1))

# XML 1.0, production 2: the characters that a document can contain.
_XML = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_SPITEFUL = st.text(alphabet="\t\n\r \"'<>&];\u0085\u00a0\u2028\ufeff\ufffd\ud7ff\ue000\U0010ffff\U0001f600", max_size=12)
_ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda text: bool(_XML.fullmatch(text)))
TEXTS = st.one_of(_SPITEFUL, _ANY)


def _tuples(items: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, max_size=3).map(tuple)


IMAGE = st.builds(Image, sequence=INT64, imagefilename=TEXTS, binaryimage=st.binary(max_size=40))
LINK = st.builds(ImageURL, sequence=INT64, imagefilename=TEXTS, image_url=TEXTS)
PRODUCT = st.builds(
    ProductImage,
    product_id=INT64,
    images_url=_tuples(LINK),
    images=st.none() | st.builds(Images, image=_tuples(IMAGE)),
)
RESULT = st.builds(
    ImagesResult,
    product=_tuples(PRODUCT),
    token=st.none() | TEXTS,
    count=st.none() | INT64,
    queuecount=st.none() | INT64,
    returncode=INT64,
    returnmsg=st.none() | TEXTS,
    warnings=_tuples(TEXTS),
    version=st.none() | TEXTS,
)
