"""Only what changed is embedded and written again."""

import asyncio
from dataclasses import dataclass

import pytest

from chatbot.errors import FingerprintMismatch, ModelUnavailable, StoreFull, UnreadableDocument
from chatbot.indexing.sync import Progress, Sync, Tally
from chatbot.model import Block, Document, Point
from tests.fakes import FakeEmbedder, FakeEncoder, FakeStore


@dataclass
class Original:
    """A document in memory that counts how often it is parsed."""

    id: str
    text: str
    broken: bool = False
    reads: int = 0

    @property
    def content_hash(self) -> str:
        return f"hash of {self.text}"

    def read(self) -> Document:
        self.reads += 1
        if self.broken:
            raise UnreadableDocument("It is not text.")
        blocks = tuple(Block("text", part) for part in self.text.split("\n\n") if part)
        return Document(self.id, self.id, blocks, self.content_hash)


def of(progress: list[Progress], outcome: str) -> list[str]:
    return [each.document for each in progress if each.outcome == outcome]


class Run:
    """An index that is brought up to date again and again."""

    def __init__(self, embedder: FakeEmbedder | None = None) -> None:
        self.store = FakeStore()
        self.embedder = embedder
        self.progress: list[Progress] = []

    async def __call__(self, *originals: Original, prune: bool = False) -> Tally:
        self.progress.clear()
        sync = Sync(self.store, FakeEncoder(), self.embedder, "documents", self.progress.append, prune=prune)
        return await sync.run(originals)


async def test_new_documents_are_written_and_reported() -> None:
    run = Run()
    tally = await run(Original("a.md", "one"), Original("b.md", "two"))
    assert (tally.written, tally.passages, await run.store.count("documents")) == (2, 2, 2)
    assert sorted(of(run.progress, "written")) == ["a.md", "b.md"]
    assert [(each.done, each.total) for each in run.progress] == [(1, 2), (2, 2)]


async def test_an_unchanged_document_is_not_even_parsed() -> None:
    run = Run(FakeEmbedder())
    await run(Original("a.md", "one"), Original("b.md", "two"))
    same, changed = Original("a.md", "one"), Original("b.md", "three")
    tally = await run(same, changed)
    assert (same.reads, changed.reads) == (0, 1)
    assert (tally.unchanged, tally.written) == (1, 1)


async def test_only_changed_passages_of_a_document_are_embedded_again() -> None:
    embedder = FakeEmbedder()
    run = Run(embedder)
    long = "\n\n".join(f"Paragraph {n}. " + f"word{n} " * 200 for n in range(4))
    await run(Original("a.md", long))
    embedder.requests.clear()
    await run(Original("a.md", long + "\n\nOne more."))
    embedded = [text for request in embedder.requests for text in request]
    assert await run.store.count("documents") > 3
    assert len(embedded) == 1
    assert "One more." in embedded[0]


async def test_a_broken_document_is_named_and_the_others_are_written() -> None:
    run = Run()
    tally = await run(Original("a.md", "one"), Original("bad.md", "x", broken=True), Original("empty.md", ""))
    assert (tally.written, tally.failed) == (1, 2)
    reasons = {each.document: each.reason for each in run.progress if each.outcome == "failed"}
    assert reasons == {"bad.md": "It is not text.", "empty.md": "It holds no text."}


async def test_a_document_that_broke_keeps_its_earlier_version() -> None:
    run = Run()
    await run(Original("a.md", "one"))
    await run(Original("a.md", "two", broken=True), prune=True)
    assert [each.text for each in await run.store.passages("documents", "a.md")] == ["one"]


async def test_a_document_that_was_emptied_is_gone() -> None:
    run = Run()
    await run(Original("a.md", "one"))
    await run(Original("a.md", ""))
    assert await run.store.count("documents") == 0


async def test_documents_that_disappeared_stay_unless_pruned() -> None:
    run = Run()
    await run(Original("a.md", "one"), Original("b.md", "two"))
    await run(Original("a.md", "one"))
    assert await run.store.count("documents") == 2
    tally = await run(Original("a.md", "one"), prune=True)
    assert (tally.removed, of(run.progress, "removed")) == (1, ["b.md"])
    assert list(await run.store.documents("documents")) == ["a.md"]


async def test_an_index_of_another_model_is_refused_with_the_command_that_mends_it() -> None:
    run = Run()
    await run(Original("a.md", "one"))
    run.embedder = FakeEmbedder(model="new-model")
    with pytest.raises(
        FingerprintMismatch, match=r"no embedding model.*new-model \(16 dimensions\).*--rebuild"
    ):
        await run(Original("a.md", "one"))


async def test_what_was_reported_stays_when_the_embedder_fails_and_the_next_run_goes_on() -> None:
    embedder = FakeEmbedder()
    run = Run(embedder)
    long = "word " * 200
    first = [Original(f"{n}.md", "\n\n".join(f"{n} {m} {long}" for m in range(70))) for n in range(2)]
    await run(first[0])
    embedder.failure = ModelUnavailable("down")
    with pytest.raises(ModelUnavailable, match="down"):
        await run(*first)
    assert list(await run.store.documents("documents")) == ["0.md"]
    embedder.failure = None
    tally = await run(*first)
    assert (tally.unchanged, tally.written) == (1, 1)


async def test_a_failing_store_ends_the_run_with_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()

    async def full(*_: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(run.store, "replace", full)
    with pytest.raises(StoreFull, match="no room"):
        await run(Original("a.md", "one"))


async def test_what_an_earlier_run_did_not_optimize_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    optimized: list[str] = []

    async def full(collection: str) -> None:
        raise StoreFull("no room")

    async def note(collection: str) -> None:
        optimized.append(collection)

    monkeypatch.setattr(run.store, "optimize", full)
    assert (await run(Original("a.md", "one"))).written == 1
    monkeypatch.setattr(run.store, "optimize", note)
    assert (await run(Original("a.md", "one"))).unchanged == 1
    assert optimized == ["documents"]


async def test_at_most_a_few_groups_are_embedded_at_once() -> None:
    embedder = FakeEmbedder()
    embedder.answering.clear()
    run = Run(embedder)
    text = "\n\n".join(f"{n} " + "word " * 200 for n in range(70))
    work = asyncio.create_task(run(*[Original(f"{n}.md", f"{n} {text}") for n in range(8)]))
    async with asyncio.timeout(10):
        for _ in range(4):
            await embedder.asked.get()
        embedder.answering.set()
        tally = await work
    assert embedder.most_running == 4
    assert tally.written == 8


async def test_vectors_are_written_where_they_belong() -> None:
    embedder = FakeEmbedder()
    run = Run(embedder)
    await run(Original("a.md", "apples"), Original("b.md", "pears"))
    points: list[Point] = list(run.store.points["documents"].values())
    for point in points:
        [expected] = await embedder.embed([point.passage.searched_text])
        assert point.dense == expected
