"""A port before the gRPC server, which itself can neither reset connections nor come back on the same port."""

import asyncio
import socket
import struct
from contextlib import suppress
from pathlib import Path

CHUNK_BYTES = 2**16


class Relay:
    """
    Hands every connection on to a unix socket.

    Attributes:
        port: On 127.0.0.1; stays the same from one `open` to the next.
    """

    def __init__(self, target: Path) -> None:
        self.port = 0
        self._target = target
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        ending = list(self._connections)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def reset(self) -> None:
        """Drop all connections with RST."""
        for writer in self._connections.values():
            sock = writer.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Run a task of our own: one of asyncio's that is cancelled is reported as a fault (before 3.12)."""
        task = asyncio.get_running_loop().create_task(self._hand_on(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_read, to_write = await asyncio.open_unix_connection(str(self._target))
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(pump(reader, to_write))
                    group.create_task(pump(to_read, writer))
            finally:
                to_write.transport.abort()
        finally:
            writer.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()
