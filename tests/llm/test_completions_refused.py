"""What a server refuses, and how the visitor is told."""

import asyncio

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelError,
    ModelRefused,
    ModelUnauthorised,
)
from chatbot.llm.completions import OpenAIChat
from tests.servers.openai import Exchange, OpenAIServer, frames, scripts

from .conversation import MESSAGES, PROMPT, Listener, failure

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("status", "kind", "names"),
    [
        (400, ModelRefused, "400"),
        (401, ModelUnauthorised, "OPENAI_API_KEY"),
        (403, ModelUnauthorised, "OPENAI_API_KEY"),
        (404, ModelRefused, "'some-model': check CHAT_MODEL"),
        (307, ModelRefused, "OPENAI_BASE_URL"),
        (422, ModelRefused, "422"),
        (501, ModelRefused, "501"),
    ],
)
async def test_a_refusal_is_told_at_once_and_names_what_to_look_at(
    server: OpenAIServer, client: AsyncOpenAI, status: int, kind: type[ModelError], names: str
) -> None:
    error = await failure(server, client, scripts.status(status, location="/elsewhere"))

    assert type(error) is kind
    assert names in error.message
    assert len(server.log.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        frames.error("This model's maximum context length is 8192 tokens.", code="context_length_exceeded"),
        b'{"error":"the request exceeds the available context size"}',
        b'{"object":"error","message":"The prompt is too long: 9000 tokens","code":400}',
    ],
)
async def test_a_prompt_that_is_too_long_is_called_that(
    server: OpenAIServer, client: AsyncOpenAI, body: bytes
) -> None:
    error = await failure(server, client, scripts.status(400, body=body))

    assert type(error) is ModelRefused
    assert "too long" in error.message


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_the_key_is_never_repeated(server: OpenAIServer, client: AsyncOpenAI, status: int) -> None:
    answers = [scripts.status(status, "Incorrect API key provided: sk-test-7f3a.")] * 2

    assert "sk-test-7f3a" not in (await failure(server, client, *answers)).message


async def test_an_account_without_credit_is_not_asked_again(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    body = frames.error("You exceeded your current quota", code="insufficient_quota")

    error = await failure(server, client, scripts.status(429, body=body))

    assert type(error) is ModelRefused
    assert "credit" in error.message
    assert len(server.log.requests) == 1


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<!doctype html><title>Welcome</title>", "text/html"),
        (b'{"status": "ok"}', "application/json"),
        (b"\n <html>\n", ""),
        (frames.completion("not streamed"), "application/json"),
    ],
)
async def test_a_page_or_a_document_is_not_a_stream(
    server: OpenAIServer, client: AsyncOpenAI, content: bytes, content_type: str
) -> None:
    error = await failure(server, client, scripts.whole(content, content_type))

    assert type(error) is ModelRefused
    assert "is not an OpenAI-compatible server: check OPENAI_BASE_URL" in error.message


async def test_a_refusal_without_end_is_not_read_to_its_end(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    async def endless(exchange: Exchange) -> None:
        exchange.head(400, content_type="application/json")
        while not exchange.gone.is_set():
            exchange.chunk(b"x" * 65536)
            await asyncio.sleep(0)

    error = await failure(server, client, endless)

    assert type(error) is ModelRefused
    assert len(error.message) < 400


async def test_a_server_that_refuses_stream_options_is_asked_without_them_from_then_on(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.status(400, "Unknown field: stream_options"))
    chat = OpenAIChat(client, "m")

    for _ in range(2):
        assert (await chat.reply(PROMPT, Listener())).reason == "done"

    assert ["stream_options" in body for body in server.bodies(CHAT)] == [True, False, False]


async def test_a_reasoning_model_is_given_its_own_name_for_the_limit_from_then_on(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.chat.append(scripts.status(400, body=frames.error(told, param="max_tokens")))
    chat = OpenAIChat(client, "o9", max_tokens=70)

    await chat.reply(PROMPT, Listener())
    await chat.complete(MESSAGES, max_tokens=30, timeout_s=5)

    first, second, third = server.bodies(CHAT)
    assert first["max_tokens"] == 70
    assert (second.get("max_tokens"), second["max_completion_tokens"]) == (None, 70)
    assert (third.get("max_tokens"), third["max_completion_tokens"]) == (None, 30)


async def test_a_limit_that_is_refused_under_both_names_is_a_refusal(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.extend(
        [scripts.status(400, "max_tokens is too large"), scripts.status(400, "max_completion_tokens too")]
    )

    with pytest.raises(ModelRefused, match="too"):
        await OpenAIChat(client, "m", max_tokens=10**9).reply(PROMPT, Listener())

    assert len(server.log.requests) == 2
