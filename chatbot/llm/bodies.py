"""The body of an answer as raw bytes, read under one mapping of errors."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import httpx2
from openai import AsyncAPIResponse

from .failures import MappedErrors


class Body:
    """
    The bytes as they come from the network.

    Attributes:
        content_type: Without parameters, in lower case.
    """

    def __init__(self, response: httpx2.Response, errors: MappedErrors) -> None:
        self.content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        # the stream itself: httpx2's own iterators add 3 us a token, and nothing that is needed here
        self._pieces = cast(AsyncGenerator[bytes, None], aiter(cast(AsyncIterable[bytes], response.stream)))
        self._errors = errors

    async def read(self) -> bytes:
        """Return what one network read brought, or nothing at the end."""
        with self._errors:
            return await anext(self._pieces, b"")

    async def whole(self, most_bytes: int) -> bytes:
        """
        Return all of it.

        Raises:
            ModelRefused: It is longer than this.
        """
        content = bytearray()
        while piece := await self.read():
            content += piece
            if len(content) > most_bytes:
                raise self._errors.not_compatible()
        return bytes(content)

    async def close(self) -> None:
        await self._pieces.aclose()


@asynccontextmanager
async def opened(
    request: AbstractAsyncContextManager[AsyncAPIResponse[Any]], errors: MappedErrors
) -> AsyncIterator[Body]:
    """
    Send the request and close its connection on every path, at once when cancelled.

    What the enclosed code raises of its own passes through as it is.
    """
    with errors:
        response = await request.__aenter__()
    body = Body(response.http_response, errors)
    try:
        yield body
    finally:
        with errors:
            await body.close()
            await request.__aexit__(None, None, None)
