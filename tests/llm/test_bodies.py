"""Bytes of a stream: gathered for a while, and not lost by it."""

import asyncio

import pytest
from openai import AsyncOpenAI

from chatbot.errors import ModelError
from chatbot.llm.bodies import opened
from chatbot.llm.failures import MappedErrors
from tests.servers.openai import Exchange, OpenAIServer

PATIENCE_S = 5.0
GATHER_S = 0.05


def errors() -> MappedErrors:
    return MappedErrors("m", "CHAT_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "k")


async def test_what_came_while_it_was_gathered_is_read_even_if_the_connection_broke_since(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    go_on = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        exchange.head(content_type="text/event-stream")
        exchange.chunk(b"one ")
        await go_on.wait()
        exchange.chunk(b"two ")
        exchange.chunk(b"three")
        exchange.close()

    server.chat.append(answer)
    async with (
        asyncio.timeout(PATIENCE_S),
        opened(client, "/chat/completions", {"stream": True}, errors()) as body,
    ):
        assert await body.read() == b"one "
        go_on.set()
        await body.gather(GATHER_S)

        assert await body.read() == b"two three"
        with pytest.raises(ModelError):
            await body.read()


async def test_a_reply_that_ended_while_it_was_gathered_leaves_its_connection_to_the_next(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.head(content_type="text/event-stream")
        exchange.chunk(b"one")
        exchange.end()

    server.chat.extend([answer, answer])
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(2):
            async with opened(client, "/chat/completions", {"stream": True}, errors()) as body:
                first = await body.read()
                await body.gather(GATHER_S)
                assert (first, await body.read()) == (b"one", b"")

    assert server.log.accepted == 1
