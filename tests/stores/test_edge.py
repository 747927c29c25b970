"""Qdrant Edge behind the port."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.errors import CollectionNotFound, StoreFull, StoreLocked, StoreUnavailable, WrongDimension
from chatbot.model import Fingerprint, Passage, Point, Query
from chatbot.stores import shards
from chatbot.stores.edge import EdgeStore, open_edge
from tests.fakes import FakeEncoder, passage

WORDS = Fingerprint(None, 0, "chunker-1")
VECTORS = Fingerprint("model", 3, "chunker-1")

encode = FakeEncoder().encode_passage


def point(text: str, dense: list[float] | None = None, **fields: object) -> Point:
    made: Passage = passage(text, **fields)
    return Point(made, encode(text), dense)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    async with open_edge(tmp_path) as opened:
        await opened.create_collection("words", WORDS)
        await opened.create_collection("vectors", VECTORS)
        yield opened


async def test_a_collection_is_there_once_it_is_created(store: EdgeStore) -> None:
    assert await store.collections() == ["vectors", "words"]
    assert await store.fingerprint("vectors") == VECTORS
    assert await store.count("words") == 0


async def test_creating_a_collection_again_changes_nothing(store: EdgeStore) -> None:
    await store.replace("words", "guide.md", [point("one")])
    await store.create_collection("words", VECTORS)
    assert await store.fingerprint("words") == WORDS
    assert await store.count("words") == 1


async def test_a_deleted_collection_is_gone(store: EdgeStore) -> None:
    await store.delete_collection("words")
    assert await store.collections() == ["vectors"]
    with pytest.raises(CollectionNotFound, match="words"):
        await store.count("words")


async def test_an_unknown_collection_is_named_with_the_command_that_makes_it(store: EdgeStore) -> None:
    with pytest.raises(CollectionNotFound, match="chatbot index PATH --collection nowhere"):
        await store.query_batch("nowhere", [Query(sparse=encode("x"))])


@pytest.mark.parametrize("name", ["..", "../words", "/etc", "", ".", "a/b"])
async def test_a_name_that_leads_elsewhere_is_no_collection(store: EdgeStore, name: str) -> None:
    with pytest.raises(CollectionNotFound):
        await store.passages(name, "guide.md")


async def test_a_passage_comes_back_as_it_was_written(store: EdgeStore) -> None:
    written = point(
        "Ein Stück Text, 本文.",
        headings=("A", "B"),
        tags=("x", "y"),
        url="https://docs.test/a",
        overlap_chars=4,
    )
    await store.replace("words", "guide.md", [written])
    assert await store.passages("words", "guide.md") == [written.passage]
    assert await store.retrieve(
        "words", ["no-uuid", "00000000-0000-0000-0000-000000000000", written.passage.id]
    ) == [written.passage]


async def test_passages_come_in_the_order_of_the_document(store: EdgeStore) -> None:
    await store.replace("words", "guide.md", [point(f"text {n}", position=n) for n in range(250)])
    assert [each.position for each in await store.passages("words", "guide.md")] == list(range(250))


async def test_words_find_the_passage_that_holds_most_of_them(store: EdgeStore) -> None:
    await store.replace("words", "a", [point("install the server", document="a")])
    await store.replace("words", "b", [point("delete the collection", document="b")])
    [found] = await store.query_batch("words", [Query(sparse=encode("delete collection"))])
    assert [hit.passage.document for hit in found] == ["b"]
    assert found[0].collection == "words"


async def test_vectors_find_the_nearest_first_with_cosine_similarity(store: EdgeStore) -> None:
    await store.replace("vectors", "a", [point("near", [1.0, 0.0, 0.0], document="a")])
    await store.replace("vectors", "b", [point("far", [0.0, 2.0, 0.0], document="b")])
    [found] = await store.query_batch("vectors", [Query(dense=[2.0, 0.0, 0.0])])
    assert [(hit.passage.text, round(hit.score, 5)) for hit in found] == [("near", 1.0), ("far", 0.0)]


async def test_both_legs_are_fused_and_several_queries_answered_in_order(store: EdgeStore) -> None:
    await store.replace("vectors", "a", [point("alpha", [1.0, 0.0, 0.0], document="a")])
    await store.replace("vectors", "b", [point("beta", [0.0, 1.0, 0.0], document="b")])
    both = Query(dense=[0.0, 1.0, 0.0], sparse=encode("alpha"))
    first, second = await store.query_batch("vectors", [both, Query(sparse=encode("beta"), limit=1)])
    assert {hit.passage.text for hit in first} == {"alpha", "beta"}
    assert [hit.passage.text for hit in second] == ["beta"]


async def test_replacing_a_document_leaves_nothing_of_its_earlier_version(store: EdgeStore) -> None:
    old = [point(f"old {n}", position=n) for n in range(5)]
    new = [point(f"new {n}", position=n, content_hash="2") for n in range(2)]
    await store.replace("words", "guide.md", old)
    await store.replace("words", "other.md", [point("other", document="other.md")])
    await store.replace("words", "guide.md", new)
    assert [each.text for each in await store.passages("words", "guide.md")] == ["new 0", "new 1"]
    assert await store.documents("words") == {"guide.md": "2", "other.md": "1"}


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


async def test_vectors_of_another_length_are_refused(store: EdgeStore) -> None:
    with pytest.raises(WrongDimension):
        await store.replace("vectors", "a", [point("text", [1.0, 2.0])])
    with pytest.raises(WrongDimension):
        await store.query_batch("vectors", [Query(dense=[1.0] * 4)])
    with pytest.raises(WrongDimension):
        await store.query_batch("words", [Query(dense=[1.0] * 3)])


async def test_dense_vectors_are_given_for_the_points_that_are_there(store: EdgeStore) -> None:
    written = point("text", [0.6, 0.8, 0.0])
    await store.replace("vectors", "guide.md", [written])
    found = await store.dense_vectors("vectors", [written.passage.id, "00000000-0000-0000-0000-000000000001"])
    assert {id: [round(value, 5) for value in vector] for id, vector in found.items()} == {
        written.passage.id: [0.6, 0.8, 0.0]
    }


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
