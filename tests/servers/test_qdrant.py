"""The double itself: what it says to the client when no test tells it otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.servers.qdrant import QdrantServer, schema

PATIENCE_S = 20
ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


@asynccontextmanager
async def connected(server: QdrantServer, transport: str) -> AsyncIterator[AsyncQdrantClient]:
    client = AsyncQdrantClient(
        url=server.url,
        grpc_port=server.grpc_port,
        prefer_grpc=transport == "grpc",
        check_compatibility=False,
        timeout=PATIENCE_S,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield client
    finally:
        await client.close()


@pytest.fixture(params=["http", "grpc"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[AsyncQdrantClient]:
    async with QdrantServer() as server, connected(server, request.param) as client:
        yield client


async def fill(client: AsyncQdrantClient) -> None:
    await client.create_collection(
        "documents",
        vectors_config={"dense": models.VectorParams(size=2, distance=models.Distance.COSINE)},
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        hnsw_config=models.HnswConfigDiff(m=8),
        metadata={"made": {"by": "test", "count": 2, "of": None}},
    )
    await client.create_payload_index("documents", "document", models.PayloadSchemaType.KEYWORD)
    await client.upsert(
        "documents",
        [
            models.PointStruct(
                id=id,
                vector={"dense": dense, "bm25": models.SparseVector(indices=[n], values=[1.0])},
                payload={"document": f"{n}.md", "url": None, "n": n},
            )
            for n, (id, dense) in enumerate([(ONE, [1.0, 0.0]), (TWO, [0.6, 0.8])])
        ],
        wait=True,
    )


async def test_what_a_collection_was_made_with_is_told(client: AsyncQdrantClient) -> None:
    await fill(client)
    info = await client.get_collection("documents")
    assert info.config.metadata == {"made": {"by": "test", "count": 2, "of": None}}
    assert info.config.hnsw_config.m == 8
    assert info.config.params.vectors == {
        "dense": models.VectorParams(size=2, distance=models.Distance.COSINE)
    }
    assert (info.points_count, info.payload_schema["document"].data_type.value) == (2, "keyword")
    assert await client.collection_exists("documents")
    assert not await client.collection_exists("others")
    assert (await client.info()).version == "1.19.0"


async def test_points_come_back_with_what_is_asked_for(client: AsyncQdrantClient) -> None:
    await fill(client)
    [found] = await client.retrieve("documents", [ONE], with_vectors=True)
    assert found.payload == {"document": "0.md", "url": None, "n": 0}
    assert found.vector == {"dense": [1.0, 0.0], "bm25": models.SparseVector(indices=[0], values=[1.0])}
    [page], offset = await client.scroll("documents", limit=1, with_payload=["n"])
    assert (page.id, page.payload, page.vector, offset) == (ONE, {"n": 0}, None, TWO)
    [page], offset = await client.scroll("documents", limit=1, offset=offset, with_payload=False)
    assert (page.id, offset) == (TWO, None)
    assert not page.payload  # over gRPC, none is an empty one


async def test_filters_choose_what_is_counted_and_deleted(client: AsyncQdrantClient) -> None:
    await fill(client)
    first = models.FieldCondition(key="document", match=models.MatchValue(value="0.md"))
    high = models.FieldCondition(key="n", range=models.Range(gte=1))
    assert (await client.count("documents", models.Filter(must=[first]))).count == 1
    assert (await client.count("documents", models.Filter(should=[first, high]))).count == 2
    assert (await client.count("documents", models.Filter(must_not=[first, high]))).count == 0
    facets = await client.facet("documents", "document", exact=True)
    assert {(each.value, each.count) for each in facets.hits} == {("0.md", 1), ("1.md", 1)}
    await client.delete("documents", models.FilterSelector(filter=models.Filter(must=[first])), wait=True)
    assert (await client.count("documents")).count == 1


async def test_queries_are_answered_alone_in_batches_and_fused(client: AsyncQdrantClient) -> None:
    await fill(client)
    alone = await client.query_points("documents", [0.0, 1.0], using="dense", limit=1, with_payload=["n"])
    assert [(each.id, round(each.score, 6), each.payload) for each in alone.points] == [(TWO, 0.8, {"n": 1})]
    legs = [
        models.Prefetch(query=[1.0, 0.0], using="dense"),
        models.Prefetch(query=models.SparseVector(indices=[1], values=[1.0]), using="bm25"),
    ]
    fused, plain = await client.query_batch_points(
        "documents",
        [
            models.QueryRequest(prefetch=legs, query=models.RrfQuery(rrf=models.Rrf(k=61))),
            models.QueryRequest(prefetch=legs, query=models.FusionQuery(fusion=models.Fusion.RRF)),
        ],
    )
    assert {each.id: round(each.score, 4) for each in fused.points} == {
        ONE: round(1 / 61, 4),
        TWO: round(1 / 61 + 1 / 62, 4),
    }
    assert {each.id: round(each.score, 4) for each in plain.points} == {
        ONE: 0.5,
        TWO: round(1 / 2 + 1 / 3, 4),
    }


async def test_a_collection_that_is_there_is_not_made_again() -> None:
    async with QdrantServer() as server, connected(server, "http") as client:
        await fill(client)
        with pytest.raises(UnexpectedResponse) as refused:
            await fill(client)
        assert refused.value.status_code == 409
        with pytest.raises(UnexpectedResponse) as absent:
            await client.count("others")
        assert absent.value.status_code == 404
        assert not await client.delete_collection("others")


async def test_what_was_written_outlives_a_restart() -> None:
    async with QdrantServer() as server:
        async with connected(server, "grpc") as client:
            await fill(client)
        before = server.url, server.grpc_port
        await server.restart()
        assert (server.url, server.grpc_port) == before
        async with connected(server, "http") as client:
            assert (await client.count("documents")).count == 2
            assert (await client.get_collection("documents")).payload_schema


@pytest.mark.skipif(schema.description() is None, reason="the description of Qdrant's interface is not here")
@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("points/scroll", {"limti": 3}, "has no 'limti'"),
        ("points/scroll", {"limit": "3"}, "is no integer"),
        ("points/count?exact=true", {}, "no parameter 'exact'"),
        ("points/count?timeout=0", {}, "less than minimum 1"),
        ("points", {}, "lacks 'ids'"),
    ],
)
async def test_a_request_that_the_description_does_not_know_is_refused(
    path: str, body: object, said: str
) -> None:
    async with QdrantServer() as server, httpx.AsyncClient(timeout=PATIENCE_S) as client:
        answer = await client.post(f"{server.url}/collections/documents/{path}", json=body)
        assert answer.status_code == 400
        assert said in answer.json()["status"]["error"]


async def test_its_health_is_open_to_all_and_the_rest_to_those_with_the_key() -> None:
    async with QdrantServer(api_key="k") as server, httpx.AsyncClient(timeout=PATIENCE_S) as client:
        assert (await client.get(f"{server.url}/healthz")).status_code == 200
        assert (await client.get(server.url)).json()["version"] == "1.19.0"
        assert (await client.get(f"{server.url}/collections")).status_code == 401
        with_key = await client.get(f"{server.url}/collections", headers={"api-key": "k"})
        assert with_key.json()["result"] == {"collections": []}
