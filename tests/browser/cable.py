"""A network between browser and server that can be cut: bytes are carried over loopback until then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cable:
    """Carries connections to a port; `address` is its own end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._up = True
        self.address = ""

    def cut(self) -> None:
        """End all connections without a word, and refuse new ones until it is mended."""
        self._up = False
        for line in self._lines:
            line.transport.abort()

    def mend(self) -> None:
        self._up = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection in both directions until either side ends."""
        if not self._up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {writer, far_writer}
        self._lines |= ends
        try:
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        finally:
            self._lines -= ends
            for end in ends:
                end.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def roll_up(self) -> None:
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()
        await sink.wait_closed()  # what was written last is still on its way


@asynccontextmanager
async def laid(port: int) -> AsyncIterator[Cable]:
    """Lay a cable to a port of this machine."""
    cable = Cable(port)
    server = await asyncio.start_server(cable.accept, "127.0.0.1", 0)
    cable.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield cable
    finally:
        server.close()
        await cable.roll_up()
        await server.wait_closed()
