"""
A websocket client on bare sockets, for tests: it can do what a browser never would.

    async with connect("ws://127.0.0.1:8000/ws", headers={"Origin": "..."}) as ws:
        await ws.send_json({"type": "ask", ...})
        event = await ws.receive_json()

What is sent goes out as it is told, right or wrong; what is received is checked against RFC 6455.
Every wait has a deadline.
"""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

PATIENCE_S = 5.0


class Closed(Exception):
    """The server closed; `code` as in `WebsocketClient.close_code`."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code


class Rejected(Exception):
    """The handshake was answered with another status than 101."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"handshake answered with {status}")
        self.status = status
        self.headers = headers
        self.body = body


class WebsocketClient:
    """
    One connection.

    Attributes:
        headers: Of the handshake's answer, names in lower case.
        close_code: What the server's close frame said; 1005 if it said nothing, 1006 if the connection was cut,
            None while it is open.
        close_reason: Likewise.
        pongs: Whether pings are answered while something is being received.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.headers: Mapping[str, str] = {}
        self.close_code: int | None = None
        self.close_reason = ""
        self.pongs = True

    async def send_text(self, text: str) -> None:
        await self.send_frame(TEXT, text.encode())

    async def send_bytes(self, data: bytes) -> None:
        await self.send_frame(BINARY, data)

    async def send_json(self, value: object) -> None:
        await self.send_text(json.dumps(value))

    async def send_frame(
        self,
        opcode: int,
        payload: bytes = b"",
        *,
        fin: bool = True,
        masked: bool = True,
        announced: int | None = None,
        reserved: int = 0,
    ) -> None:
        """
        Send one frame, right or wrong.

        Args:
            announced: The length that the header states, if it is to be a lie.
            reserved: The three reserved bits, 0 to 7.
        """
        await self.send_raw(
            frame(opcode, payload, fin=fin, masked=masked, announced=announced, reserved=reserved)
        )

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are; that the server has gone already is no error."""
        if self.writer.transport.is_closing():
            return
        try:
            self.writer.write(data)
            async with asyncio.timeout(PATIENCE_S):
                await self.writer.drain()
        except (ConnectionError, TimeoutError):
            return

    async def receive_json(self, timeout: float = PATIENCE_S) -> Any:
        return json.loads(await self.receive_text(timeout))

    async def receive_text(self, timeout: float = PATIENCE_S) -> str:
        message = await self.receive(timeout)
        assert isinstance(message, str), f"expected text, got {message!r}"
        return message

    async def receive(self, timeout: float = PATIENCE_S) -> str | bytes:
        """
        Return the next message; pings are answered meanwhile.

        Raises:
            Closed: There is none, as the server closed.
            TimeoutError
        """
        async with asyncio.timeout(timeout):
            while True:
                opcode, payload = await self.receive_frame()
                if opcode == TEXT:
                    return payload.decode()
                if opcode == BINARY:
                    return payload
                if opcode == PING and self.pongs:
                    await self.send_frame(PONG, payload)

    async def receive_frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame, whatever it is; a close frame raises Closed."""
        try:
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "a fragment, or a reserved bit: no extension was agreed upon"
            assert second & 0x80 == 0, "a server must not mask"
            size = second
            if second == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif second == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.close_code = self.close_code or 1006
            raise Closed(self.close_code, self.close_reason) from None
        if first & 0x0F == CLOSE:
            self._note_close(payload)
            raise Closed(self.close_code or 1005, self.close_reason)
        return first & 0x0F, payload

    async def wait_closed(self, timeout: float = PATIENCE_S) -> int:
        """Return the close code; messages that come before are dropped."""
        try:
            async with asyncio.timeout(timeout):
                while self.close_code is None:
                    await self.receive(timeout)
        except Closed:
            pass
        assert self.close_code is not None
        return self.close_code

    async def wait_cut(self, timeout: float = PATIENCE_S) -> None:
        """Wait for the end of the connection itself."""
        async with asyncio.timeout(timeout):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass

    def abort(self) -> None:
        """Cut the connection without a word."""
        self.writer.transport.abort()

    async def close(self, code: int = 1000) -> None:
        """Close as a browser does: close frame, the server's answer, end."""
        await self.send_frame(CLOSE, struct.pack("!H", code))
        await self.wait_closed()

    def cut(self) -> None:
        """End the connection without a word, as a network does."""
        self.writer.transport.abort()

    def _note_close(self, payload: bytes) -> None:
        self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        self.close_reason = payload[2:].decode()


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    announced: int | None = None,
    reserved: int = 0,
) -> bytes:
    """Return the bytes of one frame as a client sends it (RFC 6455, section 5.2)."""
    size = len(payload) if announced is None else announced
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload) ^ int.from_bytes(repeated)
    return head + mask + mixed.to_bytes(len(payload))


@asynccontextmanager
async def connect(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    receive_buffer: int | None = None,
) -> AsyncIterator[WebsocketClient]:
    """
    Open a websocket; at the end of the block the connection is cut if it is still open.

    Args:
        url: ``ws://`` or ``http://``, with path and query.
        headers: Added to those of the handshake; an own one of the same name takes its place.
        receive_buffer: Size of the kernel's buffer, small for a client that is not going to read.

    Raises:
        Rejected: The server answered the handshake with another status than 101.
    """
    parts = urlsplit(url)
    reader, writer = await _open(parts.hostname or "127.0.0.1", parts.port or 80, receive_buffer)
    client = WebsocketClient(reader, writer)
    try:
        async with asyncio.timeout(PATIENCE_S):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            writer.write(handshake(parts.netloc, target, headers or {}))
            status, client.headers = await read_head(reader)
            if status != 101:
                size = int(client.headers.get("content-length", 0))
                raise Rejected(status, client.headers, await reader.readexactly(size))
        yield client
    finally:
        writer.transport.abort()


def handshake(host: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return the request that opens a websocket; offers compression, as browsers do."""
    lines = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
        **headers,
    }
    return (
        f"GET {target} HTTP/1.1\r\n".encode()
        + b"".join(f"{name}: {value}\r\n".encode() for name, value in lines.items())
        + b"\r\n"
    )


async def read_head(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str]]:
    """Return status and headers of an answer, names in lower case."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise Closed(1006, "no answer") from error
    first, *lines = head.decode("latin1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def _open(
    host: str, port: int, receive_buffer: int | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    limit = receive_buffer or 1 << 16
    return await asyncio.open_connection(sock=sock, limit=limit)
