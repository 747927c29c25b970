"""Ways to answer one request; a test hands them to the server in the order in which it wants them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from . import frames
from .wire import Answer, Exchange

Ending = Literal["end", "close", "reset", "stall"]
EVENT_STREAM = "text/event-stream; charset=utf-8"


def stream(*tokens: str, finish: str | None = "stop", counts: tuple[int, int] | None = (11, 7)) -> Answer:
    """Stream a reply of these tokens."""
    return events(frames.stream(tokens, finish=finish, counts=counts))


def events(parts: Sequence[bytes], ending: Ending = "end", content_type: str = EVENT_STREAM) -> Answer:
    """Send bytes as the body of a stream, then end it, close or reset the connection, or go silent."""

    async def answer(exchange: Exchange) -> None:
        exchange.head(content_type=content_type)
        for part in parts:
            exchange.chunk(part)
        await finish(exchange, ending)

    return answer


async def finish(exchange: Exchange, ending: Ending) -> None:
    if ending == "end":
        exchange.end()
    elif ending == "close":
        exchange.close()
    elif ending == "reset":
        await asyncio.sleep(0.02)  # RST discards what the peer has not read; on loopback this is ample
        exchange.reset()
    else:
        await exchange.gone.wait()


def gated(parts: Sequence[bytes], gates: Iterable[asyncio.Event], ending: Ending = "end") -> Answer:
    """Send the first part, then one more whenever the next gate opens."""

    async def answer(exchange: Exchange) -> None:
        exchange.head(content_type=EVENT_STREAM)
        exchange.chunk(parts[0])
        for part, gate in zip(parts[1:], gates, strict=True):
            await gate.wait()
            exchange.chunk(part)
        await finish(exchange, ending)

    return answer


def repeating(part: bytes, every_s: float, *, before: Sequence[bytes] = ()) -> Answer:
    """Send the same bytes again and again until the client leaves, as keep-alive comments do."""

    async def answer(exchange: Exchange) -> None:
        exchange.head(content_type=EVENT_STREAM)
        for each in before:
            exchange.chunk(each)
        while not exchange.gone.is_set():
            exchange.chunk(part)
            await asyncio.sleep(every_s)

    return answer


def status(code: int, message: str = "no", /, *, body: bytes | None = None, **headers: str) -> Answer:
    """Refuse with a status; ``retry_after="1"`` sends that header."""
    content = frames.error(message) if body is None else body

    async def answer(exchange: Exchange) -> None:
        exchange.whole(code, content, **{"content_type": "application/json", **headers})

    return answer


def whole(body: bytes, content_type: str = "application/json") -> Answer:
    """Answer 200 with this body."""
    return status(200, body=body, content_type=content_type)


def raw(data: bytes, ending: Ending = "close") -> Answer:
    """Send bytes that need not be HTTP."""

    async def answer(exchange: Exchange) -> None:
        exchange.write(data)
        await finish(exchange, ending)

    return answer


async def silence(exchange: Exchange) -> None:
    """Take the request and never answer."""
    await exchange.gone.wait()


async def hang_up(exchange: Exchange) -> None:
    """Take the request and close the connection."""
    exchange.close()
