"""A small application for the server's tests, and a record of what happens in it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from quart import Quart, Response, request, websocket

from chatbot.web.drain import Drain


@dataclass
class Journal:
    """What happened, in order, and what handlers wait for."""

    lines: list[str] = field(default_factory=list)
    echo: Callable[[str], object] = lambda line: None
    codes: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    heard: asyncio.Queue[str | bytes] = field(default_factory=asyncio.Queue)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, line: str) -> None:
        self.lines.append(line)
        self.echo(line)


def make_app(journal: Journal, drain: Drain) -> Quart:
    """
    Return an application with one websocket and a few pages.

    The websocket answers each message with the same; "answer" is answered once ``journal.release`` is set, and
    the socket is busy until then; "flood" is answered without end.
    """
    app = Quart(__name__)

    @app.before_serving
    async def start() -> None:
        journal.note("started")

    @app.after_serving
    async def stop() -> None:
        journal.note("stopped")

    @app.websocket("/ws")
    async def talk() -> None:
        await websocket.accept()
        with drain.joined(websocket.close) as member:
            try:
                while True:
                    message = await websocket.receive()
                    await journal.heard.put(message)
                    if message == "answer":
                        member.busy = True
                        journal.note("waiting")
                        await journal.release.wait()
                    while message == "flood":
                        await websocket.send("x" * 4096)
                    await websocket.send(message)
                    member.busy = False
            finally:
                journal.note("left")
                with suppress(asyncio.QueueFull):
                    journal.codes.put_nowait(websocket.scope["state"]["close_code"])

    @app.websocket("/never")
    async def never_accepts() -> None:
        await asyncio.Event().wait()

    @app.get("/health")
    async def health() -> str:
        return "ok"

    @app.get("/seen")
    async def seen() -> dict[str, str | None]:
        return {"scheme": request.scheme, "client": request.remote_addr}

    @app.get("/slow")
    async def slow() -> str:
        journal.note("waiting")
        await journal.release.wait()
        journal.note("answered")
        return "late"

    @app.get("/hang")
    async def hang() -> str:
        journal.note("waiting")
        time.sleep(3600)  # noqa: ASYNC251  # the fault that a deadline is for
        return ""

    @app.get("/long")
    async def long() -> Response:
        return Response("y" * 4_000_000)

    return app
