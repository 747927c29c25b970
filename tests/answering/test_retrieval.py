"""All searches side by side, under one deadline, and each can be missing."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chatbot.answering.retrieval import Found, Retriever
from chatbot.answering.rewriting import Rewriter
from chatbot.answering.timings import Timings
from chatbot.errors import ModelUnavailable, StoreTimeout, StoreUnavailable, WrongDimension
from chatbot.model import Fingerprint, Hit, Message, Point, Query
from tests.fakes import FakeChat, FakeEmbedder, FakeEncoder, FakeStore, passage

HISTORY = (Message("user", "What is a collection?"), Message("assistant", "It holds points [1]."))


class Searching:
    """A retriever over a few passages, with everything around it at hand."""

    def __init__(
        self, *texts: str, embedder: FakeEmbedder | None = None, model: FakeChat | None = None
    ) -> None:
        self.store, self.embedder = FakeStore(), embedder
        self.texts = texts
        self.timings = Timings(lambda: 0.0)
        rewriter = Rewriter(model, deadline_s=0.05)
        self.retriever = Retriever(
            self.store,
            ("documents",),
            FakeEncoder(),
            embedder,
            rewriter,
            deadline_s=0.5,
            embedding_deadline_s=0.05,
        )

    async def fill(self) -> None:
        size = self.embedder.size if self.embedder else 0
        await self.store.create_collection("documents", Fingerprint("fake" if size else None, size, "c"))
        for text in self.texts:
            made = passage(text, document=text)
            dense = (await self.embedder.embed([made.searched_text]))[0] if self.embedder else None
            sparse = FakeEncoder().encode_passage(made.searched_text)
            await self.store.replace("documents", text, [Point(made, sparse, dense)])
        if self.embedder:
            self.embedder.requests.clear()

    async def __call__(self, question: str, history: tuple[Message, ...] = ()) -> Found:
        await self.fill()
        return await self.retriever.search(question, history, timings=self.timings)


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        yield


async def test_the_best_passage_comes_first() -> None:
    found = await Searching("Delete a collection.", "Install a server.")("how to install the server")
    assert found.hits[0].passage.text == "Install a server."
    assert found.relevant
    assert found.question == "how to install the server"


async def test_a_question_about_something_else_is_not_relevant_but_has_its_closest_places() -> None:
    search = Searching("Install a server on Linux.", "Delete a collection.")
    found = await search("recipe for chocolate cake with walnuts on a server")
    assert [hit.passage.text for hit in found.hits] == ["Install a server on Linux."]
    assert not found.relevant


async def test_a_question_in_other_words_is_relevant_when_its_meaning_is_near() -> None:
    embedder = FakeEmbedder(size=1)
    found = await Searching("Install a server on Linux.", embedder=embedder)(
        "setting up my machine on Linux quickly"
    )
    assert found.relevant


async def test_nothing_at_all_is_found_for_words_that_nobody_wrote() -> None:
    found = await Searching("Install a server.")("qwertz")
    assert found.hits == ()
    assert not found.relevant


async def test_one_request_embeds_all_queries_of_a_turn() -> None:
    embedder = FakeEmbedder()
    search = Searching("Delete a collection.", embedder=embedder)
    await search("How do I delete it?", HISTORY)
    assert embedder.requests == [["How do I delete it?", "What is a collection? How do I delete it?"]]
    assert {"embed", "search", "rewrite", "total"} == search.timings.total().keys()


async def test_a_follow_up_finds_what_the_conversation_is_about() -> None:
    found = await Searching("A collection is deleted with delete.", "A snapshot is removed at once.")(
        "how do I remove one", (Message("user", "collection deleted"), Message("assistant", "Yes."))
    )
    assert "A collection is deleted with delete." in [hit.passage.text for hit in found.hits]


async def test_a_follow_up_about_something_else_is_not_answered_from_the_conversation() -> None:
    search = Searching("A collection is deleted with delete.")
    found = await search("penguins eat fish?", (Message("user", "collection deleted delete"),))
    assert found.hits
    assert not found.relevant


async def test_the_rewritten_question_is_searched_too() -> None:
    model = FakeChat()
    model.rewritten = "How do I drop a table?"
    found = await Searching("Drop a table.", "Collections hold points.", model=model)(
        "and how to drop one?", HISTORY
    )
    assert found.question == "How do I drop a table?"
    assert "Drop a table." in [hit.passage.text for hit in found.hits]


async def test_the_first_search_does_not_wait_for_the_rewriting() -> None:
    model, embedder = FakeChat(), FakeEmbedder()
    model.go_on.clear()
    model.rewritten = "How do I drop a table?"
    search = Searching("Drop a table.", embedder=embedder, model=model)
    await search.fill()
    searching = asyncio.create_task(search.retriever.search("drop it", HISTORY, timings=search.timings))
    await embedder.asked.get()  # from filling
    await embedder.asked.get()  # the search, while the model has not answered
    model.go_on.set()
    assert (await searching).question == "How do I drop a table?"


async def test_a_rewriting_that_comes_too_late_is_dropped() -> None:
    model = FakeChat()
    model.go_on.clear()
    found = await Searching("Drop a table.", model=model)("drop a table", HISTORY)
    assert found.question == "What is a collection? drop a table"
    assert found.hits


@pytest.mark.parametrize("answer", ["", "two\nlines", "x" * 500, "drop a table"])
async def test_a_model_that_does_not_rewrite_is_not_listened_to(answer: str) -> None:
    model = FakeChat()
    model.rewritten = answer
    assert await Rewriter(model).rewrite("drop a table", HISTORY) is None


async def test_a_first_question_is_not_rewritten() -> None:
    model = FakeChat()
    await Searching("Drop a table.", model=model)("drop a table")
    assert model.asked_to_rewrite == []


async def test_words_are_searched_when_the_embedder_fails() -> None:
    embedder = FakeEmbedder()
    search = Searching("Install a server.", embedder=embedder)
    await search.fill()
    embedder.failure = ModelUnavailable("down")
    found = await search.retriever.search("install a server", timings=search.timings)
    assert [hit.passage.text for hit in found.hits] == ["Install a server."]


async def test_words_are_searched_when_vectors_have_another_length_than_the_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = Searching("Install a server.", embedder=FakeEmbedder())
    await search.fill()
    answer = search.store.query_batch

    async def refuse(collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        if any(query.dense is not None for query in queries):
            raise WrongDimension("other vectors")
        return await answer(collection, queries)

    monkeypatch.setattr(search.store, "query_batch", refuse)
    found = await search.retriever.search("install a server", timings=search.timings)
    assert [hit.passage.text for hit in found.hits] == ["Install a server."]


async def test_words_are_searched_when_the_embedder_is_late() -> None:
    embedder = FakeEmbedder()
    search = Searching("Install a server.", embedder=embedder)
    await search.fill()
    embedder.answering.clear()
    found = await search.retriever.search("install a server", timings=search.timings)
    assert [hit.passage.text for hit in found.hits] == ["Install a server."]


async def test_a_store_that_does_not_answer_in_time_is_a_timeout() -> None:
    search = Searching("Install a server.")
    search.store.answering.clear()
    with pytest.raises(StoreTimeout):
        await search("install")


async def test_an_outage_of_the_store_is_not_an_empty_result() -> None:
    search = Searching("Install a server.")
    await search.fill()
    search.store.failure = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable, match="gone"):
        await search.retriever.search("install", timings=search.timings)
