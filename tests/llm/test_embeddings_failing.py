"""An embedding model that cannot be used, is too small for a batch, or fails."""

import asyncio
import base64
import json
import math
import struct
from typing import Any

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelError,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnauthorised,
    ModelUnavailable,
)
from chatbot.llm.embeddings import OpenAIEmbedder
from tests.servers.openai import Answer, Exchange, OpenAIServer, frames, scripts

from .embedding import PATIENCE_S, failure, inputs


def embedding(vector: Any, index: Any = 0) -> bytes:
    return json.dumps({"data": [{"index": index, "embedding": vector}]}).encode()


def base64_of(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize(
    "content",
    [
        embedding(base64_of(1.0, math.nan)),
        embedding(base64_of(math.inf, 1.0)),
        embedding(base64_of(math.inf, -math.inf)),
        embedding([math.nan]),
        embedding([1e300]),
        embedding([10**400]),
        embedding([]),
        embedding(""),
        embedding("not base64!"),
        embedding("AAA="),
        embedding([1.0], index=1),
        embedding(["1.0"]),
        embedding(None),
        b'{"data": []}',
        frames.embeddings([[1.0], [2.0]]),
        b"{",
        b"[]",
        b"",
        b"<html>",
        b"\xff\xfe",
    ],
)
async def test_vectors_that_cannot_be_used_are_refused(
    server: OpenAIServer, client: AsyncOpenAI, content: bytes
) -> None:
    server.embeddings.append(scripts.whole(content))

    error = await failure(OpenAIEmbedder(client, "some-model"))

    assert type(error) is ModelRefused
    assert "EMBEDDING_BASE_URL" in str(error)


async def test_a_reply_without_end_is_not_kept(server: OpenAIServer, client: AsyncOpenAI) -> None:
    async def endless(exchange: Exchange) -> None:
        exchange.head(content_type="application/json")
        while not exchange.gone.is_set():
            exchange.chunk(b" " * 65536)
            await asyncio.sleep(0)

    server.embeddings.append(endless)

    assert type(await failure(OpenAIEmbedder(client, "e"))) is ModelRefused


def at_most(count: int, refusal: Answer) -> Answer:
    """Embed batches up to this size, refuse larger ones."""

    async def answer(exchange: Exchange) -> None:
        texts = exchange.request.json["input"]
        if len(texts) > count:
            await refusal(exchange)
        else:
            exchange.whole(200, frames.embeddings([frames.vector(text) for text in texts]))

    return answer


@pytest.mark.parametrize(
    "refusal",
    [
        scripts.status(413, body=b"Payload Too Large"),
        scripts.status(413, body=b'{"error":"batch size 8 > maximum allowed batch size 3"}'),
        scripts.status(400, "Requested 400000 tokens, max 300000 tokens per request"),
    ],
)
async def test_a_batch_that_is_too_large_is_halved(
    server: OpenAIServer, client: AsyncOpenAI, refusal: Answer
) -> None:
    server.embeddings.extend([at_most(3, refusal)] * 20)
    texts = [f"text {n}" for n in range(8)]

    vectors = await OpenAIEmbedder(client, "e").embed(texts)

    assert [len(batch) for batch in inputs(server)] == [8, 4, 2, 2, 4, 2, 2]
    for text, vector in zip(texts, vectors, strict=True):
        assert list(vector) == pytest.approx(frames.vector(text), abs=1e-6)


async def test_a_single_text_that_is_too_long_is_a_refusal(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.embeddings.append(scripts.status(413))

    error = await failure(OpenAIEmbedder(client, "e"))

    assert type(error) is ModelRefused
    assert "too long for the embedding model 'e'" in str(error)


async def test_another_refusal_is_not_tried_in_halves(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.embeddings.append(scripts.status(400, "no such user"))

    assert type(await failure(OpenAIEmbedder(client, "e"), ["a", "b"])) is ModelRefused
    assert len(server.log.requests) == 1


@pytest.mark.parametrize(
    "first", [scripts.status(503), scripts.status(429, retry_after="0"), scripts.hang_up]
)
async def test_a_passing_failure_is_tried_once_more(
    server: OpenAIServer, client: AsyncOpenAI, first: Answer
) -> None:
    server.embeddings.append(first)

    assert len(await OpenAIEmbedder(client, "e").embed(["a"])) == 1
    assert len(server.log.requests) == 2


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([scripts.status(401)], ModelUnauthorised),
        ([scripts.status(404)], ModelRefused),
        ([scripts.status(500)] * 2, ModelUnavailable),
        ([scripts.status(429, retry_after="60")], ModelRateLimited),
        ([scripts.hang_up] * 2, ModelUnavailable),
        ([scripts.events([b'{"data": ['], "close")] * 2, ModelUnavailable),
        ([scripts.events([b'{"data": ['], "reset")] * 2, ModelUnavailable),
        ([scripts.silence], ModelTimeout),
        ([scripts.events([b'{"data": ['], "stall")], ModelTimeout),
    ],
)
async def test_a_failure_has_one_name(
    server: OpenAIServer, client: AsyncOpenAI, answers: list[Answer], kind: type[ModelError]
) -> None:
    server.embeddings.extend(answers)

    error = await failure(OpenAIEmbedder(client, "e", timeout_s=0.3 if kind is ModelTimeout else 10))

    assert type(error) is kind
    assert len(server.log.requests) == len(answers)


@pytest.mark.parametrize(("status", "names"), [(401, "EMBEDDING_API_KEY"), (404, "EMBEDDING_MODEL")])
async def test_a_refusal_names_the_settings_of_embeddings(
    server: OpenAIServer, client: AsyncOpenAI, status: int, names: str
) -> None:
    server.embeddings.append(scripts.status(status))

    assert names in str(await failure(OpenAIEmbedder(client, "e")))


async def test_one_failed_batch_ends_the_others(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.embeddings.extend([scripts.silence, scripts.status(401), scripts.silence])

    error = await failure(OpenAIEmbedder(client, "e", batch_size=1, concurrency=3), ["a", "b", "c"])

    assert type(error) is ModelUnauthorised
    async with asyncio.timeout(0.25):
        await server.log.client_gone.wait()


async def test_leaving_ends_the_request(server: OpenAIServer, client: AsyncOpenAI) -> None:
    asked = asyncio.Event()

    async def think(exchange: Exchange) -> None:
        asked.set()
        await exchange.gone.wait()

    server.embeddings.append(think)
    vectors = asyncio.create_task(OpenAIEmbedder(client, "e").embed(["a"]))
    async with asyncio.timeout(PATIENCE_S):
        await asked.wait()

    vectors.cancel()
    async with asyncio.timeout(0.25):
        await server.log.client_gone.wait()

    with pytest.raises(asyncio.CancelledError):
        await vectors
