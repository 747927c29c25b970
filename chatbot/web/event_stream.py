"""A turn's events as the body of a response (server-sent events, WHATWG HTML, section 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType

from quart.wrappers.response import ResponseBody

from ..chats.turn import Turn
from ..chats.turns import Turns
from ..events import Event
from .drain import Drain
from .wire import encode

UNREAD_EVENTS = 16


class EventStream(ResponseBody):
    """Follows a turn while the response is being sent; a reader who leaves stops it."""

    def __init__(self, turns: Turns, drain: Drain, turn: Turn) -> None:
        self._turns = turns
        self._turn = turn
        self._joined = drain.joined(None)
        self._events: asyncio.Queue[bytes] = asyncio.Queue(UNREAD_EVENTS)

    async def __aenter__(self) -> AsyncIterator[bytes]:
        self._joined.__enter__().busy = True
        self._following = asyncio.create_task(self._follow())
        return self._read()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._following.cancel()
        await asyncio.wait([self._following])
        self._turns.left(self._turn, for_good=True)
        self._joined.__exit__(kind, error, trace)

    async def _follow(self) -> None:
        async def send(seq: int, event: Event) -> None:
            await self._events.put(encoded(self._turn.id, seq, event))

        await self._turn.follow(0, send)
        await self._events.put(b"")

    async def _read(self) -> AsyncIterator[bytes]:
        while event := await self._events.get():
            yield event


def encoded(turn: str, seq: int, event: Event) -> bytes:
    """Return one event; JSON has no line break, so that one ``data`` line holds it."""
    return f"id: {seq}\nevent: {event.type}\ndata: {encode(turn, seq, event)}\n\n".encode()
