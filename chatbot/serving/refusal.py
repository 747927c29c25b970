"""What a connection gets for which there is no room."""

import asyncio
from typing import cast

from .limits import Limits

UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
)


class Refusal(asyncio.Protocol):
    """Answers 503, and closes once the request has arrived: closing before would take the answer back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(UNAVAILABLE)
        self._timer = asyncio.get_running_loop().call_later(self._limits.linger_s, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
