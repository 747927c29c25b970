"""What every `VectorStore` promises about searches."""

import asyncio
import random
import struct
from collections.abc import Sequence
from uuid import uuid4

import pytest

from chatbot.errors import WrongDimension
from chatbot.model import Fingerprint, Hit, Passage, Point, Query
from tests.contract.backends import both_transports, the_one
from tests.contract.shelf import Shelf, clear, encode, point
from tests.fakes import passage

PATIENCE_S = 50


async def test_words_find_the_passage_that_holds_most_of_them(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "a", [point("install the server", document="a")])
    await shelf.store.replace(shelf.words, "b", [point("delete the collection", document="b")])
    [found] = await shelf.store.query_batch(shelf.words, [Query(sparse=encode("delete collection"))])
    assert [hit.passage.document for hit in found] == ["b"]
    assert found[0].collection == shelf.words
    assert found[0].score > 0


async def test_rare_words_count_for_more_than_common_ones(shelf: Shelf) -> None:
    common = [point(f"common {n}", document="a", position=n) for n in range(20)]
    await shelf.store.replace(shelf.words, "a", common)
    await shelf.store.replace(shelf.words, "b", [point("rare", document="b")])
    [found] = await shelf.store.query_batch(shelf.words, [Query(sparse=encode("common rare"), limit=3)])
    assert found[0].passage.text == "rare"
    assert found[0].score > found[1].score


async def test_vectors_find_the_nearest_first_with_cosine_similarity(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.vectors, "a", [point("near", [1.0, 0.0, 0.0], document="a")])
    await shelf.store.replace(shelf.vectors, "b", [point("far", [0.0, 2.0, 0.0], document="b")])
    [found] = await shelf.store.query_batch(shelf.vectors, [Query(dense=[2.0, 0.0, 0.0])])
    assert [(hit.passage.text, round(hit.score, 5)) for hit in found] == [("near", 1.0), ("far", 0.0)]


async def test_both_legs_are_fused_and_several_queries_answered_in_order(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.vectors, "a", [point("alpha", [1.0, 0.0, 0.0], document="a")])
    await shelf.store.replace(shelf.vectors, "b", [point("beta", [0.0, 1.0, 0.0], document="b")])
    both = Query(dense=[0.0, 1.0, 0.0], sparse=encode("alpha"))
    first, second = await shelf.store.query_batch(
        shelf.vectors, [both, Query(sparse=encode("beta"), limit=1)]
    )
    # alpha: second by meaning, first by words; beta: first by meaning alone
    assert [(hit.passage.text, round(hit.score, 4)) for hit in first] == [
        ("alpha", round(1 / 61 + 1 / 62, 4)),
        ("beta", round(1 / 61, 4)),
    ]
    assert [hit.passage.text for hit in second] == ["beta"]


async def test_no_more_hits_are_given_than_are_asked_for(shelf: Shelf) -> None:
    written = [point(f"word {n}", [1.0, n, 0.0], position=n) for n in range(30)]
    await shelf.store.replace(shelf.vectors, "guide.md", written)
    queries = [
        Query(dense=[1.0, 0.0, 0.0], limit=7),
        Query(sparse=encode("word"), limit=7),
        Query(dense=[1.0, 0.0, 0.0], sparse=encode("word"), limit=7),
    ]
    assert [len(hits) for hits in await shelf.store.query_batch(shelf.vectors, queries)] == [7, 7, 7]


async def test_nothing_found_is_an_empty_result(shelf: Shelf) -> None:
    by_words, by_meaning = Query(sparse=encode("unheard")), Query(dense=[1.0, 0.0, 0.0])
    assert await shelf.store.query_batch(shelf.words, [by_words]) == [[]]
    both = Query(dense=[1.0, 0.0, 0.0], sparse=encode("unheard"))
    assert await shelf.store.query_batch(shelf.vectors, [by_words, by_meaning, both]) == [[], [], []]
    await shelf.store.replace(shelf.words, "guide.md", [point("other words")])
    assert await shelf.store.query_batch(shelf.words, [by_words]) == [[]]


async def test_questions_of_another_length_are_refused(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.vectors, "a", [point("text", [1.0, 2.0, 3.0])])
    await shelf.store.replace(shelf.words, "a", [point("text")])
    with pytest.raises(WrongDimension):
        await shelf.store.query_batch(shelf.vectors, [Query(dense=[1.0] * 4)])
    with pytest.raises(WrongDimension):
        await shelf.store.query_batch(shelf.words, [Query(dense=[1.0] * 3)])


async def test_fifty_questions_at_once_are_answered_while_documents_are_replaced(shelf: Shelf) -> None:
    kept = point("kept words", [1.0, 0.0, 0.0], document="kept.md")
    await shelf.store.replace(shelf.vectors, "kept.md", [kept])

    def version(number: int, document: str) -> list[Point]:
        texts = [f"{document} changing {number} {n}" for n in range(3)]
        return [
            point(text, [0.0, 1.0, n], document=document, position=n, content_hash=str(number))
            for n, text in enumerate(texts)
        ]

    async def rewrite(document: str) -> None:
        for number in range(3):
            await shelf.store.replace(shelf.vectors, document, version(number, document))

    question = Query(dense=[1.0, 0.0, 0.0], sparse=encode("kept"), limit=5)
    documents = [f"{n}.md" for n in range(5)]
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        for document in documents:
            group.create_task(rewrite(document))
        asked = [group.create_task(shelf.store.query_batch(shelf.vectors, [question])) for _ in range(50)]
    firsts = {hits[0].passage for task in asked for hits in task.result()}
    assert firsts == {kept.passage}
    assert await shelf.store.documents(shelf.vectors) == {"kept.md": "1"} | dict.fromkeys(documents, "2")
    assert await shelf.store.count(shelf.vectors) == 1 + 3 * len(documents)


async def test_http_and_grpc_give_the_same_hits_with_the_same_scores() -> None:
    """The server counts with 32 bits; gRPC sends those, HTTP as few digits as tell them apart."""
    dice = random.Random(7)
    name, size = f"chatbot-contract-{uuid4().hex[:12]}-transports", 8
    vocabulary = [f"word{n}" for n in range(12)]

    def vector() -> list[float]:
        return [dice.uniform(-1, 1) for _ in range(size)]

    texts = [" ".join(dice.sample(vocabulary, 5)) + f" {n}" for n in range(40)]
    points = [Point(passage(text, position=n), encode(text), vector()) for n, text in enumerate(texts)]
    words = encode("word1 word5 word7")
    queries = [
        Query(dense=vector(), limit=100),
        Query(sparse=words, limit=100),
        Query(dense=vector(), sparse=words, limit=100),
    ]
    async with both_transports() as (http, grpc):
        try:
            await http.create_collection(name, Fingerprint("model", size, "chunker-1"))
            await grpc.replace(name, "guide.md", points)
            over_http = await http.query_batch(name, queries)
            over_grpc = await grpc.query_batch(name, queries)
            ids = [each.passage.id for each in points]
            vectors = await http.dense_vectors(name, ids), await grpc.dense_vectors(name, ids)
        finally:
            await clear(lambda: the_one(http), name)
    assert len(over_http[0]) == len(over_http[2]) == len(points)
    assert [ranked(hits) for hits in over_http] == [ranked(hits) for hits in over_grpc]
    first, second = ({id: in_32_bits(*each) for id, each in found.items()} for found in vectors)
    assert first == second


def ranked(hits: Sequence[Hit]) -> list[tuple[bytes, Passage]]:
    """Return scores and passages, best first; of equals in the order of their ids."""
    ordered = sorted(hits, key=lambda hit: (-float(f"{hit.score:.6g}"), hit.passage.id))
    return [(in_32_bits(hit.score), hit.passage) for hit in ordered]


def in_32_bits(*values: float) -> bytes:
    return struct.pack(f"{len(values)}f", *values)
