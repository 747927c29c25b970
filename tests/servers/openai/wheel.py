"""One timer for all streams that are sent at a rate: a task that sleeps per token would be the bottleneck."""

import asyncio
from collections.abc import Iterator

from .wire import Exchange

SLOTS = 20


class Wheel:
    """
    Turns once per token; each stream has a place on it and is sent one frame per turn.

    Args:
        tokens_per_second: Of each stream.
    """

    def __init__(self, tokens_per_second: float) -> None:
        self._tick_s = 1 / tokens_per_second / SLOTS
        self._slots: list[dict[Exchange, tuple[Iterator[bytes], asyncio.Future[None]]]]
        self._slots = [{} for _ in range(SLOTS)]
        self._at = 0
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, exchange: Exchange, frames: Iterator[bytes]) -> None:
        """Send the frames at the rate; return after the last."""
        loop = asyncio.get_running_loop()
        sent = loop.create_future()
        slot = min(self._slots, key=len)
        slot[exchange] = frames, sent
        if self._timer is None:
            self._due_s = loop.time()
            self._turn()
        try:
            await sent
        finally:
            slot.pop(exchange, None)

    def _turn(self) -> None:
        self._at = (self._at + 1) % SLOTS
        for exchange, (frames, sent) in list(self._slots[self._at].items()):
            frame = next(frames, None)
            if exchange.gone.is_set():  # its task is about to be cancelled, and uvloop refuses to write
                continue
            if frame is not None:
                exchange.write(frame)
            elif not sent.done():
                sent.set_result(None)
        self._due_s += self._tick_s
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._due_s, self._turn) if any(self._slots) else None
