"""Failures that pass, and the one retry; servers that cannot be reached at all."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelError,
    ModelInterrupted,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from chatbot.llm.completions import OpenAIChat
from chatbot.llm.openai import open_client
from tests.servers.openai import Answer, Exchange, OpenAIServer, frames, scripts

from .conversation import PROMPT, WORD, Listener, failure


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_failure_is_tried_once_more(
    server: OpenAIServer, client: AsyncOpenAI, status: int
) -> None:
    server.chat.extend([scripts.status(status), scripts.stream("Yes.")])
    said = Listener()

    await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.text == "Yes."
    assert len(server.log.requests) == 2


@pytest.mark.parametrize(("status", "kind"), [(429, ModelRateLimited), (503, ModelUnavailable)])
async def test_there_are_two_attempts_at_most(
    server: OpenAIServer, client: AsyncOpenAI, status: int, kind: type[ModelError]
) -> None:
    error = await failure(server, client, *[scripts.status(status, retry_after="0")] * 5)

    assert type(error) is kind
    assert error.retryable
    assert len(server.log.requests) == 2


def asking_to_wait(status: int, header: str, value: str) -> Answer:
    async def answer(exchange: Exchange) -> None:
        exchange.whole(status, frames.error("busy"), **{header: value})

    return answer


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("retry_after", "30"),
        ("retry_after_ms", "30000"),
        ("retry_after", format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)),
    ],
)
async def test_a_wait_longer_than_a_visitor_would_is_told_at_once(
    server: OpenAIServer, client: AsyncOpenAI, status: int, header: str, value: str
) -> None:
    error = await failure(server, client, asking_to_wait(status, header, value))

    assert error.retryable
    assert error.retry_after_s is not None
    assert 25 < error.retry_after_s <= 300
    assert len(server.log.requests) == 1


@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan", "Thu, 99 Foo 2026"])
async def test_a_wait_that_cannot_be_read_counts_as_none(
    server: OpenAIServer, client: AsyncOpenAI, value: str
) -> None:
    server.chat.append(scripts.status(503, retry_after=value))

    reply = await OpenAIChat(client, "m").reply(PROMPT, Listener())

    assert reply.reason == "done"


@pytest.mark.parametrize(
    "answer", [scripts.hang_up, scripts.events([], "close"), scripts.events([], "reset")]
)
async def test_a_connection_lost_before_the_first_token_is_tried_once_more(
    server: OpenAIServer, client: AsyncOpenAI, answer: Answer
) -> None:
    server.chat.append(answer)

    reply = await OpenAIChat(client, "m").reply(PROMPT, Listener())

    assert reply.reason == "done"
    assert len(server.log.requests) == 2


async def test_nothing_is_tried_again_after_the_first_token(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    said = Listener()

    error = await failure(server, client, scripts.events([WORD], "reset"), said=said)

    assert type(error) is ModelInterrupted
    assert said.pieces == ["word"]
    assert len(server.log.requests) == 1


async def test_nothing_is_tried_again_after_reasoning(server: OpenAIServer, client: AsyncOpenAI) -> None:
    thought = frames.choice({"reasoning_content": "hmm"})

    error = await failure(server, client, scripts.events([thought], "reset"))

    assert type(error) is ModelInterrupted
    assert len(server.log.requests) == 1


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    async with open_client(api_key="k", base_url=f"http://127.0.0.1:{unused_tcp_port}/v1") as client:
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            await OpenAIChat(client, "m").reply(PROMPT, Listener())


async def test_a_server_without_tls_is_named_as_such(server: OpenAIServer) -> None:
    async with open_client(api_key="k", base_url=server.url.replace("http", "https")) as client:
        with pytest.raises(ModelRefused, match=r"TLS.*OPENAI_BASE_URL"):
            await OpenAIChat(client, "m").reply(PROMPT, Listener())


async def test_a_server_that_never_finishes_connecting_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        async with open_client(api_key="k", base_url=address, connect_s=0.1) as client:
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                await OpenAIChat(client, "m").reply(PROMPT, Listener())


@pytest.mark.parametrize("address", ["http://127.0.0.1:1:2/v1", "http://[::1/v1", "http://\x00/v1"])
async def test_an_address_that_is_none_is_an_error_of_ours(address: str) -> None:
    with pytest.raises(ModelError, match="OPENAI_BASE_URL"):
        async with open_client(api_key="k", base_url=address) as client:
            await OpenAIChat(client, "m").reply(PROMPT, Listener())


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nnonsense",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"",
    ],
)
async def test_what_is_not_http_is_an_error_of_ours(
    server: OpenAIServer, client: AsyncOpenAI, data: bytes
) -> None:
    error = await failure(server, client, *[scripts.raw(data)] * 2)

    assert isinstance(error, ModelUnavailable | ModelRefused | ModelInterrupted)
