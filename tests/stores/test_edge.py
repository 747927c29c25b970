"""What Qdrant Edge has of its own: folders, locks and disks. The port is in tests/contract."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.errors import StoreFull, StoreLocked, StoreUnavailable
from chatbot.stores import shards
from chatbot.stores.edge import EdgeStore, open_edge
from tests.contract.shelf import VECTORS, WORDS, point


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    async with open_edge(tmp_path) as opened:
        await opened.create_collection("words", WORDS)
        await opened.create_collection("vectors", VECTORS)
        yield opened


@pytest.mark.parametrize("operations", range(1, 4))
async def test_a_document_that_was_replaced_by_half_is_not_complete(
    store: EdgeStore, monkeypatch: pytest.MonkeyPatch, operations: int
) -> None:
    """The process ends after some of the writes: what is there is a mixture, and says so."""
    old = [point(f"old {n}", position=n) for n in range(3)]
    new = [point(f"new {n}", position=n, content_hash="2") for n in range(3)]
    await store.replace("words", "guide.md", old)
    shard = await store._shard("words")
    done = 0

    class Ending:
        def update(self, operation: object) -> None:
            nonlocal done
            if done == operations:
                raise KeyboardInterrupt
            done += 1
            shard.update(operation)  # type: ignore[arg-type] # handed through

    with pytest.raises(KeyboardInterrupt):
        shards.replace(Ending(), store._folder, "guide.md", new)  # type: ignore[arg-type] # a shard that ends
    assert (await store.documents("words"))["guide.md"] != "2"
    await store.replace("words", "guide.md", new)
    assert [each.text for each in await store.passages("words", "guide.md")] == ["new 0", "new 1", "new 2"]


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    async with open_edge(tmp_path) as store:
        await store.create_collection("words", WORDS)
        await store.replace("words", "guide.md", [point("kept")])
        await store.optimize("words")
    async with open_edge(tmp_path) as store:
        assert await store.documents("words") == {"guide.md": "1"}


async def test_a_second_process_is_refused_and_told_who_holds_the_index(
    store: EdgeStore, tmp_path: Path
) -> None:
    process = multiprocessing.get_context("spawn").Pool(1)
    with process as pool:
        message = await asyncio.to_thread(pool.apply, open_and_report, (tmp_path,))
    assert "in use by another process (pid " in message
    assert "DATA_DIR" in message


def open_and_report(folder: Path) -> str:
    async def attempt() -> str:
        try:
            async with open_edge(folder):
                return "opened"
        except StoreLocked as error:
            return str(error)

    return asyncio.run(attempt())


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="DATA_DIR"):
        async with open_edge(tmp_path / "file" / "data"):
            pass


async def test_a_full_disk_is_refused_before_anything_is_written(
    store: EdgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.replace("words", "guide.md", [point("kept")])
    monkeypatch.setattr(shards, "ROOM_BYTES", 2**60)
    with pytest.raises(StoreFull, match="Make room"):
        await store.replace("words", "more.md", [point("more", document="more.md")])
    monkeypatch.undo()
    assert await store.documents("words") == {"guide.md": "1"}
