"""The feed in FastAPI: the vendor's tables as pydantic models, the limits as query validation, XML by ElementTree."""

import argparse
import base64
import socket
import xml.etree.ElementTree as ET
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel

from shop_products import load_products

app = FastAPI(title="Product images")


class ImageLink(BaseModel):
    """An image as a download link."""

    sequence: int
    imagefilename: str
    imageURL: str


class ImageData(BaseModel):
    """An image in base64."""

    sequence: int
    imagefilename: str
    binaryimage: str


class Images(BaseModel):
    """The container of a product's images."""

    image: list[ImageData]


class ProductImage(BaseModel):
    """The images of one product, as links or in base64."""

    product_id: int
    imagesURL: list[ImageLink] | None = None
    images: Images | None = None


class ImagesResult(BaseModel):
    """One page of the feed."""

    product: list[ProductImage]
    token: str
    count: int
    queuecount: int
    returncode: int = 0
    returnmsg: str = "OK"
    warnings: list[str] = []
    version: str = "1.0"


CHANGES = list(enumerate(load_products(), start=1))
PRODUCTS = {product.product_id: product for _, product in CHANGES}


def to_xml(result: ImagesResult) -> bytes:
    """Encode a page in the form of the vendor's XML sample."""
    data = result.model_dump(exclude={"product", "warnings"})
    root = ET.Element("result", {name: str(value) for name, value in data.items()})
    for warning in result.warnings:
        ET.SubElement(root, "warnings").text = warning
    for product in result.product:
        node = ET.SubElement(root, "product", product_id=str(product.product_id))
        for link in product.imagesURL or []:
            ET.SubElement(node, "imagesURL", {name: str(value) for name, value in link.model_dump().items()})
        if product.images:
            holder = ET.SubElement(node, "images")
            for image in product.images.image:
                ET.SubElement(holder, "image", {name: str(value) for name, value in image.model_dump().items()})
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


# FastAPI would write null for the list that the content mode leaves out.
@app.get("/products/images", response_model=ImagesResult, response_model_exclude_none=True)
def product_images(
    request: Request,
    token: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=500)] = 100,
    session: Annotated[str | None, Query(max_length=100)] = None,  # noqa: ARG001 - documented, but not used
    options: Annotated[str | None, Query(max_length=100)] = None,
    accept: Annotated[str, Header()] = "application/json",
):
    """Return the products that were added or modified since the token."""
    pending = [change for change in CHANGES if change[0] > token]
    page = pending[:count]
    products = []
    for _, product in page:
        if options == "URL":
            links = [
                ImageLink(
                    sequence=image.sequence,
                    imagefilename=image.filename,
                    imageURL=str(request.url_for("download", product_id=product.product_id, sequence=image.sequence)),
                )
                for image in product.images
            ]
            products.append(ProductImage(product_id=product.product_id, imagesURL=links))
        else:
            data = [
                ImageData(
                    sequence=image.sequence,
                    imagefilename=image.filename,
                    binaryimage=base64.b64encode(image.content).decode(),
                )
                for image in product.images
            ]
            products.append(ProductImage(product_id=product.product_id, images=Images(image=data)))
    result = ImagesResult(
        product=products,
        token=str(page[-1][0] if page else token),
        count=len(page),
        queuecount=len(pending) - len(page),
    )
    if "xml" in accept:
        return Response(to_xml(result), media_type="text/xml" if "text/xml" in accept else "application/xml")
    return result


@app.get("/download/{product_id}/{sequence}", name="download")
def download(product_id: int, sequence: int) -> Response:
    """Return the bytes of one image."""
    for image in PRODUCTS[product_id].images if product_id in PRODUCTS else ():
        if image.sequence == sequence:
            return Response(image.content, media_type=image.media_type)
    raise HTTPException(status_code=404)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    # The socket is bound first, so that the URL with the port can be printed before the server runs.
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
