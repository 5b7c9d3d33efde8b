"""The feed in Django, in one file: a view that reads request.GET, JsonResponse, and XML by Django's own generator."""

import argparse
import base64
import io
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import path, reverse
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_GET

from shop_products import load_products

# A single-file project without a settings module.
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="an example has no secret",  # noqa: S106 - it signs nothing
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)

FIRST_TOKEN = 5001
QUEUE = [(FIRST_TOKEN + 3 * index, product) for index, product in enumerate(load_products(2026))]
PRODUCTS = {product.product_id: product for _, product in QUEUE}


def as_xml(result):
    """Encode a page in the form of the vendor's XML sample."""
    output = io.StringIO()
    xml = SimplerXMLGenerator(output, "utf-8")
    xml.startDocument()
    names = ("returncode", "returnmsg", "version", "token", "count", "queuecount")
    xml.startElement("result", {name: str(result[name]) for name in names})
    for warning in result["warnings"]:
        xml.addQuickElement("warnings", warning)
    for product in result["product"]:
        xml.startElement("product", {"product_id": str(product["product_id"])})
        for link in product.get("imagesURL", []):
            xml.addQuickElement("imagesURL", attrs={name: str(value) for name, value in link.items()})
        if "images" in product:
            xml.startElement("images", {})
            for image in product["images"]["image"]:
                xml.addQuickElement("image", attrs={name: str(value) for name, value in image.items()})
            xml.endElement("images")
        xml.endElement("product")
    xml.endElement("result")
    xml.endDocument()
    return output.getvalue()


def describe(request, product, options):
    """Return one product as a response represents it."""
    entries = [{"sequence": image.sequence, "imagefilename": image.filename} for image in product.images]
    if options == "URL":
        for entry, image in zip(entries, product.images, strict=True):
            location = reverse("download", args=[product.product_id, image.sequence])
            entry["imageURL"] = request.build_absolute_uri(location)
        return {"product_id": product.product_id, "imagesURL": entries}
    for entry, image in zip(entries, product.images, strict=True):
        entry["binaryimage"] = base64.b64encode(image.content).decode()
    return {"product_id": product.product_id, "images": {"image": entries}}


@require_GET
def product_images(request):
    """Return the products after the token, and the size of the queue."""
    try:
        token = int(request.GET.get("token", 0))
        count = int(request.GET.get("count", 100))
    except ValueError:
        return HttpResponseBadRequest("token and count must be integers")
    if not 1 <= count <= 500:
        return HttpResponseBadRequest("count must be between 1 and 500")

    options = request.GET.get("options")
    queue = [entry for entry in QUEUE if entry[0] > token]
    page = queue[:count]
    result = {
        "product": [describe(request, product, options) for _, product in page],
        "token": str(page[-1][0]) if page else "",
        "count": len(page),
        "queuecount": len(queue),
        "returncode": 0,
        "returnmsg": "Success",
        "warnings": [],
        "version": "1.0",
    }
    if request.accepts("application/json") or request.accepts("text/json"):
        return JsonResponse(result)
    if request.accepts("application/xml"):
        return HttpResponse(as_xml(result), content_type="application/xml")
    return HttpResponse(as_xml(result), content_type="text/xml")


@require_GET
def download(_request, product_id, sequence):
    """Return the bytes of one image."""
    for image in PRODUCTS[product_id].images if product_id in PRODUCTS else ():
        if image.sequence == sequence:
            return HttpResponse(image.content, content_type=image.media_type)
    raise Http404


urlpatterns = [
    path("products/images", product_images),
    path("media/<int:product_id>/<int:sequence>", download, name="download"),
]


class Server(ThreadingMixIn, WSGIServer):
    """The development server with one thread per connection."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """A request handler without console output."""

    def log_message(self, *_args):
        """Write no log."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = make_server(
        "127.0.0.1", parser.parse_args().port, get_wsgi_application(), server_class=Server, handler_class=QuietHandler
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
