"""What the tests of embeddings ask, and how they are refused."""

import asyncio
from collections.abc import Sequence

import pytest

from chatbot.errors import ModelError, WrongDimension
from chatbot.llm.embeddings import OpenAIEmbedder
from tests.servers.openai import Answer, OpenAIServer, frames, scripts

EMBEDDINGS = "/v1/embeddings"
PATIENCE_S = 10


def inputs(server: OpenAIServer) -> list[list[str]]:
    return [body["input"] for body in server.bodies(EMBEDDINGS)]


def given(*vectors: Sequence[float]) -> Answer:
    """Answer with these vectors, whatever the texts."""
    return scripts.whole(frames.embeddings(vectors))


async def failure(embedder: OpenAIEmbedder, texts: Sequence[str] = ("a",)) -> Exception:
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises((ModelError, WrongDimension)) as caught:
            await embedder.embed(texts)
    return caught.value
