"""How a server is made to fail, before it looks at a request: the same over HTTP and gRPC."""

import asyncio
from dataclasses import dataclass, field

from . import refusals


@dataclass(frozen=True, slots=True)
class Silent:
    """Hold every request until `over` is set; then answer."""

    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Slow:
    seconds: float


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429 or RESOURCE_EXHAUSTED, with the seconds after which to come again if they are given."""

    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """500 or INTERNAL."""

    text: str = "Service internal error: told to fail"


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop the connection with RST."""


Fault = Silent | Slow | RateLimited | Failing | Reset


class Dropped(Exception):
    """The connection of this request is to be reset."""


class Gate:
    """
    What every request passes.

    Attributes:
        api_key: What requests have to carry; None lets all pass.
        fault: What happens to requests from now on; None for nothing.
        spared: How many more requests pass before it happens.
        reached: Set when a request has met a fault.
    """

    def __init__(self, api_key: str | None) -> None:
        self.api_key = api_key
        self.fault: Fault | None = None
        self.spared = 0
        self.reached = asyncio.Event()

    async def admit(self, key: str | None, *, is_open: bool = False) -> None:
        """
        Let a request pass, late or not at all.

        Args:
            is_open: No key is needed.

        Raises:
            Refusal, Dropped
        """
        if not is_open and self.api_key is not None and key != self.api_key:
            raise refusals.Unauthorised("Invalid API key or JWT")
        if self.fault is None:
            return
        if self.spared:
            self.spared -= 1
            return
        self.reached.set()
        await self._suffer(self.fault)

    async def _suffer(self, fault: Fault) -> None:
        match fault:
            case Silent(over):
                await over.wait()
            case Slow(seconds):
                await asyncio.sleep(seconds)
            case RateLimited(retry_after_s):
                raise refusals.RateLimited("Rate limit exceeded, retry later", retry_after_s=retry_after_s)
            case Failing(text):
                raise refusals.Internal(text)
            case Reset():
                raise Dropped
