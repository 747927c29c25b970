"""The application: pages, socket and interfaces around the services, and errors as answers."""

import asyncio
import logging
from http import HTTPStatus

from quart import Quart, Response, Websocket, request
from quart.asgi import ASGIWebsocketConnection
from werkzeug.exceptions import HTTPException

from .errors import (
    Busy,
    ChatbotError,
    CollectionNotFound,
    Draining,
    ModelError,
    NotFound,
    StoreError,
    UsageError,
)
from .services import Services
from .web.api import api
from .web.drain import Drain
from .web.health import health
from .web.pages import pages
from .web.resources import STATIC, TEMPLATES
from .web.socket import socket

log = logging.getLogger(__name__)

UNREAD_FRAMES = 8
MOST_BODY_BYTES = 64 * 1024

STATUSES: tuple[tuple[type[ChatbotError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (CollectionNotFound, HTTPStatus.NOT_FOUND),
    (Busy, HTTPStatus.CONFLICT),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (Draining, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ModelError, HTTPStatus.BAD_GATEWAY),
)
"""The first that fits decides; anything else is 500."""


CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.FORBIDDEN: "forbidden",
}
"""Of errors that are about HTTP itself; the names of Python's own change with its version."""


class BoundedConnection(ASGIWebsocketConnection):
    """Quart keeps unread frames without a limit; here a page that sends faster than it is heard waits."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type] # handed through as it came
        self.queue = asyncio.Queue(UNREAD_FRAMES)


class PromptWebsocket(Websocket):
    """Quart lets the loop turn before each frame, for handlers that only send; ours wait by themselves."""

    async def send(self, data: str | bytes) -> None:
        await self._send(data)


def create_app(services: Services, drain: Drain) -> Quart:
    """Return the application; the services are open for as long as it serves."""
    app = Quart("chatbot", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.asgi_websocket_class = BoundedConnection
    app.websocket_class = PromptWebsocket
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.extensions["services"] = services
    app.extensions["drain"] = drain
    for blueprint in (pages, socket, api, health):
        app.register_blueprint(blueprint)
    app.register_error_handler(ChatbotError, answer_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_unexpected)
    return app


async def answer_error(error: ChatbotError) -> tuple[dict[str, object], int, dict[str, str]]:
    status = next(
        (status for kind, status in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR
    )
    headers = {} if error.retry_after_s is None else {"Retry-After": str(round(error.retry_after_s))}
    return shape(error.code, error.message, error.retryable), status, headers


async def answer_http_error(error: HTTPException) -> tuple[dict[str, object], int] | Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code = CODES.get(status, "http_error")
    return shape(
        code, status.description or status.phrase, status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ), status


async def answer_unexpected(error: Exception) -> tuple[dict[str, object], int]:
    log.exception("a request failed", exc_info=error, extra={"path": request.path})
    return shape("internal", "Something went wrong on the server. Please try again.", True), 500


def shape(code: str, message: str, retryable: bool) -> dict[str, object]:
    """Return the one shape that errors have everywhere."""
    return {"error": {"code": code, "message": message, "retryable": retryable}}
