"""Who is connected, and how they are told that this process stops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger(__name__)

SERVICE_RESTART = 1012
"""Close code "service restart" (IANA WebSocket Close Code Number Registry)."""

REASON = "The server is restarting."

CLOSE_S = 1.0
"""How long one close may take; a peer that does not read must not hold up the rest."""

LEAVE_S = 1.5
"""How long handlers have to end once all have been told."""

Close = Callable[[int, str], Awaitable[None]]


class Member:
    """One live websocket or event stream; `busy` while it carries an answer."""

    def __init__(self, drain: "Drain", close: Close | None) -> None:
        self._drain = drain
        self._close = close
        self._busy = False
        self._told = close is None

    @property
    def busy(self) -> bool:
        return self._busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        self._busy = busy
        if not busy:
            self._drain.tell([self])

    async def tell(self) -> None:
        """Close the socket with 1012, once."""
        if self._told or self._close is None:
            return
        self._told = True
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._close(SERVICE_RESTART, REASON)
        except TimeoutError:
            log.debug("peer did not take its close frame")
        except Exception:
            # One socket that is closing already must not stop the others from being told.
            log.debug("socket could not be closed", exc_info=True)


class Drain:
    """
    The registry of those who are connected, and their farewell.

    Attributes:
        draining: Whether this process is about to stop, and takes no new question.
    """

    def __init__(self) -> None:
        self.draining = False
        self._members: set[Member] = set()
        self._telling: asyncio.TaskGroup | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def joined(self, close: Close | None) -> Iterator[Member]:
        """
        Register one connection for as long as its handler runs.

        Args:
            close: Closes the websocket with a code and a reason; None for an event stream, which ends by itself.
        """
        member = Member(self, close)
        self._members.add(member)
        self._empty.clear()
        try:
            self.tell([member])
            yield member
        finally:
            self._members.discard(member)
            if not self._members:
                self._empty.set()

    async def drain(self, *, busy_s: float = 20.0) -> None:
        """
        Say farewell to everyone; return when all handlers have left, or shortly after all were told.

        The idle are closed at once, side by side, the busy when they become idle.

        Args:
            busy_s: After this many seconds the busy are closed as well.
        """
        self.draining = True
        async with asyncio.TaskGroup() as self._telling:
            self.tell(member for member in self._members if not member.busy)
            await self._left(busy_s)
            self.tell(self._members)
            await self._left(LEAVE_S)
            self._telling = None

    def tell(self, members: Iterable[Member]) -> None:
        """Close these if this process stops; before that, nothing happens."""
        if self._telling is not None:
            for member in list(members):
                self._telling.create_task(member.tell())

    async def _left(self, within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._empty.wait()
