"""Ports by hand: what they promise, without the outside world."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from zlib import crc32

from chatbot.errors import ChatbotError, CollectionNotFound, WrongDimension
from chatbot.events import Event
from chatbot.model import (
    Fingerprint,
    Hit,
    Message,
    Passage,
    Point,
    Prompt,
    Query,
    Reply,
    SparseVector,
    Vector,
)
from chatbot.ports import EmitText


def passage(text: str = "Collections hold points.", **fields: object) -> Passage:
    """A passage for tests; what is not given has a plain value."""
    given: dict[str, object] = {
        "id": f"00000000-0000-0000-0000-{crc32(text.encode()):012d}",
        "text": text,
        "title": "Guide",
        "headings": ("Start",),
        "url": None,
        "anchor": "start",
        "document": "guide.md",
        "position": 0,
        "content_hash": "1",
    }
    return Passage(**{**given, **fields})  # type: ignore[arg-type] # fields are checked by the test that reads them


def hits(*texts: str, **fields: object) -> tuple[Hit, ...]:
    found = enumerate(texts)
    return tuple(Hit(passage(text, position=n, **fields), 1.0 / (n + 1), "documents") for n, text in found)


class FakeStore:
    """`VectorStore` in dictionaries, with exact search."""

    def __init__(self) -> None:
        self.fingerprints: dict[str, Fingerprint] = {}
        self.points: dict[str, dict[str, Point]] = {}
        self.failure: Exception | None = None
        self.answering = asyncio.Event()
        self.answering.set()

    async def collections(self) -> list[str]:
        return sorted(self.points)

    async def create_collection(self, collection: str, fingerprint: Fingerprint) -> None:
        self.points.setdefault(collection, {})
        self.fingerprints.setdefault(collection, fingerprint)

    async def delete_collection(self, collection: str) -> None:
        self._collection(collection)
        del self.points[collection], self.fingerprints[collection]

    async def fingerprint(self, collection: str) -> Fingerprint:
        self._collection(collection)
        return self.fingerprints[collection]

    async def count(self, collection: str) -> int:
        return len(self._collection(collection))

    async def documents(self, collection: str) -> Mapping[str, str]:
        points = self._collection(collection).values()
        return {each.passage.document: each.passage.content_hash for each in points}

    async def replace(self, collection: str, document: str, points: Sequence[Point]) -> None:
        size = self.fingerprints[collection].dimensions
        if any(size != len(each.dense or ()) for each in points):
            raise WrongDimension(f"expected {size}")
        await self.delete(collection, document)
        self._collection(collection).update({each.passage.id: each for each in points})

    async def delete(self, collection: str, document: str) -> None:
        points = self._collection(collection)
        for id in [id for id, each in points.items() if each.passage.document == document]:
            del points[id]

    async def optimize(self, collection: str) -> None:
        self._collection(collection)

    async def passages(self, collection: str, document: str) -> list[Passage]:
        found = [each.passage for each in self._collection(collection).values()]
        return sorted((each for each in found if each.document == document), key=lambda each: each.position)

    async def retrieve(self, collection: str, ids: Sequence[str]) -> list[Passage]:
        points = self._collection(collection)
        return [points[id].passage for id in ids if id in points]

    async def dense_vectors(self, collection: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        points = self._collection(collection)
        return {id: dense for id in ids if id in points and (dense := points[id].dense) is not None}

    async def query_batch(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        await self.answering.wait()
        points = self._collection(collection).values()
        return [self._query(collection, list(points), query) for query in queries]

    def _query(self, collection: str, points: Sequence[Point], query: Query) -> list[Hit]:
        found = [Hit(each.passage, score(each, query), collection) for each in points]
        return sorted((hit for hit in found if hit.score > 0), key=lambda hit: -hit.score)[: query.limit]

    def _collection(self, collection: str) -> dict[str, Point]:
        if self.failure is not None:
            raise self.failure
        if collection not in self.points:
            raise CollectionNotFound(f"no collection {collection}")
        return self.points[collection]


def score(point: Point, query: Query) -> float:
    words = dense = 0.0
    if query.sparse is not None:
        weights = dict(zip(query.sparse.indices, query.sparse.values, strict=True))
        words = sum(
            weights.get(i, 0) * v for i, v in zip(point.sparse.indices, point.sparse.values, strict=True)
        )
    if query.dense is not None and point.dense is not None:
        dense = sum(a * b for a, b in zip(query.dense, point.dense, strict=True))
    return words + dense


class FakeEncoder:
    """`SparseEncoder`: lower-case words but a few stop words."""

    STOP = frozenset({"the", "a", "is", "are", "of", "to", "in", "and", "how", "do", "i", "what", "it"})

    def encode_passage(self, text: str) -> SparseVector:
        found = sorted(
            {crc32(word.encode()) for word in re.findall(r"\w+", text.lower()) if word not in self.STOP}
        )
        return SparseVector(found, [1.0] * len(found))

    encode_query = encode_passage

    def warm_up(self) -> None: ...


class FakeEmbedder:
    """`Embedder`: each word of a text in one of a few dimensions."""

    def __init__(self, *, model: str = "fake", size: int = 16) -> None:
        self.model = model
        self.size = size
        self.requests: list[list[str]] = []
        self.failure: ChatbotError | None = None
        self.answering = asyncio.Event()
        self.answering.set()
        self.asked: asyncio.Queue[None] = asyncio.Queue()
        self.running = self.most_running = 0

    @property
    def known_dimensions(self) -> int | None:
        return self.size

    async def dimensions(self) -> int:
        return self.size

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.requests.append(list(texts))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.asked.put_nowait(None)
        await self.answering.wait()
        self.running -= 1
        if self.failure is not None:
            raise self.failure
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        vector = [0.0] * self.size
        for word in re.findall(r"\w+", text.lower()):
            vector[crc32(word.encode()) % self.size] += 1.0
        length = sum(value * value for value in vector) ** 0.5 or 1.0
        return [value / length for value in vector]


class FakeChat:
    """`ChatModel` that writes given pieces; it can be held before each, and fail at the end."""

    name: str | None = "fake-chat"

    def __init__(self, *pieces: str, failure: ChatbotError | None = None, reply: Reply | None = None) -> None:
        self.pieces = pieces
        self.failure = failure
        self.result = reply or Reply()
        self.prompts: list[Prompt] = []
        self.rewritten = ""
        self.asked_to_rewrite: list[Sequence[Message]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def reply(self, prompt: Prompt, emit: EmitText) -> Reply:
        self.prompts.append(prompt)
        self.started.set()
        try:
            for piece in self.pieces:
                await emit(piece)
                await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if self.failure is not None:
            raise self.failure
        return self.result

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float) -> str:
        self.asked_to_rewrite.append(messages)
        await self.go_on.wait()
        return self.rewritten


class FakeRenderer:
    """`Renderer`: a block ends with an empty line."""

    def finished(self, markdown: str) -> int:
        return markdown.rfind("\n\n") + 2 if "\n\n" in markdown else 0

    def html(self, markdown: str, numbers: Collection[int]) -> str:
        return f"<p>{markdown.strip()}</p>"


class Record:
    """Keeps the events that are emitted to it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, *kinds: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]
