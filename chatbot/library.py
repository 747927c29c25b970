"""Bring a collection up to date with files: where readers, index and progress meet."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from .errors import CollectionNotFound, FingerprintMismatch, NoDocuments
from .indexing.sync import Report, Sync, Tally
from .readers.originals import originals
from .services import Index

MANUAL = "manual"
"""The collection of this project's own manual."""


async def index_paths(
    index: Index,
    paths: Sequence[Path],
    collection: str,
    report: Report,
    *,
    prune: bool = False,
    rebuild: bool = False,
) -> Tally:
    """
    Write what is new or changed in the paths' documents.

    Args:
        prune: Remove the documents that are not in the paths.
        rebuild: Begin with an empty collection, built with what is configured now.

    Raises:
        NotFound: A path does not exist.
        NoDocuments: There is nothing to read in them, or nothing that can be.
        FingerprintMismatch, ModelError, StoreError
    """
    found = await asyncio.to_thread(originals, paths, base_url=index.settings.documents_url)
    if rebuild and collection in await index.store.collections():
        await require_embedder(index)
        await index.store.delete_collection(collection)
    sync = Sync(index.store, index.sparse, index.embedder, collection, report, prune=prune)
    tally = await sync.run(found)
    if tally.failed == len(found):
        raise NoDocuments("None of the documents could be read; each is named above with the reason.")
    return tally


async def require_embedder(index: Index) -> None:
    """
    Check that what is about to be deleted can be built again.

    Raises:
        ModelError: The embedder does not answer.
    """
    if index.embedder is not None:
        await index.embedder.embed(["ready?"])


async def collection_to_search(index: Index, manual: Path, report: Report = lambda _: None) -> str:
    """Return the configured collection if it holds anything; otherwise the manual's, brought up to date."""
    configured = index.settings.qdrant_collection
    if await has_passages(index, configured):
        return configured
    await index_manual(index, manual, report)
    return MANUAL


async def index_manual(index: Index, manual: Path, report: Report) -> None:
    """Write the manual; that costs little, so that one built with other settings is simply built again."""
    try:
        await index_paths(index, [manual], MANUAL, report, prune=True)
    except FingerprintMismatch:
        await index_paths(index, [manual], MANUAL, report, rebuild=True)


async def has_passages(index: Index, collection: str) -> bool:
    """Return whether the collection is there and holds anything."""
    try:
        return await index.store.count(collection) > 0
    except CollectionNotFound:
        return False
