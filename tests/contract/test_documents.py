"""What every `VectorStore` promises about documents and their passages."""

import pytest

from chatbot.errors import WrongDimension
from tests.contract.shelf import Shelf, point

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def test_a_passage_comes_back_as_it_was_written(shelf: Shelf) -> None:
    written = point(
        "Ein Stück Text, 本文.",
        headings=("A", "B"),
        tags=("x", "y"),
        url="https://docs.test/a",
        overlap_chars=4,
    )
    await shelf.store.replace(shelf.words, "guide.md", [written])
    assert await shelf.store.passages(shelf.words, "guide.md") == [written.passage]
    asked = ["no-uuid", NOWHERE, written.passage.id]
    assert await shelf.store.retrieve(shelf.words, asked) == [written.passage]


@pytest.mark.parametrize(
    "text",
    [
        "Ünïcödé 本文 한국어 ไทย عربى 🙂\u200d",
        'a "quoted" \\path\\ <b>',
        "line\nline\r\n\ttab\u2028",
        "e\u0301",
    ],
)
async def test_every_text_comes_back_character_by_character(shelf: Shelf, text: str) -> None:
    document = f"dir/{text}.md"
    written = point(text, document=document, title=text, headings=(text,), tags=(text,), anchor=text)
    await shelf.store.replace(shelf.words, document, [written])
    assert await shelf.store.passages(shelf.words, document) == [written.passage]
    assert await shelf.store.documents(shelf.words) == {document: "1"}
    await shelf.store.delete(shelf.words, document)
    assert await shelf.store.count(shelf.words) == 0


async def test_passages_come_in_the_order_of_the_document(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point(f"text {n}", position=n) for n in range(250)])
    found = await shelf.store.passages(shelf.words, "guide.md")
    assert [each.position for each in found] == list(range(250))


async def test_a_document_may_have_a_thousand_passages(shelf: Shelf) -> None:
    long = [point(f"passage {n}", [1.0, n, 0.0], position=n) for n in range(1001)]
    await shelf.store.replace(shelf.vectors, "guide.md", long)
    assert await shelf.store.count(shelf.vectors) == 1001
    assert await shelf.store.documents(shelf.vectors) == {"guide.md": "1"}
    assert await shelf.store.passages(shelf.vectors, "guide.md") == [each.passage for each in long]
    backwards = [each.passage for each in reversed(long)]
    assert await shelf.store.retrieve(shelf.vectors, [each.id for each in backwards]) == backwards
    assert len(await shelf.store.dense_vectors(shelf.vectors, [each.id for each in backwards])) == 1001
    await shelf.store.replace(shelf.vectors, "guide.md", long[:1])
    assert await shelf.store.count(shelf.vectors) == 1


async def test_replacing_a_document_leaves_nothing_of_its_earlier_version(shelf: Shelf) -> None:
    old = [point(f"old {n}", position=n) for n in range(5)]
    new = [point(f"new {n}", position=n, content_hash="2") for n in range(2)]
    await shelf.store.replace(shelf.words, "guide.md", old)
    await shelf.store.replace(shelf.words, "other.md", [point("other", document="other.md")])
    await shelf.store.replace(shelf.words, "guide.md", new)
    found = await shelf.store.passages(shelf.words, "guide.md")
    assert [each.text for each in found] == ["new 0", "new 1"]
    assert await shelf.store.documents(shelf.words) == {"guide.md": "2", "other.md": "1"}


async def test_a_passage_that_two_versions_share_is_kept(shelf: Shelf) -> None:
    old = [point("same", position=0), point("old", position=1)]
    new = [point("new", position=0, content_hash="2"), point("same", position=1, content_hash="2")]
    await shelf.store.replace(shelf.words, "guide.md", old)
    await shelf.store.replace(shelf.words, "guide.md", new)
    assert await shelf.store.passages(shelf.words, "guide.md") == [each.passage for each in new]
    assert await shelf.store.documents(shelf.words) == {"guide.md": "2"}


async def test_a_document_without_its_first_passage_is_not_complete(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point("second", position=1)])
    assert await shelf.store.documents(shelf.words) == {"guide.md": ""}


async def test_a_deleted_document_is_no_longer_listed_and_the_others_are(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "a", [point("one", document="a")])
    await shelf.store.replace(shelf.words, "b", [point("two", document="b")])
    await shelf.store.delete(shelf.words, "a")
    assert await shelf.store.documents(shelf.words) == {"b": "1"}
    assert await shelf.store.passages(shelf.words, "a") == []


async def test_what_is_not_there_is_empty_and_no_error(shelf: Shelf) -> None:
    await shelf.store.delete(shelf.words, "nowhere.md")
    assert await shelf.store.passages(shelf.words, "nowhere.md") == []
    assert await shelf.store.retrieve(shelf.words, []) == []
    assert await shelf.store.retrieve(shelf.words, ["no-uuid"]) == []
    assert await shelf.store.retrieve(shelf.words, [NOWHERE]) == []
    assert await shelf.store.dense_vectors(shelf.vectors, []) == {}
    assert await shelf.store.dense_vectors(shelf.vectors, [NOWHERE]) == {}


async def test_writing_is_done_with_optimizing_and_everything_is_still_there(shelf: Shelf) -> None:
    await shelf.store.replace(shelf.words, "guide.md", [point("kept")])
    await shelf.store.optimize(shelf.words)
    assert await shelf.store.documents(shelf.words) == {"guide.md": "1"}


async def test_vectors_of_another_length_are_not_written(shelf: Shelf) -> None:
    with pytest.raises(WrongDimension):
        await shelf.store.replace(shelf.vectors, "a", [point("text", [1.0, 2.0])])
    with pytest.raises(WrongDimension):
        await shelf.store.replace(shelf.words, "a", [point("text", [1.0, 2.0, 3.0])])
    assert await shelf.store.count(shelf.vectors) == 0


async def test_dense_vectors_are_given_for_the_points_that_are_there(shelf: Shelf) -> None:
    written, without = point("text", [0.6, 0.8, 0.0]), point("none", position=1)
    await shelf.store.replace(shelf.vectors, "guide.md", [written, without])
    found = await shelf.store.dense_vectors(shelf.vectors, [written.passage.id, without.passage.id, NOWHERE])
    assert {id: [round(value, 5) for value in vector] for id, vector in found.items()} == {
        written.passage.id: [0.6, 0.8, 0.0]
    }
