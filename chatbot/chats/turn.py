"""
One turn: its events, numbered 1, 2, 3 ..., and those who follow it.

A turn belongs to the process and not to a socket: sockets follow it, and may come back. Text that arrives
within one display frame becomes one ``delta``: a follower sends what is there, then looks again a frame later.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ..events import Delta, Error, Event, Finish

FRAME_S = 0.04

Send = Callable[[int, Event], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Turn:
    """
    A question and the events of its answer.

    Attributes:
        id: As the page named it.
        ended: Whether the last event has been recorded.
    """

    id: str
    conversation: str
    question: str
    ended: bool = False
    _begun_s: float = field(default_factory=time.monotonic)
    _events: list[Event] = field(default_factory=list)
    _unsent: list[str] = field(default_factory=list)
    _followers: set[asyncio.Event] = field(default_factory=set)

    @property
    def followed(self) -> bool:
        return bool(self._followers)

    @property
    def text(self) -> str:
        """The answer so far, as Markdown."""
        self._join()
        return "".join(event.text for event in self._events if isinstance(event, Delta))

    def summary(self) -> Mapping[str, object]:
        """Return what a log may say about the turn: nothing that anybody wrote."""
        last = self._events[-1]
        outcome = last.code if isinstance(last, Error) else last.reason if isinstance(last, Finish) else ""
        total_ms = round((time.monotonic() - self._begun_s) * 1000)
        return {"turn": self.id, "outcome": outcome, "total_ms": total_ms, "answer_chars": len(self.text)}

    async def record(self, event: Event) -> None:
        """Note what happened; the callback that a turn's events are pushed down."""
        self.note(event)

    def note(self, event: Event) -> None:
        """Number the event and wake the followers, without waiting for them."""
        if isinstance(event, Delta):
            self._unsent.append(event.text)
        else:
            self._join()
            self._events.append(event)
        self._wake()

    def end(self) -> None:
        """Say that no event follows."""
        self.ended = True
        self._wake()

    async def follow(self, after: int, send: Send, *, frame_s: float = FRAME_S) -> None:
        """
        Send each event behind number ``after`` with its number, in order, until the last one is sent.

        Args:
            frame_s: How long text is gathered after some was sent.
        """
        now = asyncio.get_running_loop().time
        gather_until = 0.0
        changed = asyncio.Event()
        changed.set()
        self._followers.add(changed)
        try:
            while not (self.ended and after >= len(self._events)):
                await changed.wait()
                if not self.ended and (wait_s := gather_until - now()) > 0:
                    await asyncio.sleep(wait_s)
                changed.clear()
                after, was_text = await self._send_from(after, send)
                gather_until = now() + frame_s if was_text else 0.0
        finally:
            self._followers.discard(changed)

    async def _send_from(self, after: int, send: Send) -> tuple[int, bool]:
        self._join()
        event: Event | None = None
        while after < len(self._events):
            event = self._events[after]
            after += 1
            await send(after, event)
        return after, isinstance(event, Delta)

    def _join(self) -> None:
        if self._unsent:
            self._events.append(Delta("".join(self._unsent)))
            self._unsent.clear()

    def _wake(self) -> None:
        for changed in self._followers:
            changed.set()
