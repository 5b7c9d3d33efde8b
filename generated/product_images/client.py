# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The blocking and the asynchronous client of the feed."""

from __future__ import annotations

from ._async import AsyncioClient
from ._sync import SyncClient
from ._tables import FEED, PARAMETERS
from .codec import CODEC
from .core import Contract
from .iterators import AsyncEntries, AsyncPages, Entries, Pages
from .models import ImagesResult, ProductImage

CONTRACT = Contract(FEED, PARAMETERS, CODEC)


class Client(SyncClient[ImagesResult]):
    """Load the next lot of product images, blocking."""

    def _contract(self) -> Contract[ImagesResult]:
        return CONTRACT

    def get_images(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
    ) -> ImagesResult:
        """Load the next lot of product images.

        Returns the products whose images were added or modified after the given token, oldest change first, at most
        `count` of them. Images come as base64 text, or as links when `options` is `URL`.

        token: The token of the last lot that was loaded. Left out, empty or 0, the feed is read from its beginning.

        count: The most entries to return in this lot.

        options: Asks for special processing. `URL` brings links to download from in place of base64; what is not known is
        ignored.

        Raises ParameterError, TransportError, HTTPStatusError, ReturnCodeError and DecodeError.
        """
        return self._load({"token": token, "count": count, "options": options})

    def iter_pages(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
        *,
        prefetch: int = 0,
    ) -> Pages[ImagesResult]:
        """Yield page after page, from ``token`` to the end.

        Takes the arguments of ``get_images``, and may also raise PaginationStalled. An empty page ends the feed, and is
        yielded too. With ``prefetch=1`` the next page is loaded while the current one is processed.
        """
        return self._pages({"token": token, "count": count, "options": options}, prefetch)

    def iter_products(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
        *,
        prefetch: int = 0,
    ) -> Entries[ImagesResult, ProductImage]:
        """Yield the entries of all pages, as ``iter_pages`` loads them.

        Stop anywhere, and pass the iterator's ``resume_token`` as the cursor to continue later: no entry is lost, but
        entries of a page that was not finished are yielded again.
        """
        return self._entries({"token": token, "count": count, "options": options}, prefetch)


class AsyncClient(AsyncioClient[ImagesResult]):
    """Load the next lot of product images, without blocking."""

    def _contract(self) -> Contract[ImagesResult]:
        return CONTRACT

    async def get_images(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
    ) -> ImagesResult:
        """Load the next lot of product images.

        Returns the products whose images were added or modified after the given token, oldest change first, at most
        `count` of them. Images come as base64 text, or as links when `options` is `URL`.

        token: The token of the last lot that was loaded. Left out, empty or 0, the feed is read from its beginning.

        count: The most entries to return in this lot.

        options: Asks for special processing. `URL` brings links to download from in place of base64; what is not known is
        ignored.

        Raises ParameterError, TransportError, HTTPStatusError, ReturnCodeError and DecodeError.
        """
        return await self._load({"token": token, "count": count, "options": options})

    def iter_pages(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
        *,
        prefetch: int = 0,
    ) -> AsyncPages[ImagesResult]:
        """Yield page after page, from ``token`` to the end.

        Takes the arguments of ``get_images``, and may also raise PaginationStalled. An empty page ends the feed, and is
        yielded too. With ``prefetch=1`` the next page is loaded while the current one is processed.
        """
        return self._pages({"token": token, "count": count, "options": options}, prefetch)

    def iter_products(
        self,
        token: int | str | None = None,
        count: int | None = None,
        options: str | None = None,
        *,
        prefetch: int = 0,
    ) -> AsyncEntries[ImagesResult, ProductImage]:
        """Yield the entries of all pages, as ``iter_pages`` loads them.

        Stop anywhere, and pass the iterator's ``resume_token`` as the cursor to continue later: no entry is lost, but
        entries of a page that was not finished are yielded again.
        """
        return self._entries({"token": token, "count": count, "options": options}, prefetch)
