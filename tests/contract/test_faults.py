"""What becomes of a Qdrant server's failures, on real sockets; the same over HTTP and gRPC."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from chatbot.errors import (
    StoreError,
    StoreRateLimited,
    StoreTimeout,
    StoreUnauthorised,
    StoreUnavailable,
)
from chatbot.model import Hit, Query
from chatbot.ports import VectorStore
from tests.contract.backends import over
from tests.contract.shelf import WORDS, encode, point
from tests.servers.qdrant import Failing, Fault, QdrantServer, RateLimited, Reset, Silent, Slow

T = TypeVar("T")

PATIENCE_S = 30
DEADLINE_S = 0.3
PAUSE_S = 0.05


@pytest.fixture(params=["http", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def server() -> AsyncIterator[QdrantServer]:
    async with QdrantServer() as server:
        yield server


@pytest.fixture
async def store(server: QdrantServer, transport: str) -> AsyncIterator[VectorStore]:
    """A store with one document in one collection."""
    async with over(transport, server.url, server.grpc_port) as store:
        await store.create_collection("words", WORDS)
        await store.replace("words", "guide.md", [point("some words")])
        yield store


async def ask(store: VectorStore) -> list[Hit]:
    async with asyncio.timeout(PATIENCE_S):
        [hits] = await store.query_batch("words", [Query(sparse=encode("words"))])
    return hits


async def recovered(call: Callable[[], Awaitable[T]]) -> T:
    """Call until the server is found again: gRPC makes a pause before it looks."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await call()
            except StoreUnavailable:
                await asyncio.sleep(PAUSE_S)


async def test_a_server_that_is_down_at_start_is_found_when_it_comes_up(
    server: QdrantServer, transport: str
) -> None:
    await server.stop()
    async with over(transport, server.url, server.grpc_port) as store:
        with pytest.raises(StoreUnavailable):
            await store.collections()
        await server.start()
        assert await recovered(store.collections) == []


async def test_a_server_that_is_restarted_is_found_again(server: QdrantServer, store: VectorStore) -> None:
    await server.restart()
    assert [hit.passage.text for hit in await recovered(lambda: ask(store))] == ["some words"]
    await store.replace("words", "more.md", [point("more words", document="more.md")])
    assert await store.documents("words") == {"guide.md": "1", "more.md": "1"}


async def test_a_server_that_stops_during_a_query_is_unavailable(
    server: QdrantServer, store: VectorStore
) -> None:
    server.fault = Silent()
    asked = asyncio.create_task(ask(store))
    async with asyncio.timeout(PATIENCE_S):
        await server.reached.wait()
        await server.stop()
        with pytest.raises(StoreUnavailable):
            await asked


async def test_a_connection_that_breaks_during_a_query_is_unavailable_and_the_next_one_works(
    server: QdrantServer, store: VectorStore
) -> None:
    server.fault = Reset()
    with pytest.raises(StoreUnavailable):
        await ask(store)
    server.fault = None
    assert len(await recovered(lambda: ask(store))) == 1


@pytest.mark.parametrize("fault", [Silent, lambda: Slow(PATIENCE_S)])
async def test_an_answer_that_does_not_come_in_time_is_a_timeout_and_the_next_one_works(
    server: QdrantServer, store: VectorStore, transport: str, fault: Callable[[], Fault]
) -> None:
    async with over(transport, server.url, server.grpc_port, timeout_s=DEADLINE_S) as hasty:
        server.fault = fault()
        with pytest.raises(StoreTimeout):
            await ask(hasty)
        server.fault = None
        assert len(await ask(store)) == 1


async def test_a_late_answer_within_the_deadline_is_an_answer(
    server: QdrantServer, store: VectorStore
) -> None:
    held = Silent()
    server.fault = held
    asked = asyncio.create_task(ask(store))
    async with asyncio.timeout(PATIENCE_S):
        await server.reached.wait()
        held.over.set()
        assert len(await asked) == 1


async def test_a_cancelled_query_leaves_the_store_usable(server: QdrantServer, store: VectorStore) -> None:
    server.fault = Silent()
    asked = asyncio.create_task(ask(store))
    async with asyncio.timeout(PATIENCE_S):
        await server.reached.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    server.fault = None
    assert len(await ask(store)) == 1


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_a_key_that_the_server_does_not_know_is_said_so(transport: str, key: str | None) -> None:
    async with QdrantServer(api_key="right") as server:
        async with over(transport, server.url, server.grpc_port, key) as store:
            with pytest.raises(StoreUnauthorised, match="QDRANT_API_KEY"):
                await store.collections()
        async with over(transport, server.url, server.grpc_port, "right") as store:
            assert await store.collections() == []


@pytest.mark.parametrize("retry_after_s", [None, 7])
async def test_a_busy_server_says_when_to_come_again(
    server: QdrantServer, store: VectorStore, retry_after_s: int | None
) -> None:
    server.fault = RateLimited(retry_after_s)
    with pytest.raises(StoreRateLimited) as refused:
        await ask(store)
    assert refused.value.retry_after_s == retry_after_s
    assert refused.value.retryable


async def test_a_server_that_fails_is_out_of_order(server: QdrantServer, store: VectorStore) -> None:
    server.fault = Failing()
    with pytest.raises(StoreUnavailable):
        await ask(store)
    server.fault = None
    assert len(await ask(store)) == 1


@pytest.mark.parametrize("requests", range(4))
async def test_a_document_that_was_replaced_by_half_is_not_complete(
    server: QdrantServer, store: VectorStore, requests: int
) -> None:
    """The server fails after some of the requests: what is there is the old, or a mixture that says so."""
    old = [point(f"old {n}", position=n) for n in range(3)]
    new = [point(f"new {n}", position=n, content_hash="2") for n in range(3)]
    await store.replace("words", "guide.md", old)
    server.fail(Failing(), after=requests)
    with pytest.raises(StoreError):
        await store.replace("words", "guide.md", new)
    server.fault = None
    assert (await store.documents("words"))["guide.md"] != "2"
    await store.replace("words", "guide.md", new)
    assert await store.documents("words") == {"guide.md": "2"}
    assert [each.text for each in await store.passages("words", "guide.md")] == ["new 0", "new 1", "new 2"]
