"""The products of the Python servers in this folder: 730 with their images, the same at every start."""

import random
import struct
import zlib
from dataclasses import dataclass

PRODUCTS = 730

# One grey pixel as a baseline JPEG: a quantisation table of ones, and Huffman tables of one code each.
_JPEG = (
    b"\xff\xd8\xff\xdb\x00\x43\x00" + b"\x01" * 64 + b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    b"\xff\xc4\x00\x14\x00\x01"
    + bytes(16)
    + b"\xff\xc4\x00\x14\x10\x01"
    + bytes(16)
    + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x3f\xff\xd9"
)
# File names in several languages, with quotes, markup, an ampersand and an emoji.
_WORDS = (
    "chaise",
    "table",
    "Café crème",
    "Müller & Söhne",
    "lámpara",
    'écran 27"',
    "boîte <grande>",
    "skis 🎿",
    "mug",
    "coussin",
)


@dataclass(frozen=True)
class Image:
    """One image of a product."""

    sequence: int
    filename: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Product:
    """One product. Its number does not depend on the time of its last change."""

    product_id: int
    images: tuple[Image, ...]


def _png(rng: random.Random) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = b"".join(b"\0" + rng.randbytes(6) for _ in range(2))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def _jpeg(rng: random.Random) -> bytes:
    comment = rng.randbytes(4).hex().encode()
    return _JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + _JPEG[2:]


def _image(rng: random.Random, product_id: int, sequence: int) -> Image:
    name = rng.choice(_WORDS) if rng.random() < 0.15 else f"product-{product_id}"
    if rng.random() < 0.5:
        return Image(sequence, f"{name}-{sequence}.png", _png(rng), "image/png")
    return Image(sequence, f"{name}-{sequence}.jpg", _jpeg(rng), "image/jpeg")


def load_products(seed: int = 2024) -> list[Product]:
    """Return all products in the order of their last change, the oldest first."""
    # A seeded generator, so that every start gives the same products.
    rng = random.Random(seed)
    numbers = list(range(1000, 1000 + PRODUCTS))
    rng.shuffle(numbers)
    products = []
    for number in numbers:
        amount = 0 if rng.random() < 0.05 else rng.randint(1, 4)
        products.append(Product(number, tuple(_image(rng, number, index) for index in range(1, amount + 1))))
    return products
