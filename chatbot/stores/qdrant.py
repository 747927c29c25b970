"""
A Qdrant server, over HTTP or gRPC.

Importing this module imports `qdrant_client` (0.7 s, 83 MB): do so only when a server is configured.
The fingerprint is in the collection's own metadata (Qdrant 1.16 and later): it is written in the same step
that makes the collection, so that none is ever there without it, and searches never meet it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import urlsplit

from qdrant_client import AsyncQdrantClient, models

from ..concurrency import first_error
from ..errors import (
    CollectionExists,
    FingerprintMismatch,
    StoreError,
    WrongDimension,
)
from ..model import Fingerprint, Hit, Passage, Point, Query, Vector
from . import payloads
from . import points as words
from .connection import open_client
from .failures import Failures, absent
from .payloads import DENSE, is_uuid

T = TypeVar("T")

GRPC_PORT = 6334
PAGE = 1000
BATCH = 100
BATCH_NUMBERS = 40_000  # encoding as many as 100 vectors of 1,536 have would hold the loop for 27 ms
BATCHES_AT_ONCE = 4
MOST_DOCUMENTS = 10_000_000
METADATA = "chatbot"
PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0


@asynccontextmanager
async def open_qdrant(
    url: str, api_key: str | None, prefer_grpc: bool, timeout_s: float, *, grpc_port: int = GRPC_PORT
) -> AsyncIterator["QdrantStore"]:
    """
    Open a client of this server; the first call connects.

    Args:
        url: With scheme; without a port it is Qdrant's own, 6333.
        timeout_s: Deadline of each call, from its start to its last byte.
    """
    async with open_client(url, api_key, prefer_grpc, timeout_s, grpc_port) as client:
        yield QdrantStore(client, Failures(timeout_s), urlsplit(url).netloc.rpartition("@")[2])


class QdrantStore:
    """`ports.VectorStore` on a Qdrant server."""

    def __init__(self, client: AsyncQdrantClient, failures: Failures, address: str) -> None:
        self._client = client
        self._failures = failures
        self._address = address

    async def described(self) -> str:
        """Return the server's version and address: ``Qdrant 1.19.0 on 127.0.0.1:6333``."""
        found = await self._call(self._client.info)
        return f"Qdrant {found.version} on {self._address}"

    async def collections(self) -> list[str]:
        found = await self._call(self._client.get_collections)
        return sorted(each.name for each in found.collections)

    async def create_collection(self, collection: str, fingerprint: Fingerprint) -> None:
        # another process may be quicker, and may not have come to the indexes yet
        with contextlib.suppress(CollectionExists):
            await self._of(
                collection,
                self._client.create_collection,
                vectors_config=words.vectors(fingerprint),
                sparse_vectors_config=words.sparse_vectors(),
                metadata={METADATA: asdict(fingerprint)},
            )
        await self._complete_indexes(collection)

    async def delete_collection(self, collection: str) -> None:
        if not await self._of(collection, self._client.delete_collection):
            raise absent(collection)

    async def fingerprint(self, collection: str) -> Fingerprint:
        info = await self._of(collection, self._client.get_collection)
        try:
            return Fingerprint(**(info.config.metadata or {})[METADATA])
        except (KeyError, TypeError) as error:
            raise FingerprintMismatch(
                f"The collection {collection!r} was not made by this program: "
                "name another with QDRANT_COLLECTION or --collection."
            ) from error

    async def count(self, collection: str) -> int:
        return (await self._of(collection, self._client.count, exact=True)).count

    async def documents(self, collection: str) -> Mapping[str, str]:
        """Two first passages are two versions, none is a part of one: such a document is not complete."""
        await self._complete_indexes(collection)
        everything = await self._of(
            collection, self._client.facet, key="document", limit=MOST_DOCUMENTS, exact=True
        )
        hashes: dict[str, set[str]] = {str(hit.value): set() for hit in everything.hits if hit.count}
        async for each in self._scroll(
            collection, models.Filter(must=[words.FIRST]), ["document", "content_hash"]
        ):
            payload = each.payload or {}
            hashes.setdefault(payload["document"], set()).add(payload["content_hash"])
        return {document: found.pop() if len(found) == 1 else "" for document, found in hashes.items()}

    async def replace(self, collection: str, document: str, points: Sequence[Point]) -> None:
        """Write the first passage last: its content hash says that the others are there."""
        first, rest = points[0], points[1:]
        await self._upsert(collection, rest)
        ours = models.HasIdCondition(has_id=[point.passage.id for point in points])
        await self._delete(collection, words.of_document(document, must_not=[ours, words.FIRST]))
        await self._upsert(collection, [first])
        await self._delete(collection, words.of_document(document, must_not=[ours]))

    async def delete(self, collection: str, document: str) -> None:
        await self._delete(collection, words.of_document(document))

    async def optimize(self, collection: str) -> None:
        """The server does so by itself; searches are right meanwhile."""
        await self._of(collection, self._client.get_collection)

    async def passages(self, collection: str, document: str) -> list[Passage]:
        found = [
            each async for each in self._scroll(collection, words.of_document(document), payloads.FIELDS)
        ]
        return sorted(words.to_passages(found), key=lambda each: each.position)

    async def retrieve(self, collection: str, ids: Sequence[str]) -> list[Passage]:
        found = await self._retrieve(collection, ids, with_payload=payloads.FIELDS, with_vectors=False)
        passages = {each.id: each for each in words.to_passages(found)}
        return [passages[id] for id in ids if id in passages]

    async def dense_vectors(self, collection: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        try:
            found = await self._retrieve(collection, ids, with_payload=False, with_vectors=[DENSE])
        except WrongDimension:  # the collection has no dense vectors
            return {}
        return {
            str(each.id): each.vector[DENSE]  # type: ignore[misc] # one list of numbers, as it was made
            for each in found
            if isinstance(each.vector, dict) and DENSE in each.vector
        }

    async def query_batch(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        requests = [words.to_request(query) for query in queries]
        found = await self._of(collection, self._client.query_batch_points, requests=requests)
        return [words.to_hits(each.points, collection) for each in found]

    async def _complete_indexes(self, collection: str) -> None:
        """Make the payload indexes that a process which ended early left out."""
        info = await self._of(collection, self._client.get_collection)
        for field, schema in words.INDEXES.items():
            if field not in info.payload_schema:
                await self._of(
                    collection,
                    self._client.create_payload_index,
                    field_name=field,
                    field_schema=schema,
                    wait=True,
                )

    async def _scroll(
        self, collection: str, filter: models.Filter, fields: Sequence[str]
    ) -> AsyncIterator[models.Record]:
        offset: Any = None
        while True:
            page, offset = await self._of(
                collection,
                self._client.scroll,
                scroll_filter=filter,
                limit=PAGE,
                offset=offset,
                with_payload=list(fields),
                with_vectors=False,
            )
            for each in page:
                yield each
            if offset is None:
                return

    async def _retrieve(self, collection: str, ids: Sequence[str], **asked: Any) -> list[models.Record]:
        possible = [id for id in ids if is_uuid(id)]
        return await self._of(collection, self._client.retrieve, ids=possible, **asked)

    async def _upsert(self, collection: str, written: Sequence[Point]) -> None:
        """Write in batches, a few of them side by side."""
        free = asyncio.Semaphore(BATCHES_AT_ONCE)

        async def write(batch: Sequence[Point]) -> None:
            async with free:
                made = [words.to_point(point) for point in batch]
                await twice(lambda: self._of(collection, self._client.upsert, points=made, wait=True))

        async with first_error(), asyncio.TaskGroup() as tasks:
            for batch in batches(written):
                tasks.create_task(write(batch))
                await asyncio.sleep(0)  # encoding holds the loop: one batch for each of its turns

    async def _delete(self, collection: str, filter: models.Filter) -> None:
        selector = models.FilterSelector(filter=filter)
        await twice(lambda: self._of(collection, self._client.delete, points_selector=selector, wait=True))

    async def _of(self, collection: str, call: Callable[..., Awaitable[T]], **arguments: Any) -> T:
        """Call with a collection; a name that would lead to another path is not there."""
        if not collection or collection in {".", ".."} or not collection.isprintable() or "/" in collection:
            raise absent(collection)
        return await self._call(call, collection, **arguments)

    async def _call(self, call: Callable[..., Awaitable[T]], collection: str = "", **arguments: Any) -> T:
        named = {"collection_name": collection} if collection else {}
        with self._failures.mapped(collection):
            async with asyncio.timeout(self._failures.timeout_s):
                return await call(**named, **arguments)


def batches(written: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Return at most `BATCH` points at a time, fewer of long vectors."""
    dimensions = max((len(point.dense or ()) for point in written), default=0)
    size = min(BATCH, max(1, BATCH_NUMBERS // max(1, dimensions)))
    return (written[at : at + size] for at in range(0, len(written), size))


async def twice(call: Callable[[], Awaitable[T]]) -> T:
    """Call, and once more if that failed for a reason that passes; what is written twice is the same."""
    try:
        return await call()
    except StoreError as error:
        if not error.retryable:
            raise
        await asyncio.sleep(min(error.retry_after_s or PAUSE_S, LONGEST_PAUSE_S))
    return await call()
