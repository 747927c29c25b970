"""The body of an answer as raw bytes, read under one mapping of errors."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
from openai import AsyncOpenAI, AsyncStream

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
        self._transport = _transport(response)

    async def gather(self, seconds: float) -> None:
        """
        Leave what comes in the kernel for so long, that the next `read` brings it all at once.

        Not by merely reading later: bytes that aiohttp holds when the connection breaks are lost.
        """
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.pause_reading()
        try:
            await asyncio.sleep(seconds)
        finally:
            if not self._transport.is_closing():
                self._transport.resume_reading()

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


def _transport(response: httpx2.Response) -> asyncio.ReadTransport | None:
    """Return the transport below; the SDK has no public way to it, and another version may have none at all."""
    stream: Any = response.stream
    while stream is not None and not hasattr(stream, "_aiohttp_response"):
        stream = getattr(stream, "_stream", None)
    connection = None if stream is None else stream._aiohttp_response.connection
    return None if connection is None else connection.transport


@asynccontextmanager
async def opened(
    client: AsyncOpenAI, path: str, asked: Mapping[str, Any], errors: MappedErrors
) -> AsyncIterator[Body]:
    """
    Send the request and close its connection on every path, at once when cancelled.

    What the enclosed code raises of its own passes through as it is.
    """
    with errors:
        # not `create`: that one compares the whole request with its types, which takes as long as all the rest
        answer = await client.post(
            path, body=asked, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )
    body = Body(answer.response, errors)
    try:
        yield body
    finally:
        with errors:
            await body.close()
            await answer.response.aclose()
