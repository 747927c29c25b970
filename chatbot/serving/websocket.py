"""One websocket: Hypercorn's handshake, our frames."""

import asyncio
from dataclasses import replace
from typing import Any, Protocol, cast

from hypercorn.protocol.events import Body, Data, Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from hypercorn.typing import ASGISendEvent, WebsocketAcceptEvent

from .frames import (
    ABNORMAL,
    Binary,
    Close,
    Frame,
    Inbound,
    Piece,
    Ping,
    Text,
    Violation,
    binary_frame,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from .limits import KIB, Limits

INTERNAL_ERROR = 1011
POLICY_VIOLATION = 1008

FRAMES_PER_TURN = 8
"""Then the loop turns, so that a hundred sockets full of tiny frames hold it for a few milliseconds only."""


class Link(Protocol):
    """What a websocket needs of the connection below it."""

    async def write(self, data: bytes) -> None:
        """Write when the peer has taken enough of what was written before."""
        ...

    def write_now(self, data: bytes) -> None:
        """Write without waiting: for the few bytes of a control frame."""
        ...

    def opening(self) -> None:
        """Tell that a handshake has begun."""
        ...

    def opened(self, websocket: "Websocket") -> None:
        """Tell that it is complete."""
        ...

    def heard(self) -> None:
        """Tell that the peer sent a whole frame."""
        ...

    def abort_after(self, seconds: float) -> None:
        """Cut the connection if it still exists then."""
        ...

    def stop_reading(self) -> None:
        """Leave everything else that the peer sends unread."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...


class Websocket(WSStream):
    """
    Differs from Hypercorn's stream where that one has no bounds.

    No extension is negotiated, a message is bounded before it is kept, a violation ends the connection, and the
    application learns how it ended: before ``websocket.disconnect``, which carries the code as well,
    ``scope["state"]["close_code"]`` is set to the code of whoever closed first; 1005 if the peer closed without
    a code, 1006 if the connection was cut. Quart cancels the handler; it reads the code in ``finally``.
    """

    def __init__(self, link: Link, limits: Limits, *hypercorns: Any) -> None:
        super().__init__(*hypercorns)
        self._link = link
        self._limits = limits
        self._inbound = Inbound(limits.message_bytes)
        self._pace = Pace(limits.frames, limits.frames_per_s)
        self._close_code = ABNORMAL

    async def handle(self, event: Event) -> None:
        if self.closed:
            return
        match event:
            case Request():
                await self._shake_hands(event)
            case Body() | Data():
                await self._receive(event.data)
            case StreamClosed():
                await self._tell_closed()

    async def app_send(self, message: ASGISendEvent | None) -> None:
        if self.closed:
            return
        if message is None:
            self.part(INTERNAL_ERROR)
            await super().app_send(None)
        elif message["type"] == "websocket.send" and self.state is not ASGIWebsocketState.HANDSHAKE:
            await self._send_message(cast(dict[str, Any], message))
        elif message["type"] == "websocket.close" and self.state is not ASGIWebsocketState.HANDSHAKE:
            self.part(int(message.get("code", 1000)), message.get("reason") or "")
            self._link.abort_after(self._limits.goodbye_s)
        else:
            await super().app_send(message)

    def part(self, code: int, reason: str = "") -> None:
        """Send the close frame; if one was sent, nothing happens."""
        if self.state is ASGIWebsocketState.CONNECTED:
            self.state = ASGIWebsocketState.CLOSED
            self._close_code = code
            self._link.write_now(close_frame(code, reason))

    def ping(self) -> None:
        if self.state is ASGIWebsocketState.CONNECTED:
            self._link.write_now(ping_frame())

    async def _shake_hands(self, request: Request) -> None:
        self._link.opening()
        headers = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
        await super().handle(replace(request, headers=headers))
        if self.closed:  # refused: Hypercorn would keep the connection
            await self.send(StreamClosed(self.stream_id))

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        await super()._accept(message)
        del self.connection  # wsproto's; it has no bounds, and 3 KiB
        self._link.opened(self)

    async def _receive(self, data: bytes) -> None:
        if not self.handshake.accepted:  # no browser sends before it was answered
            self._link.abort()
            return
        self._inbound.feed(data)
        try:
            await self._take_frames()
        except Violation as violation:
            self._link.stop_reading()
            self.part(violation.code, str(violation))
            await self.send(StreamClosed(self.stream_id))

    async def _take_frames(self) -> None:
        count = 0
        while not self.closed and (frame := self._inbound.next()) is not None:
            self._pace.spend(frame, asyncio.get_running_loop().time())
            await self._take(frame)
            count += 1
            if count % FRAMES_PER_TURN == 0 or isinstance(frame, Text | Binary):
                await asyncio.sleep(0)

    async def _take(self, frame: Frame) -> None:
        if not isinstance(frame, Piece) or frame.completes_frame:
            self._link.heard()
        if isinstance(frame, Close):
            self.part(frame.code)
            await self.send(StreamClosed(self.stream_id))
        elif self.state is not ASGIWebsocketState.CONNECTED:
            return
        elif isinstance(frame, Ping):
            await self._link.write(pong_frame(frame.data))
        elif isinstance(frame, Text):
            await self._tell_app({"type": "websocket.receive", "text": frame.data, "bytes": None})
        elif isinstance(frame, Binary):
            await self._tell_app({"type": "websocket.receive", "text": None, "bytes": frame.data})

    async def _send_message(self, message: dict[str, Any]) -> None:
        if self.state is not ASGIWebsocketState.CONNECTED:  # the peer is leaving: as if it had not arrived
            return
        data = message.get("bytes")
        await self._link.write(text_frame(message["text"]) if data is None else binary_frame(data))

    async def _tell_closed(self) -> None:
        self.closed = True
        del self._inbound  # up to 64 KiB, which would wait for the garbage collector
        self.scope["state"]["close_code"] = self._close_code
        await self._tell_app({"type": "websocket.disconnect", "code": self._close_code})

    async def _tell_app(self, message: dict[str, Any]) -> None:
        if self.app_put is not None:
            await self.app_put(message)


class Pace:
    """How much a peer may send at once and over time; a page never comes near it, a flood does."""

    def __init__(self, burst: int, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = float(burst)
        self._since: float | None = None

    def spend(self, frame: Frame, now: float) -> None:
        """
        Count a frame, and each KiB of a message as one more.

        Raises:
            Violation: The peer sent more than it may.
        """
        if self._since is not None:
            self._left = min(self._burst, self._left + (now - self._since) * self._per_s)
        self._since = now
        size = len(frame.data) if isinstance(frame, Text | Binary) else 0
        self._left -= 1 + size / KIB
        if self._left < 0:
            raise Violation(POLICY_VIOLATION, "too many frames")
