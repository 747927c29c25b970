"""What a Qdrant server's failures are called: over HTTP and over gRPC the same."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import grpc
import pytest

from chatbot.errors import (
    ChatbotError,
    CollectionNotFound,
    FingerprintMismatch,
    InvalidFilter,
    StoreFull,
    StoreRateLimited,
    StoreRefused,
    StoreTimeout,
    StoreUnauthorised,
    StoreUnavailable,
    WrongDimension,
)
from chatbot.model import Fingerprint, Point, Query
from chatbot.stores.qdrant import QdrantStore, open_qdrant
from tests.fakes import FakeEncoder, passage
from tests.servers.scripted import LONG_S, Answer, Refusal, Refusing, Request, grpc_server, http_server

encode = FakeEncoder().encode_passage
WORDS = Fingerprint(None, 0, "chunker-1")
QUERY = [Query(sparse=encode("word"))]


def opened(
    port: int, transport: str, *, timeout_s: float = LONG_S, api_key: str | None = None
) -> AbstractAsyncContextManager[QdrantStore]:
    return open_qdrant(f"http://127.0.0.1:{port}", api_key, transport == "grpc", timeout_s, grpc_port=port)


@asynccontextmanager
async def refusing(transport: str, refusal: Refusal) -> AsyncIterator[QdrantStore]:
    """Open a store on a server that answers everything with this refusal."""
    if transport == "grpc":
        async with grpc_server(Refusing(refusal)) as port, opened(port, transport) as store:
            yield store
        return
    body = json.dumps({"status": {"error": refusal.text}, "time": 0.1}).encode()
    answer = Answer(refusal.status, body, refusal.headers)
    async with http_server(answer) as (_, port), opened(port, transport) as store:
        yield store


@pytest.fixture(params=["http", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nobody listens, held for as long as the test wants it so."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


async def failure(call: Awaitable[object]) -> ChatbotError:
    with pytest.raises(ChatbotError) as raised:
        async with asyncio.timeout(LONG_S):
            await call
    return raised.value


CODE = grpc.StatusCode
MEANINGS = [
    (Refusal(404, CODE.NOT_FOUND, "Not found: Collection `words` doesn't exist!"), CollectionNotFound),
    (
        Refusal(400, CODE.INVALID_ARGUMENT, "Wrong input: Vector dimension error: expected dim: 3, got 4"),
        WrongDimension,
    ),
    (
        Refusal(400, CODE.INVALID_ARGUMENT, "Wrong input: Not existing vector name error: dense"),
        WrongDimension,
    ),
    (
        Refusal(400, CODE.INVALID_ARGUMENT, "Bad request: Index required but not found for 'tags'"),
        InvalidFilter,
    ),
    (Refusal(422, CODE.INVALID_ARGUMENT, "Validation error: limit must be positive"), StoreRefused),
    (Refusal(401, CODE.UNAUTHENTICATED, "Invalid API key or JWT"), StoreUnauthorised),
    (Refusal(403, CODE.PERMISSION_DENIED, "Forbidden: read-only key"), StoreUnauthorised),
    (Refusal(408, CODE.DEADLINE_EXCEEDED, "Timeout error: search"), StoreTimeout),
    (Refusal(429, CODE.RESOURCE_EXHAUSTED, "Rate limiting exceeded"), StoreRateLimited),
    (Refusal(500, CODE.INTERNAL, "Service internal error: panic"), StoreUnavailable),
    (
        Refusal(500, CODE.INTERNAL, "Service internal error: No space left on device (os error 28)"),
        StoreFull,
    ),
    (Refusal(503, CODE.UNAVAILABLE, "no shard answers"), StoreUnavailable),
    (Refusal(404, CODE.UNIMPLEMENTED, ""), StoreRefused),
]


@pytest.mark.parametrize(("refusal", "kind"), MEANINGS, ids=lambda each: getattr(each, "text", None))
async def test_a_refusal_has_one_name_for_both_transports(
    transport: str, refusal: Refusal, kind: type[ChatbotError]
) -> None:
    async with refusing(transport, refusal) as store:
        error = await failure(store.query_batch("words", QUERY))
    assert type(error) is kind
    assert error.__cause__ is not None


async def test_a_wrong_key_is_told_with_the_setting_to_look_at(transport: str) -> None:
    async with refusing(transport, Refusal(401, CODE.UNAUTHENTICATED)) as store:
        assert "QDRANT_API_KEY" in str(await failure(store.collections()))


async def test_an_unknown_collection_is_named_with_the_command_that_makes_it(transport: str) -> None:
    missing = Refusal(404, CODE.NOT_FOUND, "Not found: Collection `nowhere` doesn't exist!")
    async with refusing(transport, missing) as store:
        error = await failure(store.count("nowhere"))
    assert "chatbot index PATH --collection nowhere" in str(error)


async def test_a_busy_server_tells_when_to_come_back(transport: str) -> None:
    busy = Refusal(429, CODE.RESOURCE_EXHAUSTED, "busy", {"Retry-After": "7"})
    async with refusing(transport, busy) as store:
        error = await failure(store.count("words"))
    assert isinstance(error, StoreRateLimited)
    assert error.retry_after_s == 7


async def test_a_date_to_come_back_at_is_a_busy_server_too() -> None:
    busy = Refusal(429, CODE.RESOURCE_EXHAUSTED, "busy", {"Retry-After": "Fri, 20 Nov 2026 10:00:00 GMT"})
    async with refusing("http", busy) as store:
        assert isinstance(await failure(store.count("words")), StoreRateLimited)


async def test_a_server_that_is_not_there_is_unavailable(transport: str, free_port: int) -> None:
    async with opened(free_port, transport) as store:
        error = await failure(store.count("words"))
    assert isinstance(error, StoreUnavailable)
    assert "QDRANT_URL" in str(error)


async def test_a_silent_server_is_given_up_at_the_deadline() -> None:
    async with http_server(Answer(200, b"{}")) as (server, port):
        server.answering.clear()
        async with opened(port, "http", timeout_s=0.2) as store:
            error = await failure(store.count("words"))
    assert isinstance(error, StoreTimeout)
    assert "QDRANT_TIMEOUT_S" in str(error)


async def test_a_silent_server_is_given_up_at_the_deadline_over_grpc() -> None:
    handler = Refusing(Refusal(500, CODE.INTERNAL))
    handler.answering.clear()
    async with grpc_server(handler) as port, opened(port, "grpc", timeout_s=0.2) as store:
        assert isinstance(await failure(store.count("words")), StoreTimeout)


async def test_a_connection_that_ends_without_an_answer_is_unavailable() -> None:
    async with http_server(None) as (_, port), opened(port, "http") as store:
        assert isinstance(await failure(store.count("words")), StoreUnavailable)


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'{"hello": "world"}', b"[]", b""])
async def test_another_kind_of_server_is_told_so(body: bytes) -> None:
    async with http_server(Answer(200, body)) as (_, port), opened(port, "http") as store:
        error = await failure(store.count("words"))
    assert isinstance(error, StoreRefused)
    assert "QDRANT_URL" in str(error)


async def test_a_connection_without_trust_is_told_so() -> None:
    async def answer_in_the_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer_in_the_clear, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with open_qdrant(f"https://127.0.0.1:{port}", None, False, LONG_S) as store:
            error = await failure(store.count("words"))
    assert isinstance(error, StoreUnavailable)
    assert "TLS" in str(error)


async def test_the_key_goes_with_each_request() -> None:
    async with http_server(counted(3)) as (server, port), opened(port, "http", api_key="key") as store:
        assert await store.count("words") == 3
    assert [request.headers["api-key"] for request in server.requests] == ["key"]


async def test_requests_share_a_connection() -> None:
    async with http_server(counted(0)) as (server, port), opened(port, "http") as store:
        for _ in range(3):
            await store.count("words")
    assert server.connections == 1


@pytest.mark.parametrize("name", ["..", "../words", "/etc", "", ".", "a/b"])
async def test_a_name_that_leads_elsewhere_is_no_collection(name: str) -> None:
    async with http_server(counted(1)) as (server, port), opened(port, "http") as store:
        assert isinstance(await failure(store.count(name)), CollectionNotFound)
    assert server.requests == []


async def test_a_write_that_failed_transiently_is_repeated_once() -> None:
    answers = failed(503), done(), done(), done()
    async with http_server(*answers) as (server, port), opened(port, "http") as store:
        await store.replace("words", "guide.md", [Point(passage(), encode("x"))])
    assert [request.line.split("?")[0] for request in server.requests] == [
        "POST /collections/words/points/delete",
        "POST /collections/words/points/delete",
        "PUT /collections/words/points",
        "POST /collections/words/points/delete",
    ]
    assert all("wait=true" in request.line for request in server.requests)


async def test_the_first_passage_is_written_last() -> None:
    """Its content hash says that the others are there; a process that ends before leaves it to the next."""
    written = [Point(passage(f"text {n}", position=n), encode("x")) for n in range(250)]
    async with http_server(done()) as (server, port), opened(port, "http") as store:
        await store.replace("words", "guide.md", written)
    assert [positions(request) for request in server.requests] == [
        list(range(1, 101)),
        list(range(101, 201)),
        list(range(201, 250)),
        "deleted",
        [0],
        "deleted",
    ]


def positions(request: Request) -> list[int] | str:
    if "/delete" in request.line:
        return "deleted"
    return sorted(each["payload"]["position"] for each in json.loads(request.body)["points"])


async def test_a_write_that_fails_again_is_an_error() -> None:
    async with http_server(failed(503)) as (server, port), opened(port, "http") as store:
        assert isinstance(await failure(store.delete("words", "guide.md")), StoreUnavailable)
    assert len(server.requests) == 2


async def test_a_write_that_is_refused_is_not_repeated() -> None:
    async with http_server(failed(401)) as (server, port), opened(port, "http") as store:
        assert isinstance(await failure(store.delete("words", "guide.md")), StoreUnauthorised)
    assert len(server.requests) == 1


async def test_a_query_is_not_repeated() -> None:
    async with http_server(failed(503)) as (server, port), opened(port, "http") as store:
        assert isinstance(await failure(store.query_batch("words", QUERY)), StoreUnavailable)
    assert len(server.requests) == 1


async def test_a_collection_that_another_process_made_meanwhile_is_completed() -> None:
    answers = failed(409), collection(metadata=None, indexed=("document", "position")), done()
    async with http_server(*answers) as (server, port), opened(port, "http") as store:
        await store.create_collection("words", WORDS)
    assert [request.line.split("?")[0] for request in server.requests] == [
        "PUT /collections/words HTTP/1.1",
        "GET /collections/words HTTP/1.1",
        "PUT /collections/words/index",
    ]


async def test_a_collection_of_others_is_not_taken_for_ours() -> None:
    async with (
        http_server(collection(metadata={"chatbot": "theirs"})) as (_, port),
        opened(port, "http") as store,
    ):
        error = await failure(store.fingerprint("words"))
    assert isinstance(error, FingerprintMismatch)
    assert "QDRANT_COLLECTION" in str(error)


async def test_a_server_that_comes_back_is_found_again(free_port: int) -> None:
    async with opened(free_port, "http") as store:
        assert isinstance(await failure(store.count("words")), StoreUnavailable)
        async with http_server(counted(3), port=free_port):
            assert await store.count("words") == 3
        assert isinstance(await failure(store.count("words")), StoreUnavailable)
        async with http_server(counted(4), port=free_port):
            assert await store.count("words") == 4


async def test_a_server_that_comes_back_is_found_again_over_grpc(free_port: int) -> None:
    """Any answer will do: a wrong key is told by a server that is there."""
    async with opened(free_port, "grpc") as store:
        assert isinstance(await failure(store.count("words")), StoreUnavailable)
        handler = Refusing(Refusal(401, CODE.UNAUTHENTICATED))
        async with grpc_server(handler, free_port), asyncio.timeout(LONG_S):
            while isinstance(error := await failure(store.count("words")), StoreUnavailable):
                pass
    assert isinstance(error, StoreUnauthorised)


def counted(number: int) -> Answer:
    return answered({"count": number})


def done() -> Answer:
    return answered({"operation_id": 1, "status": "completed"})


def failed(status: int) -> Answer:
    return Answer(status, json.dumps({"status": {"error": "?"}, "time": 0.1}).encode())


def collection(*, metadata: dict[str, Any] | None, indexed: tuple[str, ...] = ()) -> Answer:
    kinds = {"document": "keyword", "position": "integer"}
    return answered(
        {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 1,
            "config": {
                "params": {"sparse_vectors": {"bm25": {"modifier": "idf"}}},
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
                "metadata": metadata,
            },
            "payload_schema": {name: {"data_type": kinds[name], "points": 0} for name in indexed},
        }
    )


def answered(result: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps({"result": result, "status": "ok", "time": 0.1}).encode())
