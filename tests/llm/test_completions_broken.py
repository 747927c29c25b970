"""Streams that break, or that were never streams: what was shown stays, and is never called complete."""

import asyncio
from collections.abc import Sequence

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelError,
    ModelInterrupted,
    ModelRateLimited,
    ModelRefused,
    ModelUnauthorised,
    ModelUnavailable,
)
from chatbot.llm.completions import OpenAIChat
from tests.servers.openai import Exchange, OpenAIServer, frames, scripts

from .conversation import PATIENCE_S, PROMPT, WORD, Listener, failure


@pytest.mark.parametrize("parts", [[WORD], [WORD, frames.DONE]], ids=["end", "end mark"])
async def test_a_stream_without_a_finish_reason_is_interrupted(
    server: OpenAIServer, client: AsyncOpenAI, parts: Sequence[bytes]
) -> None:
    assert type(await failure(server, client, scripts.events(parts))) is ModelInterrupted


@pytest.mark.parametrize("parts", [[], [frames.DONE], [frames.choice({"role": "assistant"})]])
async def test_a_stream_that_ends_before_its_first_word_is_interrupted(
    server: OpenAIServer, client: AsyncOpenAI, parts: Sequence[bytes]
) -> None:
    error = await failure(server, client, scripts.events(parts))

    assert type(error) is ModelInterrupted
    assert "before its first word" in error.message


MALFORMED = [
    b'data: {"choices": [\n\n',
    b"data: \xff\n\n",
    b"<html>\n",
    b'data: {"choices":[{"delta":{"content":5}}]}\n\n',
]


@pytest.mark.parametrize("bad", MALFORMED)
async def test_nonsense_after_a_word_is_an_interruption(
    server: OpenAIServer, client: AsyncOpenAI, bad: bytes
) -> None:
    said = Listener()

    error = await failure(server, client, scripts.events([WORD + bad + WORD, WORD]), said=said)

    assert type(error) is ModelInterrupted
    assert said.text == "word"


@pytest.mark.parametrize("bad", MALFORMED)
async def test_nonsense_before_the_first_word_makes_the_server_unavailable(
    server: OpenAIServer, client: AsyncOpenAI, bad: bytes
) -> None:
    assert type(await failure(server, client, *[scripts.events([bad, WORD])] * 2)) is ModelUnavailable


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "slow down", "code": "rate_limit_exceeded"}, ModelRateLimited),
        ({"message": "slow down", "code": 429}, ModelRateLimited),
        ({"message": "no such key", "type": "authentication_error"}, ModelUnauthorised),
        ({"message": "too many tokens", "code": "context_length_exceeded"}, ModelRefused),
        ({"message": "out of memory", "type": "server_error"}, ModelUnavailable),
        ("out of memory", ModelUnavailable),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_an_error_in_place_of_a_reply_keeps_its_meaning(
    server: OpenAIServer, client: AsyncOpenAI, error: object, kind: type[ModelError], streamed: bool
) -> None:
    event = frames.event({"error": error})
    answer = scripts.events([event]) if streamed else scripts.whole(event.removeprefix(b"data: "))

    assert type(await failure(server, client, answer, answer)) is kind


async def test_an_error_after_a_word_is_an_interruption(server: OpenAIServer, client: AsyncOpenAI) -> None:
    said = Listener()
    event = frames.event({"error": {"message": "slow down", "code": 429}})

    error = await failure(server, client, scripts.events([WORD + event]), said=said)

    assert type(error) is ModelInterrupted
    assert said.text == "word"


@pytest.mark.parametrize(
    "filling", [b"x" * 16384, frames.choice({"content": "y" * 16384}).strip()], ids=["line", "event"]
)
async def test_an_event_without_end_is_not_kept(
    server: OpenAIServer, client: AsyncOpenAI, filling: bytes
) -> None:
    sent = 0

    async def endless(exchange: Exchange) -> None:
        nonlocal sent
        exchange.head(content_type=scripts.EVENT_STREAM)
        exchange.chunk(WORD + b"data: ")
        while not exchange.gone.is_set():
            exchange.chunk(filling)
            sent += len(filling)
            await asyncio.sleep(0.0005)

    server.chat.append(endless)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ModelInterrupted):
            await OpenAIChat(client, "m").reply(PROMPT, Listener())
        await server.log.client_gone.wait()

    assert sent < 16 * 1024 * 1024
