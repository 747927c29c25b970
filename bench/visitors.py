"""Many websockets in one process: a client that costs little beside the server that it loads (RFC 6455)."""

import asyncio
import os
import struct
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from tests.servers.websocket_client import PING, PONG, TEXT, frame, handshake

OPEN_AT_ONCE = 50
PATIENCE_S = 90.0

_decode = msgspec.json.Decoder().decode


class Visitor(asyncio.Protocol):
    """
    One page: asks, and notes what it is sent.

    Attributes:
        chars: Characters of answers so far.
        events: Of the present turn, the first of each type.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._open = self._loop.create_future()
        self._waiting: dict[str, asyncio.Future[float]] = defaultdict(self._loop.create_future)
        self.chars = 0
        self.events: dict[str, dict[str, Any]] = {}

    async def ask(self, question: str) -> float:
        """Send a question; return when, in the loop's time."""
        self._waiting.clear()
        self.events.clear()
        self.turn = os.urandom(8).hex()
        asked_at = self._loop.time()
        self._send({"type": "ask", "id": self.turn, "question": question, "conversation": None})
        return asked_at

    async def saw(self, *types: str) -> float:
        """Wait for the first event of one of these types; return when it came, in the loop's time."""
        async with asyncio.timeout(PATIENCE_S):
            waited = [self._waiting[each] for each in types]
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()

    async def finished(self) -> None:
        """
        Wait for the end of the turn.

        Raises:
            RuntimeError: The turn failed.
        """
        await self.saw("finish", "error")
        if "error" in self.events:
            raise RuntimeError(f"the server said {self.events['error']}")

    def stop(self) -> None:
        self._send({"type": "stop", "id": self.turn})

    async def opened(self) -> None:
        await self._open

    def close(self) -> None:
        self._transport.abort()

    def _send(self, message: dict[str, Any]) -> None:
        self._transport.write(frame(TEXT, msgspec.json.encode(message)))

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # browsers offer compression, and stock Hypercorn takes it: that would only make a baseline dearer
        self._transport.write(handshake(self._host, "/ws", {"Sec-WebSocket-Extensions": ""}))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open.done():
            self._shake_hands()
        while (size := self._frame_bytes()) is not None:
            head, body = size
            payload = bytes(self._buffer[head : head + body])
            opcode = self._buffer[0] & 0x0F
            del self._buffer[: head + body]
            if opcode == TEXT:
                self._take(_decode(payload))
            elif opcode == PING:
                self._transport.write(frame(PONG, payload))

    def connection_lost(self, error: Exception | None) -> None:
        lost = ConnectionError("the server closed the socket")
        for future in (self._open, *self._waiting.values()):
            if not future.done():
                future.set_exception(lost)
                future.exception()

    def _shake_hands(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._buffer.startswith(b"HTTP/1.1 101 "):
            self._open.set_exception(ConnectionError(self._buffer[:end].decode()))
            return
        del self._buffer[: end + 4]
        self._open.set_result(None)

    def _frame_bytes(self) -> tuple[int, int] | None:
        """Return the lengths of the next frame's header and payload if it is there whole."""
        if not self._open.done() or len(self._buffer) < 2:
            return None
        head, body = 2, self._buffer[1]
        if body == 126 and len(self._buffer) >= 4:
            head, (body,) = 4, struct.unpack_from("!H", self._buffer, 2)
        elif body == 127 and len(self._buffer) >= 10:
            head, (body,) = 10, struct.unpack_from("!Q", self._buffer, 2)
        elif body >= 126:
            return None
        return (head, body) if len(self._buffer) >= head + body else None

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "delta":
            self.chars += len(event["text"])
        if kind not in self.events:
            self.events[kind] = event
            if not (future := self._waiting[kind]).done():
                future.set_result(self._loop.time())


@asynccontextmanager
async def visitors(url: str, count: int) -> AsyncIterator[list[Visitor]]:
    """Open websockets; they are cut at the end of the block."""
    place = urlsplit(url)
    free = asyncio.Semaphore(OPEN_AT_ONCE)

    async def connect() -> Visitor:
        async with free:
            _, visitor = await asyncio.get_running_loop().create_connection(
                lambda: Visitor(place.netloc), str(place.hostname), place.port or 80
            )
            await visitor.opened()
            return visitor

    async with asyncio.TaskGroup() as tasks:
        opening = [tasks.create_task(connect()) for _ in range(count)]
    opened = [task.result() for task in opening]
    try:
        yield opened
    finally:
        for visitor in opened:
            visitor.close()
