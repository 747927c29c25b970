"""What a router in front of this process says about the visitor."""

from collections.abc import Iterable

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

SOCKET_SCHEMES = {"https": "wss", "http": "ws"}


class BehindProxy:
    """
    Takes scheme and client address from the headers of the last ``trusted_hops`` routers.

    Not Hypercorn's ProxyFixMiddleware: that one copies the scope deeply, so that the close code of a websocket
    would not reach the application, and calls a websocket's scheme "https".
    """

    def __init__(self, app: ASGIFramework, trusted_hops: int) -> None:
        self._app = app
        self._trusted_hops = trusted_hops

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" or scope["type"] == "websocket":
            scope = scope.copy()
            headers = list(scope["headers"])
            if client := self._trusted(headers, b"x-forwarded-for"):
                scope["client"] = (client, 0)
            scheme = self._trusted(headers, b"x-forwarded-proto")
            if scheme in SOCKET_SCHEMES:
                scope["scheme"] = SOCKET_SCHEMES[scheme] if scope["type"] == "websocket" else scheme
        await self._app(scope, receive, send)

    def _trusted(self, headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
        """Return what the outermost trusted router added; anything before it may be the visitor's invention."""
        lines = [value.decode("latin1") for found, value in headers if found == name]
        values = [value.strip() for value in ",".join(lines).split(",")]
        return values[-self._trusted_hops] if len(values) >= self._trusted_hops else ""
