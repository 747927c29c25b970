"""Deadlines that nothing but a token satisfies."""

import asyncio

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelInterrupted,
    ModelTimeout,
)
from chatbot.llm.completions import OpenAIChat
from tests.servers.openai import Answer, Exchange, OpenAIServer, frames, scripts

from .conversation import PROMPT, WORD, Listener, failure


@pytest.mark.parametrize(
    "answer",
    [
        scripts.silence,
        scripts.events([], "stall"),
        scripts.repeating(b": ping\n\n", 0.02),
        scripts.repeating(frames.choice({"content": ""}), 0.02),
        scripts.repeating(b"\n", 0.02),
    ],
    ids=["nothing", "headers alone", "comments", "empty deltas", "blank lines"],
)
async def test_no_first_token_is_a_timeout(server: OpenAIServer, client: AsyncOpenAI, answer: Answer) -> None:
    error = await failure(server, client, answer, first_token_s=0.2)

    assert type(error) is ModelTimeout
    assert len(server.log.requests) <= 1


@pytest.mark.parametrize(
    "answer",
    [
        scripts.events([WORD], "stall"),
        scripts.repeating(b": ping\n\n", 0.02, before=[WORD]),
        scripts.repeating(frames.choice({"content": ""}), 0.02, before=[WORD]),
    ],
    ids=["nothing", "comments", "empty deltas"],
)
async def test_silence_after_a_token_is_an_interruption(
    server: OpenAIServer, client: AsyncOpenAI, answer: Answer
) -> None:
    said = Listener()

    error = await failure(server, client, answer, said=said, between_tokens_s=0.2)

    assert type(error) is ModelInterrupted
    assert said.pieces == ["word"]


async def test_a_model_that_thinks_aloud_for_long_is_alive(server: OpenAIServer, client: AsyncOpenAI) -> None:
    async def think(exchange: Exchange) -> None:
        exchange.head(content_type=scripts.EVENT_STREAM)
        for _ in range(60):
            exchange.chunk(frames.choice({"reasoning_content": "hmm"}))
            await asyncio.sleep(0.02)
        for event in frames.stream(["Yes."]):
            exchange.chunk(event)
        exchange.end()

    server.chat.append(think)
    said = Listener()

    await OpenAIChat(client, "m", first_token_s=1, between_tokens_s=1).reply(PROMPT, said)

    assert said.text == "Yes."


async def test_the_time_that_a_slow_listener_takes_is_not_the_models(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    words = [asyncio.Event(), asyncio.Event()]
    server.chat.append(scripts.gated([WORD, WORD, frames.choice({}, "stop")], words))
    waiting = iter(words)

    async def slow(text: str) -> None:
        ready = next(waiting)
        asyncio.get_running_loop().call_later(0.6, ready.set)
        await ready.wait()

    reply = await OpenAIChat(client, "m", first_token_s=5, between_tokens_s=0.4).reply(PROMPT, slow)

    assert reply.reason == "done"
