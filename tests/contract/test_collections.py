"""What every `VectorStore` promises about collections."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chatbot.errors import CollectionNotFound
from chatbot.model import Query
from chatbot.ports import VectorStore
from tests.contract.shelf import VECTORS, WORDS, Shelf, encode, point

ID = "00000000-0000-0000-0000-000000000000"
READING: list[Callable[[VectorStore, str], Awaitable[object]]] = [
    lambda store, name: store.fingerprint(name),
    lambda store, name: store.count(name),
    lambda store, name: store.documents(name),
    lambda store, name: store.passages(name, "guide.md"),
    lambda store, name: store.retrieve(name, [ID]),
    lambda store, name: store.dense_vectors(name, [ID]),
    lambda store, name: store.query_batch(name, [Query(sparse=encode("x"))]),
    lambda store, name: store.optimize(name),
]
WRITING: list[Callable[[VectorStore, str], Awaitable[object]]] = [
    lambda store, name: store.replace(name, "guide.md", [point("text")]),
    lambda store, name: store.delete(name, "guide.md"),
    lambda store, name: store.delete_collection(name),
]


async def test_a_collection_is_there_once_it_is_created(shelf: Shelf) -> None:
    assert await shelf.ours() == ["vectors", "words"]
    assert await shelf.store.fingerprint(shelf.vectors) == VECTORS
    assert await shelf.store.fingerprint(shelf.words) == WORDS
    assert await shelf.store.count(shelf.words) == 0
    assert await shelf.store.documents(shelf.words) == {}


async def test_creating_a_collection_again_changes_nothing(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point("one")])
    await shelf.store.create_collection(shelf.words, VECTORS)
    assert await shelf.store.fingerprint(shelf.words) == WORDS
    assert await shelf.store.count(shelf.words) == 1


async def test_several_at_once_create_one_collection(shelf: Shelf) -> None:
    name = shelf.named("new")
    async with shelf.another() as other, asyncio.timeout(30), asyncio.TaskGroup() as group:
        for store in [shelf.store, other] * 3:
            group.create_task(store.create_collection(name, VECTORS))
    assert await shelf.ours() == ["new", "vectors", "words"]
    assert await shelf.store.fingerprint(name) == VECTORS
    await shelf.store.replace(name, "guide.md", [point("one", [1.0, 0.0, 0.0])])
    assert await shelf.store.documents(name) == {"guide.md": "1"}


async def test_a_deleted_collection_is_gone(shelf: Shelf) -> None:
    await shelf.store.delete_collection(shelf.words)
    assert await shelf.ours() == ["vectors"]
    with pytest.raises(CollectionNotFound, match="words"):
        await shelf.store.count(shelf.words)


async def test_a_deleted_collection_is_created_empty(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point("one")])
    await shelf.store.delete_collection(shelf.words)
    await shelf.store.create_collection(shelf.words, VECTORS)
    assert await shelf.store.fingerprint(shelf.words) == VECTORS
    assert await shelf.store.documents(shelf.words) == {}


async def test_a_collection_that_another_deletes_is_not_found_any_more(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point("one")])
    async with shelf.another() as other:
        await other.delete_collection(shelf.words)
    for ask in READING:
        with pytest.raises(CollectionNotFound):
            await ask(shelf.store, shelf.words)


async def test_an_unknown_collection_is_named_with_the_command_that_makes_it(shelf: Shelf) -> None:
    name = shelf.named("nowhere")
    for ask in [*READING, *WRITING]:
        with pytest.raises(CollectionNotFound, match=f"chatbot index PATH --collection {name}"):
            await ask(shelf.store, name)


async def test_a_name_that_leads_elsewhere_is_no_collection(shelf: Shelf) -> None:
    for name in ["..", "../words", "/etc", "", ".", "a/b"]:
        with pytest.raises(CollectionNotFound):
            await shelf.store.passages(name, "guide.md")
        with pytest.raises(CollectionNotFound):
            await shelf.store.create_collection(name, WORDS)
    assert await shelf.ours() == ["vectors", "words"]
