"""Opening and closing in the right order."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from hypercorn.utils import wrap_app
from quart import Quart

from ..web.drain import Drain
from .connection import Connection, Site
from .limits import Limits
from .listening import listen, url_of
from .proxy import BehindProxy

log = logging.getLogger(__name__)

LOOKS_PER_TURN = 256
"""Then the loop turns, so that thousands of pings at once do not hold it."""


class Service:
    """
    One application on one listening socket.

    It stops in this order: nothing new is accepted, the idle are told, answers are finished, handlers end, and
    only then does the application close what the handlers used.
    """

    def __init__(self, app: Quart, drain: Drain, *, limits: Limits, trusted_hops: int = 0) -> None:
        self._app = app
        self._drain = drain
        self._limits = limits
        asgi: ASGIFramework = BehindProxy(app, trusted_hops) if trusted_hops else app
        self._site = Site(wrap_app(asgi, 0, "asgi"), _config(limits), limits)

    async def open(self, listener: socket.socket) -> None:
        """Start the application, then serve; errors of the application's start are passed on as they are."""
        await self._app.startup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._site.connection, sock=listener, backlog=self._limits.backlog
        )
        self._watch = loop.create_task(watch(self._site.connections, self._limits))

    async def close(self) -> None:
        """Stop serving, then stop the application; cancelled, it no longer waits for answers being written."""
        self._server.close()
        await self._site.context.terminated.set()
        for connection in list(self._site.connections):
            connection.retire()
        try:
            await self._farewell()
        finally:
            await self._dismiss_the_rest()
            self._watch.cancel()
            await self._stop_application()

    async def _farewell(self) -> None:
        """Wait until everyone has left of their own accord, or until patience ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.busy_s + self._limits.leave_s):
                await self._until_all_left()

    async def _until_all_left(self) -> None:
        await self._drain.drain(busy_s=self._limits.busy_s)
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    async def _dismiss_the_rest(self) -> None:
        for connection in list(self._site.connections):
            connection.dismiss()
        if tasks := self._tasks():
            _, left = await asyncio.wait(tasks, timeout=self._limits.leave_s)
            for connection in list(self._site.connections):
                connection.abort()
            if left:
                log.warning("handlers did not end", extra={"handlers": len(left)})

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [connection.task for connection in self._site.connections]

    async def _stop_application(self) -> None:
        try:
            async with asyncio.timeout(self._limits.shutdown_s):
                await self._app.shutdown()
        except TimeoutError:
            log.warning("the application did not close in time")


async def watch(connections: set[Connection], limits: Limits) -> None:
    """Look at every connection again and again: one task for all of them instead of timers for each."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(limits.watch_s)
        for number, connection in enumerate(list(connections), start=1):
            connection.look(loop.time())
            if number % LOOKS_PER_TURN == 0:
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serving(
    app: Quart,
    drain: Drain,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: Limits | None = None,
    trusted_hops: int = 0,
) -> AsyncIterator[str]:
    """
    Serve while the block runs; gives the address.

    Raises:
        ServerError: As `listen`.
    """
    limits = limits or Limits()
    service = Service(app, drain, limits=limits, trusted_hops=trusted_hops)
    with contextlib.closing(listen(host, port, limits)) as listener:
        await service.open(listener)
        try:
            yield url_of(listener)
        finally:
            await service.close()


def _config(limits: Limits) -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = log
    config.include_server_header = False
    config.h11_max_incomplete_size = limits.header_bytes
    config.websocket_ping_interval = None  # the watch sends them
    return config
