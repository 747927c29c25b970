"""HTTP/1.1 over a raw asyncio protocol: every byte that leaves is the script's own (RFC 9112)."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
TLS_HANDSHAKE = b"\x16\x03"
"""What a client that was given https:// begins with; a server without TLS says 400 and hangs up."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


class Exchange:
    """
    A request and the way to answer it.

    Attributes:
        gone: Set when the client has closed its connection before the answer was complete.
    """

    def __init__(self, request: Request, transport: asyncio.Transport) -> None:
        self.request = request
        self.gone = asyncio.Event()
        self._transport = transport
        self.write: Callable[[bytes], None] = transport.write

    def head(self, status: int = 200, **headers: str) -> None:
        """Start an answer whose body is sent in chunks; ``_`` in names stands for ``-``."""
        self.write(_head(status, {**_names(headers), "transfer-encoding": "chunked"}))

    def chunk(self, body: bytes) -> None:
        self.write(framed(body))

    def end(self) -> None:
        self.write(b"0\r\n\r\n")

    def whole(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        self.write(_head(status, {**_names(headers), "content-length": str(len(body))}) + body)

    def close(self) -> None:
        self._transport.close()

    def reset(self) -> None:
        """Drop the connection with RST rather than FIN."""
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()


def framed(body: bytes) -> bytes:
    """Return the body as one chunk of a chunked answer."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Answer = Callable[[Exchange], Awaitable[None]]


@dataclass(slots=True)
class Log:
    """
    What a server saw.

    Attributes:
        connections: Those that are open now.
        accepted: How many were ever opened.
        client_gone: Set once a client has left before its answer was complete.
        faults: What scripts raised; `Server` raises them again when it closes.
    """

    requests: list[Request] = field(default_factory=list)
    connections: set["Connection"] = field(default_factory=set)
    accepted: int = 0
    client_gone: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[BaseException] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """One keep-alive connection; its requests are answered one after another."""

    def __init__(self, log: Log, answer: Answer) -> None:
        self._log = log
        self._answer = answer
        self._buffer = bytearray()
        self._running: tuple[asyncio.Task[None], Exchange] | None = None
        self._last = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._log.connections.add(self)
        self._log.accepted += 1

    def data_received(self, data: bytes) -> None:
        if data.startswith(TLS_HANDSHAKE) and not self._buffer:
            self.transport.write(_head(400, {}))
            self.transport.close()
            return
        self._buffer += data
        if self._running is None:
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._log.connections.discard(self)
        if self._running:
            task, exchange = self._running
            exchange.gone.set()
            self._log.client_gone.set()
            task.cancel()

    def _next(self) -> None:
        if request := _parse(self._buffer):
            self._log.requests.append(request)
            self._last = request.headers.get("connection", "").lower() == "close"
            exchange = Exchange(request, self.transport)
            task = asyncio.get_running_loop().create_task(self._run(exchange))
            self._running = task, exchange
            task.add_done_callback(self._finished)

    async def _run(self, exchange: Exchange) -> None:
        await self._answer(exchange)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled() and (error := task.exception()):
            self._log.faults.append(error)
            self.transport.abort()
        elif self._last:
            self.transport.close()
        elif not self.transport.is_closing():
            self._next()


def _parse(buffer: bytearray) -> Request | None:
    """Take one request off the buffer, if it is there whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    stop = end + 4 + int(headers.get("content-length", "0"))
    if len(buffer) < stop:
        return None
    method, path, _ = first.split(" ", 2)
    body = bytes(buffer[end + 4 : stop])
    del buffer[:stop]
    return Request(method, path, headers, body)


class Server:
    """Answers on a port of 127.0.0.1 from the moment it is entered until it is left."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.log: Log
        self._server: asyncio.Server

    async def answer(self, exchange: Exchange) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> "Server":
        self.log = Log()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self.log, self.answer), "127.0.0.1", self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self.log.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets connection_lost run, which ends the scripts
        if self.log.faults:
            raise self.log.faults[0]
