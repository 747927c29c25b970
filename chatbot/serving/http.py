"""HTTP/1.1 on one connection."""

from typing import Any

import h11
from hypercorn.events import Closed
from hypercorn.protocol.events import Request
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream

from .limits import Limits
from .websocket import Link, Websocket

SPOKEN = {b"1.0", b"1.1"}
BAD_REQUEST = 400
VERSION_NOT_SUPPORTED = 505


class Http(H11Protocol):
    """
    Differs from Hypercorn's protocol in what it refuses, and in the websocket that it makes.

    HTTP/2 is not spoken: its websockets (RFC 8441) would go round our bounds, and it is routers that speak it.
    """

    def __init__(self, link: Link, limits: Limits, *hypercorns: Any) -> None:
        super().__init__(*hypercorns)
        self._link = link
        self._limits = limits

    async def _check_protocol(self, event: h11.Request) -> None:
        """Ignore an offer to change to HTTP/2, as RFC 9110, section 7.8 allows."""

    async def _create_stream(self, request: h11.Request) -> None:
        if status := fault(request):
            await self._send_error_response(status)
            await self.send(Closed())
            return
        self.stream = self._stream(request)
        await self.stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=list(request.headers),
                http_version=request.http_version.decode(),
                method=request.method.decode().upper(),
                raw_path=request.target,
                state=self.connection_state,
            )
        )
        self.keep_alive_requests += 1

    def _stream(self, request: h11.Request) -> HTTPStream | Websocket:
        surroundings = (self.app, self.config, self.context, self.task_group, self.ssl)
        ends = (self.client, self.server, self.stream_send, STREAM_ID)
        if is_handshake(request) and isinstance(self.connection, h11.Connection):
            self.connection = H11WSConnection(self.connection)
            return Websocket(self._link, self._limits, *surroundings, *ends)
        return HTTPStream(*surroundings, *ends)


def fault(request: h11.Request) -> int:
    """Return the status that a request gets which Hypercorn or Quart would stumble over; 0 if it is fine."""
    if request.http_version not in SPOKEN:
        return VERSION_NOT_SUPPORTED
    if not request.target.partition(b"?")[0]:
        return BAD_REQUEST
    if any(name.startswith(b"sec-websocket-") and not value.isascii() for name, value in request.headers):
        return BAD_REQUEST
    return 0


def is_handshake(request: h11.Request) -> bool:
    """Whether the request opens a websocket (RFC 6455, section 4.2.1)."""
    options: set[bytes] = set()
    upgrade = b""
    for name, value in request.headers:
        if name == b"connection":
            options |= {option.strip().lower() for option in value.split(b",")}
        elif name == b"upgrade":
            upgrade = value.strip().lower()
    return request.method == b"GET" and b"upgrade" in options and upgrade == b"websocket"
