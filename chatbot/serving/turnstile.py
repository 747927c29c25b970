"""How much is begun in one turn of the loop."""

import asyncio
from collections import deque


class Turnstile:
    """
    Lets a few callers through at once, then a few more in each turn of the loop, in the order of their coming.

    A hundred sockets that send at the same moment would otherwise be dealt with in one turn, and everyone
    else waits for all of them.
    """

    def __init__(self, per_turn: int) -> None:
        self._per_turn = per_turn
        self._places = per_turn
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        loop = asyncio.get_running_loop()
        if self._places == self._per_turn:
            loop.call_soon(self._next_turn)
        if self._places > 0:
            self._places -= 1
            return
        place = loop.create_future()
        self._waiting.append(place)
        await place

    def _next_turn(self) -> None:
        self._places = self._per_turn
        while self._places and self._waiting:
            place = self._waiting.popleft()
            if not place.done():  # who gave up gives the place to the next
                place.set_result(None)
                self._places -= 1
        if self._places < self._per_turn:
            asyncio.get_running_loop().call_soon(self._next_turn)
