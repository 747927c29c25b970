"""
Qdrant Edge: the engine of Qdrant inside this process.

Each collection is a folder, `DATA_DIR/collections/NAME`, with the engine's shard and our `collection.json`.
The engine is synchronous and releases the GIL, so that a small pool of threads keeps it off the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import qdrant_edge as edge

from ..errors import CollectionNotFound, StoreError, StoreFull, StoreLocked, StoreUnavailable, WrongDimension
from ..model import Fingerprint, Hit, Passage, Point, Query, Vector
from . import payloads, shards
from .lock import locked

T = TypeVar("T")

THREADS = 4


@asynccontextmanager
async def open_edge(data_dir: Path) -> AsyncIterator["EdgeStore"]:
    """
    Open the store in this folder for this process alone, and close it again.

    Raises:
        StoreLocked: Another process has it open.
        StoreUnavailable: The folder cannot be used.
    """
    with locked(data_dir), ThreadPoolExecutor(THREADS, thread_name_prefix="edge") as threads:
        store = EdgeStore(data_dir / "collections", threads)
        try:
            yield store
        finally:
            await store.close()


class EdgeStore:
    """`ports.VectorStore` on shards of Qdrant Edge."""

    def __init__(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._threads = threads
        self._shards: dict[str, edge.EdgeShard] = {}
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()

    async def close(self) -> None:
        for name in list(self._shards):
            await self._run(self._shards.pop(name).close)

    async def collections(self) -> list[str]:
        return await self._run(lambda: shards.names(self._folder))

    async def create_collection(self, collection: str, fingerprint: Fingerprint) -> None:
        async with self._writing:
            await self._run(lambda: shards.create(self._place(collection), fingerprint))

    async def delete_collection(self, collection: str) -> None:
        async with self._writing:
            shard = await self._shard(collection)
            del self._shards[collection]
            await self._run(shard.close)
            await self._run(lambda: shards.remove(self._place(collection)))

    async def fingerprint(self, collection: str) -> Fingerprint:
        return await self._run(lambda: shards.read_fingerprint(self._place(collection)))

    async def count(self, collection: str) -> int:
        shard = await self._shard(collection)
        return await self._run(lambda: shard.count(edge.CountRequest(exact=True)))

    async def documents(self, collection: str) -> Mapping[str, str]:
        shard = await self._shard(collection)
        return await self._run(lambda: shards.documents(shard))

    async def replace(self, collection: str, document: str, points: Sequence[Point]) -> None:
        shard = await self._shard(collection)
        async with self._writing:
            await self._run(lambda: shards.replace(shard, self._folder, document, points))

    async def delete(self, collection: str, document: str) -> None:
        shard = await self._shard(collection)
        gone = edge.UpdateOperation.delete_points_by_filter(shards.of_document(document))
        async with self._writing:
            await self._run(lambda: shard.update(gone))

    async def optimize(self, collection: str) -> None:
        shard = await self._shard(collection)
        async with self._writing:
            await self._run(lambda: shards.optimize(shard, self._folder))

    async def passages(self, collection: str, document: str) -> list[Passage]:
        shard = await self._shard(collection)
        found = await self._run(
            lambda: list(shards.scroll(shard, shards.of_document(document), payloads.FIELDS))
        )
        return sorted(
            (payloads.to_passage(str(each.id), each.payload) for each in found),
            key=lambda each: each.position,
        )

    async def retrieve(self, collection: str, ids: Sequence[str]) -> list[Passage]:
        shard = await self._shard(collection)
        found = await self._run(lambda: shards.retrieve(shard, ids))
        return [found[id] for id in ids if id in found]

    async def dense_vectors(self, collection: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        shard = await self._shard(collection)
        return await self._run(lambda: shards.dense_vectors(shard, ids))

    async def query_batch(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        shard = await self._shard(collection)
        request = edge.QueryBatchRequest([shards.to_request(query) for query in queries])
        return await self._run(
            lambda: [shards.to_hits(found, collection) for found in shard.query_batch(request)]
        )

    async def _shard(self, collection: str) -> edge.EdgeShard:
        async with self._opening:
            if collection not in self._shards:
                self._shards[collection] = await self._run(lambda: shards.load(self._place(collection)))
            return self._shards[collection]

    def _place(self, collection: str) -> Path:
        """Return the collection's folder; a name that would lead elsewhere is not there."""
        if collection in {"", ".."} or collection != Path(collection).name:
            raise CollectionNotFound(f"There is no collection {collection!r}.")
        return self._folder / collection

    async def _run(self, call: Callable[[], T]) -> T:
        with mapped_errors(self._folder):
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)


@contextmanager
def mapped_errors(folder: Path) -> Iterator[None]:
    """The engine raises bare `Exception`; its text tells them apart."""
    try:
        yield
    except (StoreError, asyncio.CancelledError):
        raise
    except Exception as error:
        raise to_error(error, folder) from error


def to_error(error: Exception, folder: Path) -> StoreError:
    text = str(error)
    if "dimension error" in text or "Not existing vector name" in text:
        return WrongDimension(f"The index holds other vectors than the embedding model makes: {text}.")
    if "WouldBlock" in text:
        return StoreLocked(f"The index in {folder} is in use by another process.")
    if "No space left" in text or "Not enough space" in text:
        return StoreFull(f"The disk of {folder} is full: make room, or set DATA_DIR to another disk.")
    return StoreUnavailable(f"The index in {folder} cannot be used: {text}.")
