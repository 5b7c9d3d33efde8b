# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The contract as data: the field plan of each model, the plan of the feed, and the parameters."""

from __future__ import annotations

from ._parameter import Parameter
from ._plan import FeedPlan, Member, ModePlan, Shape

IMAGE_URL = Shape(
    element="imagesURL",
    members=(
        Member("sequence", "sequence", "integer", "sequence", attribute=True, required=True),
        Member("imagefilename", "imagefilename", "string", "imagefilename", attribute=True, required=True),
        Member("image_url", "imageURL", "uri", "imageURL", attribute=True, required=True),
    ),
)

IMAGE = Shape(
    element="image",
    members=(
        Member("sequence", "sequence", "integer", "sequence", attribute=True, required=True),
        Member("imagefilename", "imagefilename", "string", "imagefilename", attribute=True, required=True),
        Member("binaryimage", "binaryimage", "binary", "binaryimage", attribute=True, required=True),
    ),
)

IMAGES = Shape(
    element="images",
    members=(Member("image", "image", "model", "image", many=True, shape=IMAGE),),
)

PRODUCT_IMAGE = Shape(
    element="product",
    members=(
        Member("product_id", "product_id", "integer", "product_id", attribute=True, required=True),
        Member("images_url", "imagesURL", "model", "imagesURL", many=True, shape=IMAGE_URL),
        Member("images", "images", "model", "images", shape=IMAGES),
    ),
)

IMAGES_RESULT = Shape(
    element="result",
    members=(
        Member("product", "product", "model", "product", many=True, shape=PRODUCT_IMAGE),
        Member("token", "token", "string", "token", attribute=True),
        Member("count", "count", "integer", "count", attribute=True),
        Member("queuecount", "queuecount", "integer", "queuecount", attribute=True),
        Member("returncode", "returncode", "integer", "returncode", attribute=True, required=True),
        Member("returnmsg", "returnmsg", "string", "returnmsg", attribute=True),
        Member("warnings", "warnings", "string", "warnings", many=True),
        Member("version", "version", "string", "version", attribute=True),
    ),
)

FEED = FeedPlan(
    path="/products/images",
    entries="product",
    key="product_id",
    cursor="token",
    cursor_wire="token",
    cursor_parameter="token",
    limit_parameter="count",
    session_parameter="session",
    start=("", "0"),
    remaining="queuecount",
    code="returncode",
    success=0,
    message="returnmsg",
    warnings="warnings",
    complete={"count": "count", "queuecount": "queuecount", "returncode": "returncode"},
    media_types={
        "application/json": "json",
        "text/json": "json",
        "application/x-www-form-urlencoded": "json",
        "application/xml": "xml",
        "text/xml": "xml",
    },
    accept={"json": "application/json", "xml": "application/xml"},
    mode_parameter="options",
    modes=(
        ModePlan(
            "binary",
            None,
            ("images", "image"),
            "binaryimage",
            False,
            position="sequence",
            filename="imagefilename",
        ),
        ModePlan(
            "URL",
            "URL",
            ("images_url",),
            "image_url",
            True,
            position="sequence",
            filename="imagefilename",
        ),
    ),
)

PARAMETERS = (
    Parameter("token", "token", "integer", empty_is_absent=True),
    Parameter("count", "count", "integer", minimum=1, maximum=500, empty_is_absent=True),
    Parameter("session", "session", "string", min_length=0, max_length=100, secret=True),
    Parameter("options", "options", "string", min_length=0, max_length=100),
)
