"""How long a reply may be silent."""

import asyncio
import math
from types import TracebackType
from typing import Self


class Silence:
    """
    Ends what it encloses with TimeoutError when nothing was heard for too long.

    Hearing something costs one reading of the clock: the timer is not moved each time, but looks, when it
    goes off, how long ago that was.

    Args:
        first_s: Seconds until something has to be heard for the first time.
        between_s: Seconds from then to the next time, and so on.
    """

    def __init__(self, first_s: float, between_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit_s = first_s
        self._between_s = between_s
        self._heard_at = self._loop.time()
        self._timeout = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    @property
    def expired(self) -> bool:
        return self._timeout.expired()

    def heard(self) -> None:
        self._heard_at = self._loop.time()
        if self._limit_s != self._between_s:
            self._limit_s = self._between_s
            self._start()

    def pause(self) -> None:
        """Stop counting until something is `heard`: what takes time now is not the server's fault."""
        self._heard_at = math.inf

    def at_most(self, seconds: float) -> None:
        """Wait no longer than this from now on; to say so again does not prolong it."""
        if seconds < self._between_s:
            self._between_s = seconds
            self.heard()

    def _start(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._look()

    def _look(self) -> None:
        now = self._loop.time()
        ends_at = min(self._heard_at, now) + self._limit_s
        if ends_at <= now:
            self._timeout.reschedule(now)
        else:
            self._timer = self._loop.call_at(ends_at, self._look)
