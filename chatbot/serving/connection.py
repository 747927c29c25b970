"""One TCP connection, from its first byte to its last."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, cast

from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import AppWrapper, ConnectionState

from .http import Http
from .limits import Limits
from .refusal import Refusal
from .turnstile import Turnstile
from .websocket import Websocket

log = logging.getLogger(__name__)

LAST_WORDS_S = 0.25
"""How long bytes that came before the end may take to be dealt with: the close code may be among them."""

SERVICE_RESTART = 1012


class Site:
    """What the connections of one listening socket share."""

    def __init__(self, app: AppWrapper, config: Config, limits: Limits) -> None:
        self.app = app
        self.config = config
        self.limits = limits
        self.context = WorkerContext(None)
        self.connections: set[Connection] = set()
        self.turnstile = Turnstile(limits.reads_per_turn)
        # Bytes are taken out before the next socket is read, so that one buffer serves all of them.
        self.buffer = memoryview(bytearray(limits.read_bytes))

    def connection(self) -> asyncio.BaseProtocol:
        """Return the protocol of a connection that was just accepted."""
        if len(self.connections) < self.limits.sockets:
            return Connection(self)
        log.warning("connection refused, too many sockets", extra={"sockets": len(self.connections)})
        return Refusal(self.limits)


class Connection(asyncio.BufferedProtocol):
    """
    Reads at most ``read_bytes`` ahead, writes at most ``write_bytes`` ahead, and knows how long to be patient.

    One task reads; the task group in which it runs holds the application too, so that `task` ends after it.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._limits = site.limits
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._gone = asyncio.Event()
        self._pending = bytearray()
        self._reading = True
        self._closing = False
        self._idle = True
        self._websocket: Websocket | None = None
        now = self._loop.time()
        self._due: float | None = now + self._limits.headers_s
        self._heard_at = now
        self._ping_at = now
        self._written = 0
        self._taken = 0
        self._taken_at = now

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._limits.write_bytes)
        self._writable.set()
        self._site.connections.add(self)
        self.task = self._loop.create_task(self._run())

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._site.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._closing:
            return
        self._pending += self._site.buffer[:nbytes]
        self._arrived.set()
        if len(self._pending) >= self._limits.read_bytes:
            self._pause_reading()

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._writable.set()
        self._end()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the websocket above asks for

    async def write(self, data: bytes) -> None:
        await self._writable.wait()
        self.write_now(data)

    def write_now(self, data: bytes) -> None:
        if not self._closing and not self._transport.is_closing():
            self._written += len(data)
            self._transport.write(data)

    def opening(self) -> None:
        self._due = self._loop.time() + self._limits.headers_s

    def opened(self, websocket: Websocket) -> None:
        self._websocket = websocket
        self._due = None
        self._heard_at = now = self._loop.time()
        self._ping_at = now + self._limits.ping_s

    def heard(self) -> None:
        self._heard_at = self._loop.time()

    def stop_reading(self) -> None:
        self._pause_reading()
        self._reading = False
        self._pending.clear()

    def abort_after(self, seconds: float) -> None:
        self._loop.call_later(seconds, self.abort)

    def abort(self) -> None:
        self._transport.abort()

    # What the server asks for

    def retire(self) -> None:
        """Close the connection if no request is under way; otherwise it closes after its response."""
        if self._idle:
            self.close()

    def dismiss(self) -> None:
        """End the connection now; the application is told that its peer has left."""
        if self._websocket is not None:
            self._websocket.part(SERVICE_RESTART)
        self.close()
        self._end()

    def close(self) -> None:
        """Send what is waiting, then close; a peer that does not close its side is not waited for."""
        if self._closing:
            return
        self._closing = True
        self._writable.set()
        with suppress(OSError, RuntimeError):  # it is closed already
            self._transport.write_eof()
        self._loop.call_later(self._limits.linger_s, self._linger_over)

    def look(self, now: float) -> None:
        """Let go of a peer that used up our patience; send a ping if it is time for one."""
        if reason := self._complaint(now):
            log.info("peer let go", extra={"reason": reason})
            self.abort()
        elif self._websocket is not None and now >= self._ping_at and not self._unsent():
            self._ping_at = now + self._limits.ping_s
            self._websocket.ping()

    # Within

    async def _run(self) -> None:
        try:
            async with TaskGroup(self._loop) as group:
                await self._talk(group)
        except* OSError:
            log.debug("connection failed", exc_info=True)
        except* Exception:
            log.exception("connection ended by a fault of ours")
        finally:
            self._site.connections.discard(self)
            self._transport.abort()
            # Connection, protocol and websocket know one another: part them, or they wait for the garbage collector.
            self._websocket = None
            with suppress(AttributeError):  # it ended before it began
                del self._http

    async def _talk(self, group: TaskGroup) -> None:
        self._http = Http(self, self._limits, *self._surroundings(group))
        reading = self._loop.create_task(self._read())
        reading.add_done_callback(lambda _: self._end())
        try:
            await self._gone.wait()
            await asyncio.wait([reading], timeout=LAST_WORDS_S)
        finally:
            reading.cancel()
            await self._http.handle(Closed())
        if reading.done():
            reading.result()

    def _surroundings(self, group: TaskGroup) -> tuple[Any, ...]:
        site, state = self._site, ConnectionState({})
        ends = (self._address("peername"), self._address("sockname"), self._send)
        return (site.app, site.config, site.context, group, state, False, *ends)

    def _address(self, name: str) -> tuple[str, int] | None:
        address = self._transport.get_extra_info(name)
        return (address[0], address[1]) if isinstance(address, tuple) else None

    async def _read(self) -> None:
        while data := await self._next():
            await self._site.turnstile.enter()
            await self._http.handle(RawData(data))
            if self._idle and self._due is not None and self._http.connection.trailing_data[0]:
                # A request has begun and is not complete.
                self._due = min(self._due, self._loop.time() + self._limits.headers_s)

    async def _next(self) -> bytes:
        await self._arrived.wait()
        data = bytes(self._pending)
        self._pending.clear()
        if not self._gone.is_set():
            self._arrived.clear()
            self._resume_reading()
        return data

    async def _send(self, event: Event) -> None:
        match event:
            case RawData():
                await self.write(event.data)
            case Closed():
                self.close()
            case Updated():
                self._idle = event.idle
                self._due = self._loop.time() + self._limits.keep_alive_s if event.idle else None

    def _end(self) -> None:
        self._gone.set()
        self._arrived.set()

    def _pause_reading(self) -> None:
        with suppress(RuntimeError):
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading and not self._transport.is_closing():
            self._transport.resume_reading()

    def _linger_over(self) -> None:
        if self._unsent() and not self._transport.is_closing():
            self._loop.call_later(self._limits.linger_s, self._linger_over)
        else:
            self.abort()

    def _complaint(self, now: float) -> str:
        if self._stalled(now):
            return "does not read"
        if self._due is not None and now >= self._due:
            return "request not complete"
        if self._websocket is not None and now - self._heard_at >= self._limits.silence_s:
            return "silent"
        return ""

    def _stalled(self, now: float) -> bool:
        """Whether the kernel took nothing of what is waiting; what it takes, it got rid of towards the peer."""
        unsent = self._unsent()
        taken = self._written - unsent
        if unsent == 0 or taken > self._taken:
            self._taken, self._taken_at = taken, now
        return now - self._taken_at >= self._limits.stalled_s

    def _unsent(self) -> int:
        return self._transport.get_write_buffer_size()
