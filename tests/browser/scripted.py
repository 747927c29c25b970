"""The real pages over a websocket that says what a test tells it to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import hypercorn.asyncio
from hypercorn.config import Config
from quart import Quart, websocket
from quart.wrappers import Websocket

from chatbot.model import Passage
from chatbot.web.markup import Markup
from chatbot.web.pages import pages
from chatbot.web.resources import STATIC, TEMPLATES

from .cable import Cable, laid

WAIT_S = 10.0


@dataclass
class Shelf:
    """The part of the port `VectorStore` that pages read, over passages in memory."""

    kept: Sequence[Passage]

    async def passages(self, collection: str, document: str) -> list[Passage]:
        return [each for each in self.kept if each.document == document]

    async def retrieve(self, collection: str, ids: Sequence[str]) -> list[Passage]:
        return [each for each in self.kept if each.id in ids]

    async def documents(self, collection: str) -> dict[str, str]:
        return {each.document: each.content_hash for each in self.kept}


@dataclass
class Script:
    """The server's side of the conversation, in the hands of a test."""

    address: str = ""
    mode: str | None = "gpt-test"
    shelf: Shelf = field(default_factory=lambda: Shelf(()))
    _heard: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    _connected: asyncio.Queue[Websocket] = field(default_factory=asyncio.Queue)
    _connection: Websocket | None = None
    _turn: str = ""
    _events: list[dict[str, Any]] = field(default_factory=list)
    _markup: Markup = field(default_factory=Markup)

    async def frame(self) -> dict[str, Any]:
        """Return the next frame of the page."""
        async with asyncio.timeout(WAIT_S):
            return await self._heard.get()

    async def connection(self) -> None:
        """Wait for the page's next connection."""
        async with asyncio.timeout(WAIT_S):
            self._connection = await self._connected.get()

    async def asked(self) -> dict[str, Any]:
        """Wait for a question, and begin to record its turn."""
        frame = await self.frame()
        assert frame["type"] == "ask", frame
        self._turn, self._events = frame["id"], []
        return frame

    async def say(self, kind: str, **fields: Any) -> None:
        """Record the next event of the turn, and send it."""
        self.note(kind, **fields)
        await self.send(self._events[-1])

    def note(self, kind: str, **fields: Any) -> None:
        """Record the next event of the turn without sending it: nobody is there to hear it."""
        self._events.append({"type": kind, "id": self._turn, "seq": len(self._events) + 1, **fields})

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event as it is."""
        assert self._connection is not None
        await self._connection.send(json.dumps(event))

    async def go_on(self, after: int) -> None:
        """Send what was recorded after an event."""
        for event in self._events[after:]:
            await self.send(event)

    async def write(self, markdown: str, *, numbers: Sequence[int] = (), at: int = 0) -> int:
        """Send a text and the block that it makes; returns where it ends."""
        await self.say("delta", text=markdown)
        end = at + len(markdown)
        await self.say("block", html=self.html(markdown, *numbers), **{"from": at, "to": end})
        return end

    def html(self, markdown: str, *numbers: int) -> str:
        """Return a block as the server renders it."""
        return self._markup.html(markdown, numbers)

    async def refuse(self, code: str, message: str, **fields: Any) -> None:
        """Send an error that is not part of the turn's record."""
        error = {"type": "error", "id": self._turn, "seq": 0, "code": code, "message": message}
        await self.send({"retryable": False, **error, **fields})

    async def finish(self, reason: str = "done") -> None:
        usage = {"prompt_tokens": 1200, "completion_tokens": 214}
        timings = {"search": 8.2, "first_token": 412.0, "total": 2315.0}
        await self.say("finish", reason=reason, usage=usage, timings=timings)

    async def close(self, code: int) -> None:
        assert self._connection is not None
        await self._connection.close(code)

    async def talk(self) -> None:
        await websocket.accept()
        connection: Websocket = websocket._get_current_object()  # type: ignore[attr-defined] # of the proxy
        self._connected.put_nowait(connection)
        while True:
            self._heard.put_nowait(json.loads(await websocket.receive()))


def scripted_app(script: Script) -> Quart:
    app = Quart("scripted", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.extensions["services"] = SimpleNamespace(store=script.shelf, mode=script.mode, collection="documents")
    app.register_blueprint(pages)
    app.add_websocket("/ws", view_func=script.talk)
    return app


@asynccontextmanager
async def served(app: Quart) -> AsyncIterator[int]:
    """Serve an app on a free port; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 0.5
    config.accesslog = config.errorlog = None
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hypercorn.asyncio.serve(app, config, shutdown_trigger=stop.wait))
        try:
            yield port
        finally:
            stop.set()


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Cable]:
    """Serve the pages with this script; the cable leads to them."""
    async with served(scripted_app(script)) as port, laid(port) as cable:
        script.address = cable.address
        yield cable


def as_source(n: int, passage: Passage, **changes: Any) -> dict[str, Any]:
    """Return a passage as the `sources` event carries it."""
    anchor = f"#{passage.anchor}" if passage.anchor else ""
    source = {
        "n": n,
        "id": passage.id,
        "title": passage.title,
        "headings": list(passage.headings),
        "url": passage.url or f"/documents/{passage.document}?collection=documents{anchor}",
        "text": passage.text,
        "score": 0.5,
        "collection": "documents",
    }
    return source | changes
