"""The real application on a real socket, over fakes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import aiohttp
import pytest

from chatbot.answering.assistant import Assistant
from chatbot.answering.retrieval import Retriever
from chatbot.answering.rewriting import Rewriter
from chatbot.app import create_app
from chatbot.chats.history import History
from chatbot.chats.turns import Turns
from chatbot.model import Fingerprint, Point
from chatbot.services import Services
from chatbot.serving import serving
from chatbot.settings import Settings
from chatbot.web.drain import Drain
from chatbot.web.markup import Markup
from tests.fakes import FakeChat, FakeEncoder, FakeStore, passage

TEXTS = ("Collections hold points.", "Servers are installed with pip.")


@dataclass
class Site:
    """
    A served application.

    Attributes:
        url, ws: Where it is, for HTTP and for the websocket.
    """

    url: str
    ws: str
    store: FakeStore
    model: FakeChat
    drain: Drain
    turns: Turns
    http: aiohttp.ClientSession


class Sites:
    """Opens sites that live as long as the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def __call__(
        self,
        model: FakeChat | None = None,
        *,
        abandoned_s: float = 20.0,
        allowed_origins: tuple[str, ...] = (),
    ) -> Site:
        model = model or FakeChat("Collections hold ", "points [1].")
        store, encoder = await filled_store(), FakeEncoder()
        retriever = Retriever(store, ("documents",), encoder, None, Rewriter(None))
        assistant = Assistant(retriever, model, encoder, Markup())
        turns = await self._stack.enter_async_context(
            Turns(assistant.answer, History(), abandoned_s=abandoned_s)
        )
        settings = replace(Settings(), allowed_origins=allowed_origins)
        drain = Drain()
        app = create_app(Services(settings, store, retriever, assistant, turns), drain)
        url = await self._stack.enter_async_context(serving(app, drain))
        http = await self._stack.enter_async_context(aiohttp.ClientSession(url))
        return Site(url, url.replace("http", "ws", 1) + "/ws", store, model, drain, turns, http)


async def filled_store() -> FakeStore:
    store = FakeStore()
    await store.create_collection("documents", Fingerprint(None, 0, "c"))
    for text in TEXTS:
        made = passage(text, document=f"{text[:11]}.md")
        sparse = FakeEncoder().encode_passage(made.searched_text)
        await store.replace("documents", made.document, [Point(made, sparse)])
    return store


@pytest.fixture
async def open_site() -> AsyncIterator[Sites]:
    async with asyncio.timeout(30), AsyncExitStack() as stack:
        yield Sites(stack)
