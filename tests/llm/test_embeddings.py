"""An embedding model on real sockets."""

import asyncio
import base64
import json
import struct
from collections.abc import Sequence

import pytest
from openai import AsyncOpenAI

from chatbot.errors import (
    ModelRefused,
    WrongDimension,
)
from chatbot.llm.embeddings import OpenAIEmbedder
from tests.servers.openai import Exchange, OpenAIServer, frames, scripts

from .embedding import EMBEDDINGS, PATIENCE_S, failure, given, inputs


async def test_each_text_has_its_vector_in_order(server: OpenAIServer, client: AsyncOpenAI) -> None:
    texts = [f"passage number {n}" for n in range(200)]

    vectors = await OpenAIEmbedder(client, "e").embed(texts)

    for text, vector in zip(texts, vectors, strict=True):
        assert list(vector) == pytest.approx(frames.vector(text), abs=1e-6)


async def test_the_order_of_the_reply_does_not_matter(server: OpenAIServer, client: AsyncOpenAI) -> None:
    reply = json.loads(frames.embeddings([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))
    reply["data"].reverse()
    server.embeddings.append(scripts.whole(json.dumps(reply).encode()))

    vectors = await OpenAIEmbedder(client, "e").embed(["a", "b", "c"])

    assert [vector[0] for vector in vectors] == [1.0, 2.0, 3.0]


async def test_vectors_are_asked_for_in_base64_and_are_little_endian(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    encoded = base64.b64encode(struct.pack("<3f", 0.5, -2.0, 1e-9)).decode()
    data = [{"index": 0, "embedding": encoded}]
    server.embeddings.append(scripts.whole(json.dumps({"data": data}).encode()))

    [vector] = await OpenAIEmbedder(client, "e").embed(["a"])

    assert list(vector) == pytest.approx([0.5, -2.0, 1e-9])
    assert server.bodies(EMBEDDINGS)[0]["encoding_format"] == "base64"


async def test_a_server_that_sends_lists_all_the_same_is_understood(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.embeddings.append(given([0.25, 0.5]))

    assert [list(each) for each in await OpenAIEmbedder(client, "e").embed(["a"])] == [[0.25, 0.5]]


async def test_a_server_that_does_not_know_base64_is_asked_for_lists_from_then_on(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.embeddings.append(scripts.status(422, "unknown field encoding_format"))
    embedder = OpenAIEmbedder(client, "e")

    await embedder.embed(["a"])
    await embedder.embed(["b"])

    formats = [body["encoding_format"] for body in server.bodies(EMBEDDINGS)]
    assert formats == ["base64", "float", "float"]


async def test_nothing_to_embed_asks_nothing(server: OpenAIServer, client: AsyncOpenAI) -> None:
    assert await OpenAIEmbedder(client, "e").embed([]) == []
    assert server.log.requests == []


async def test_batches_are_full_and_no_larger(server: OpenAIServer, client: AsyncOpenAI) -> None:
    await OpenAIEmbedder(client, "e", batch_size=10, concurrency=1).embed([str(n) for n in range(25)])

    assert [len(batch) for batch in inputs(server)] == [10, 10, 5]


async def test_long_texts_travel_in_smaller_batches(server: OpenAIServer, client: AsyncOpenAI) -> None:
    long = "word " * 24_000  # 120 kB, 40,000 tokens on the careful side

    await OpenAIEmbedder(client, "e", concurrency=1).embed([long] * 5)

    assert [len(batch) for batch in inputs(server)] == [2, 2, 1]


async def test_no_more_requests_run_at_once_than_allowed(server: OpenAIServer, client: AsyncOpenAI) -> None:
    running: list[int] = []
    three, go_on = asyncio.Event(), asyncio.Event()

    async def counted(exchange: Exchange) -> None:
        running.append(len(server.log.requests))
        if len(running) == 3:
            three.set()
        await go_on.wait()
        exchange.whole(200, frames.embeddings([[1.0]]))

    server.embeddings.extend([counted] * 9)
    async with asyncio.timeout(PATIENCE_S):
        vectors = asyncio.create_task(
            OpenAIEmbedder(client, "e", batch_size=1, concurrency=3).embed([str(n) for n in range(9)])
        )
        await three.wait()
        asked_before_any_answer = len(server.log.requests)
        go_on.set()

        assert len(await vectors) == 9

    assert asked_before_any_answer == 3
    assert server.log.accepted == 3


async def test_dimensions_are_asked_for_only_when_configured(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    assert len((await OpenAIEmbedder(client, "e").embed(["a"]))[0]) == frames.DIMENSIONS
    assert len((await OpenAIEmbedder(client, "e", dimensions=16).embed(["a"]))[0]) == 16

    first, second = server.bodies(EMBEDDINGS)
    assert "dimensions" not in first
    assert second["dimensions"] == 16


async def test_the_length_of_vectors_is_asked_for_once(server: OpenAIServer, client: AsyncOpenAI) -> None:
    embedder = OpenAIEmbedder(client, "e")

    found = await asyncio.gather(*(embedder.dimensions() for _ in range(5)))

    assert found == [frames.DIMENSIONS] * 5
    assert len(server.log.requests) == 1


async def test_a_configured_length_needs_no_question(server: OpenAIServer, client: AsyncOpenAI) -> None:
    assert await OpenAIEmbedder(client, "e", dimensions=12).dimensions() == 12
    assert server.log.requests == []


async def test_vectors_of_another_length_name_the_settings(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.embeddings.append(given([1.0, 2.0, 3.0]))

    error = await failure(OpenAIEmbedder(client, "e", dimensions=4))

    assert type(error) is WrongDimension
    assert "vectors of 3 numbers, expected 4: check EMBEDDING_DIMENSIONS and EMBEDDING_MODEL" in str(error)


async def test_vectors_do_not_change_their_length(server: OpenAIServer, client: AsyncOpenAI) -> None:
    embedder = OpenAIEmbedder(client, "e")
    server.embeddings.extend([given([1.0, 2.0]), given([1.0, 2.0, 3.0])])
    await embedder.embed(["a"])

    assert type(await failure(embedder)) is WrongDimension


async def test_a_model_of_fixed_length_says_which_setting_to_remove(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.embeddings.append(scripts.status(400, "This model does not support specifying dimensions."))

    error = await failure(OpenAIEmbedder(client, "e", dimensions=16), ["a", "b"])

    assert type(error) is ModelRefused
    assert "remove EMBEDDING_DIMENSIONS" in str(error)
    assert len(server.log.requests) == 1


async def test_texts_that_share_words_are_near_each_other_in_the_double(client: AsyncOpenAI) -> None:
    near, asked, far = await OpenAIEmbedder(client, "e").embed(
        ["the port is set with PORT", "which port is set", "bananas ripen in baskets"]
    )

    assert dot(asked, near) > 0.4 > dot(asked, far)


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
