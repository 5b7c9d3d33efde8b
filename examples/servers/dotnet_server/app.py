"""The feed in the manner of ASP.NET Web API: model binding, Newtonsoft's nulls, XmlSerializer's namespaces."""

import argparse
import base64
import json
import re
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import quoteattr

from shop_products import load_products

MEDIA_TYPES = ("application/json", "text/json", "application/xml", "text/xml")
NAMESPACES = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
ROW_VERSION = 638_500_000_000_000_000  # DateTime.Ticks of the shop's first change

ROWS = [(ROW_VERSION + 10_000_019 * index, product) for index, product in enumerate(load_products(2028))]
PRODUCTS = {product.product_id: product for _, product in ROWS}


class ModelStateError(Exception):
    """A parameter that cannot be bound, as in BadRequest(ModelState)."""


def bind(query, name, bits, default):
    """Bind one integer of the query string as Int32 or Int64."""
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", text, re.ASCII):
        raise ModelStateError(name, f"The value '{text}' is not valid for {name}.")
    value = int(text)
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        return default
    return value


def negotiate(accept):
    """Choose the formatter as DefaultContentNegotiator does: the highest quality first, JSON if nothing matches."""
    ranges = []
    for item in (accept or "*/*").split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if re.fullmatch(r"[01](\.[0-9]*)?", quality) and float(quality):
            ranges.append((float(quality), name.lower()))
    for _, name in sorted(ranges, key=lambda item: -item[0]):
        for media_type in MEDIA_TYPES:
            if media_type == name or (name.endswith("*") and fnmatch(media_type, name)):
                return media_type
    return MEDIA_TYPES[0]


def attributes(members):
    """Encode members as attributes; XmlSerializer leaves out nulls."""
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in members.items() if value is not None)


def xml_serialize(result):
    """Serialize an ImagesResult as XmlSerializer does."""
    root = {name: value for name, value in result.items() if name not in {"product", "warnings"}}
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<result {NAMESPACES}{attributes(root)}>"]
    lines += [f"  <warnings>{warning}</warnings>" for warning in result["warnings"] or ()]
    for product in result["product"]:
        lines.append(f"  <product{attributes({'product_id': product['product_id']})}>")
        lines += [f"    <imagesURL{attributes(link)} />" for link in product["imagesURL"] or ()]
        if product["images"]:
            lines.append("    <images>")
            lines += [f"      <image{attributes(image)} />" for image in product["images"]["image"]]
            lines.append("    </images>")
        lines.append("  </product>")
    lines.append("</result>")
    return "\r\n".join(lines)


class ProductsController(BaseHTTPRequestHandler):
    """The controller, on a request handler of the standard library."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Route a request."""
        parts = urlsplit(self.path)
        # Web API binds parameters and matches routes without regard to case.
        query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=False)}
        route = parts.path.lower().strip("/").split("/")
        if route == ["products", "images"]:
            try:
                self.ok(self.get_images(query))
            except ModelStateError as error:
                name, message = error.args
                self.bad_request({name: [message]})
        elif route[0] == "files" and len(route) == 3 and (image := self.find(*route[1:])):
            self.send(200, image.media_type, image.content)
        else:
            body = {"Message": f"No HTTP resource was found that matches the request URI '{self.path}'."}
            self.send(404, "application/json; charset=utf-8", json.dumps(body).encode())

    def get_images(self, query):
        """GetImages(long token = 0, [Range(1, 500)] int count = 100, string session = null, string options = null)."""
        token = bind(query, "token", 64, 0)
        count = bind(query, "count", 32, 100)
        if not 1 <= count <= 500:
            raise ModelStateError("count", "The field count must be between 1 and 500.")
        for name in ("session", "options"):
            if len(query.get(name, "").encode("utf-16-le")) // 2 > 100:  # [StringLength(100)] of a .NET string
                raise ModelStateError(name, f"The field {name} must be a string with a maximum length of 100.")
        rows = [row for row in ROWS if row[0] > token]
        page = rows[:count]
        as_url = query.get("options", "").lower() == "url"
        return {
            "product": [self.product_image(product, as_url) for _, product in page],
            "token": str(page[-1][0]) if page else str(token),
            "count": len(page),
            "queuecount": len(rows) - len(page),
            "returncode": 0,
            "returnmsg": None,
            "warnings": None,
            "version": "1.0.0.0",
        }

    def product_image(self, product, as_url):
        """Return one product. The list of the other content mode stays null."""
        links, images = [], []
        for image in product.images:
            entry = {"sequence": image.sequence, "imagefilename": image.filename}
            location = f"http://{self.headers['Host']}/files/{product.product_id}/{image.sequence}"
            links.append({**entry, "imageURL": location})
            images.append({**entry, "binaryimage": base64.b64encode(image.content).decode()})
        return {
            "product_id": product.product_id,
            "imagesURL": links if as_url else None,
            "images": None if as_url else {"image": images},
        }

    def find(self, product_id, sequence):
        """Return the image that a link leads to, or None."""
        product = PRODUCTS.get(int(product_id)) if product_id.isdigit() else None
        return next((image for image in product.images if str(image.sequence) == sequence), None) if product else None

    def ok(self, result):
        """Ok(result) in the negotiated format."""
        media_type = negotiate(self.headers.get("Accept"))
        text = xml_serialize(result) if media_type.endswith("xml") else json.dumps(result, ensure_ascii=False)
        self.send(200, f"{media_type}; charset=utf-8", text.encode())

    def bad_request(self, model_state):
        """BadRequest(ModelState) in the negotiated format."""
        media_type = negotiate(self.headers.get("Accept"))
        if media_type.endswith("xml"):
            text = "<Error><Message>The request is invalid.</Message></Error>"
        else:
            text = json.dumps({"Message": "The request is invalid.", "ModelState": model_state})
        self.send(400, f"{media_type}; charset=utf-8", text.encode())

    def send(self, status, content_type, body):
        """Send one response."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Write no log."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), ProductsController)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
