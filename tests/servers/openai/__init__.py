"""
A loopback double of the OpenAI interface: chat completions, embeddings and models, on real sockets.

Without scripts it behaves: cited answers from the numbered passages of the prompt, vectors of hashed words.
With scripts it answers as a test wants, one script a request, and behaves again when they are used up::

    async with OpenAIServer() as server:
        server.chat.append(scripts.status(503))
        async with open_client(api_key="k", base_url=server.url) as client:
            ...
        assert len(server.log.requests) == 2

`python -m tests.servers.openai --port N` runs it in a process of its own.
"""

import functools
import json
from collections import deque
from typing import Any, Self

from . import answers, frames, scripts
from .scripts import EVENT_STREAM
from .wheel import Wheel
from .wire import Answer, Exchange, Request, Server, framed

__all__ = ["Answer", "Exchange", "OpenAIServer", "Request", "answers", "frames", "scripts"]


class OpenAIServer(Server):
    """
    Args:
        port: 0 takes a free one.
        tokens_per_second: Of each stream; None sends a reply at once.
        tokens: Length of each reply; None leaves it as long as its text.

    Attributes:
        chat, embeddings, models: Scripts for the next requests to each address.
    """

    def __init__(
        self, port: int = 0, *, tokens_per_second: float | None = None, tokens: int | None = None
    ) -> None:
        super().__init__(port)
        self.chat: deque[Answer] = deque()
        self.embeddings: deque[Answer] = deque()
        self.models: deque[Answer] = deque()
        self._tokens = tokens
        self._wheel = Wheel(tokens_per_second) if tokens_per_second else None
        self._addresses = {
            "/v1/chat/completions": (self.chat, self._chat),
            "/v1/embeddings": (self.embeddings, self._embed),
            "/v1/models": (self.models, self._models),
        }

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def url(self) -> str:
        """The address to give as OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return what was sent to an address such as ``/v1/embeddings``, in order."""
        return [request.json for request in self.log.requests if request.path == path]

    async def answer(self, exchange: Exchange) -> None:
        waiting, behave = self._addresses.get(exchange.request.path, (deque[Answer](), _not_found))
        await (waiting.popleft() if waiting else behave)(exchange)

    async def _chat(self, exchange: Exchange) -> None:
        asked = exchange.request.json
        text = answers.reply_to(asked["messages"])
        if asked.get("stream"):
            await self._stream(exchange, answers.tokens_of(text))
        else:
            exchange.whole(200, frames.completion(text), content_type="application/json")

    async def _stream(self, exchange: Exchange, tokens: list[str]) -> None:
        asked = exchange.request.json
        counts = bool(asked.get("stream_options", {}).get("include_usage"))
        ready = _frames(tuple(answers.lengthened(tokens, self._tokens) if self._tokens else tokens), counts)
        exchange.head(content_type=EVENT_STREAM)
        if self._wheel:
            await self._wheel.send(exchange, iter(ready))
        else:
            exchange.write(b"".join(ready))
        exchange.end()

    async def _embed(self, exchange: Exchange) -> None:
        asked = exchange.request.json
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors = [frames.vector(text, asked.get("dimensions") or frames.DIMENSIONS) for text in texts]
        body = frames.embeddings(vectors, asked.get("encoding_format", "float"))
        exchange.whole(200, body, content_type="application/json")

    async def _models(self, exchange: Exchange) -> None:
        listed = [{"id": name, "object": "model"} for name in (frames.MODEL, frames.EMBEDDING_MODEL)]
        body = json.dumps({"object": "list", "data": listed}).encode()
        exchange.whole(200, body, content_type="application/json")


async def _not_found(exchange: Exchange) -> None:
    exchange.whole(404, frames.error("no such address"), content_type="application/json")


@functools.lru_cache(maxsize=64)
def _frames(tokens: tuple[str, ...], with_usage: bool) -> tuple[bytes, ...]:
    """Return a reply as chunks that only need to be written; benches ask the same again and again."""
    counts = (100, len(tokens)) if with_usage else None
    return tuple(framed(part) for part in frames.stream(tokens, counts=counts))
