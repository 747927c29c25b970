"""
The client of an OpenAI-compatible server.

Importing this module imports `openai` (0.6 s, 49 MB): do so only when a model is configured.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient, Timeout

from ..errors import ModelRefused

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 5.0
MOST_CONNECTIONS = 1000
MOST_ERROR_BYTES = 64 * 1024


@asynccontextmanager
async def open_client(
    *, api_key: str | None, base_url: str | None, connect_s: float = CONNECT_S
) -> AsyncIterator[AsyncOpenAI]:
    """
    Open a client that leaves retries and the deadlines of reading to its callers.

    Args:
        api_key: None sends no key, which is what servers on this machine expect.
        base_url: None means OpenAI itself.
        connect_s: For a connection, with name resolution and TLS.

    Raises:
        ModelRefused: The address is none.
    """
    address = _address(base_url or OPENAI_URL)
    http = DefaultAioHttpClient(
        # `pool` is aiohttp's deadline for a connection as a whole, name resolution included
        timeout=Timeout(None, connect=connect_s, pool=connect_s),
        limits=httpx2.Limits(max_connections=MOST_CONNECTIONS, keepalive_expiry=60),
        verify=_trust(address),
        follow_redirects=False,  # a question must not reach an address that nobody configured
        event_hooks={"request": [] if api_key else [_without_key], "response": [_bounded_refusal]},
    )
    client = AsyncOpenAI(
        api_key=api_key or "no-key",
        base_url=address,
        http_client=http,
        max_retries=0,
        # compression would hold tokens back, and would let a small reply grow without bound
        default_headers={"Accept-Encoding": "identity"},
    )
    async with client:
        yield client


def _address(base_url: str) -> httpx2.URL:
    try:
        return httpx2.URL(base_url)
    except httpx2.InvalidURL as error:
        raise ModelRefused(
            f"{base_url!r} is not an address: check OPENAI_BASE_URL or EMBEDDING_BASE_URL."
        ) from error


def _trust(address: httpx2.URL) -> ssl.SSLContext | bool:
    # reading the machine's certificates takes 0.1 s; without TLS a context that trusts nobody does as well
    return True if address.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _without_key(request: httpx2.Request) -> None:
    """The SDK does not send a request without a key."""
    request.headers.pop("Authorization", None)


async def _bounded_refusal(response: httpx2.Response) -> None:
    """The SDK reads the body of a refusal to its end, however long that is."""
    if not response.is_success:
        response.stream = _FirstBytes(response.stream)


class _FirstBytes(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_ERROR_BYTES
        async with aclosing(aiter(self._stream)) as pieces:
            async for piece in pieces:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return

    async def aclose(self) -> None:
        await self._stream.aclose()
