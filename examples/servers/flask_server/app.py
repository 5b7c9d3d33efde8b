"""The feed in Flask: lenient request arguments, jsonify, and the XML sample as a Jinja template."""

import argparse
import base64
import logging
from datetime import UTC, datetime, timedelta

from flask import Flask, Response, abort, jsonify, render_template_string, request, url_for
from werkzeug.serving import make_server

from shop_products import load_products

app = Flask(__name__)
app.json.sort_keys = False  # keep the members in the vendor's order

MIME_TYPES = ["application/json", "text/json", "application/xml", "text/xml"]

# Flask escapes values in templates that are given as strings.
XML = """<?xml version="1.0" encoding="utf-8"?>
<result returncode="{{ returncode }}" returnmsg="{{ returnmsg }}" version="{{ version }}" token="{{ token }}" \
count="{{ count }}" queuecount="{{ queuecount }}">
{% for warning in warnings %}<warnings>{{ warning }}</warnings>
{% endfor %}{% for item in product %}<product product_id="{{ item.product_id }}">
{% for image in item.imagesURL %}<imagesURL sequence="{{ image.sequence }}" \
imagefilename="{{ image.imagefilename }}" imageURL="{{ image.imageURL }}" />
{% endfor %}<images>
{% for image in item.images.image %}<image sequence="{{ image.sequence }}" \
imagefilename="{{ image.imagefilename }}" binaryimage="{{ image.binaryimage }}" />
{% endfor %}</images>
</product>
{% endfor %}</result>
"""


def _with_modification_times():
    # The shop's nightly imports store several products within one second.
    moment = datetime(2024, 5, 1, 3, 0, tzinfo=UTC)
    for index, product in enumerate(load_products(2025)):
        if index % 3 == 0:
            moment += timedelta(seconds=1)
        yield moment, product


PRODUCTS = list(_with_modification_times())
BY_ID = {product.product_id: product for _, product in PRODUCTS}


def render_product(product, as_url):
    """Return one product as a response represents it."""
    links, images = [], []
    for image in product.images:
        entry = {"sequence": image.sequence, "imagefilename": image.filename}
        if as_url:
            location = url_for("download", product_id=product.product_id, sequence=image.sequence, _external=True)
            links.append(entry | {"imageURL": location})
        else:
            images.append(entry | {"binaryimage": base64.b64encode(image.content).decode("ascii")})
    return {"product_id": product.product_id, "imagesURL": links, "images": {"image": images}}


@app.get("/products/images")
def product_images():
    """Return the products modified after the token, which is the time of the last one loaded."""
    token = request.args.get("token", 0, type=int)
    count = request.args.get("count", 100, type=int)
    options = request.args.get("options", "")
    count = max(1, min(count, 500))

    modified = [(int(moment.timestamp()), product) for moment, product in PRODUCTS if moment.timestamp() > token]
    page = modified[:count]
    result = {
        "product": [render_product(product, options.upper() == "URL") for _, product in page],
        "token": str(page[-1][0]) if page else str(token),
        "count": len(page),
        "queuecount": len(modified) - len(page),
        "returncode": 0,
        "returnmsg": "",
        "warnings": [],
        "version": "1.0",
    }
    mime_type = request.accept_mimetypes.best_match(MIME_TYPES, default="application/json")
    if mime_type.endswith("xml"):
        return Response(render_template_string(XML, **result), mimetype=mime_type)
    return jsonify(result)


@app.get("/images/<int:product_id>/<int:sequence>")
def download(product_id, sequence):
    """Return the bytes of one image."""
    product = BY_ID.get(product_id) or abort(404)
    for image in product.images:
        if image.sequence == sequence:
            return Response(image.content, mimetype=image.media_type)
    return abort(404)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    # werkzeug logs every request on the console.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", parser.parse_args().port, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
