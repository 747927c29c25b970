"""Collections of one test on a store that others may use too: names of its own, gone when it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from chatbot.errors import CollectionNotFound
from chatbot.model import Fingerprint, Point
from chatbot.ports import VectorStore
from tests.contract.backends import Opener
from tests.fakes import FakeEncoder, passage

WORDS = Fingerprint(None, 0, "chunker-1")
VECTORS = Fingerprint("model", 3, "chunker-1")

encode = FakeEncoder().encode_passage


def point(text: str, dense: list[float] | None = None, **fields: object) -> Point:
    return Point(passage(text, **fields), encode(text), dense)


class Shelf:
    """
    Attributes:
        store: Where the collections are.
        another: Opens a second store on the same collections.
        words: A collection without dense vectors.
        vectors: One with vectors of three numbers.
    """

    def __init__(self, store: VectorStore, another: Opener) -> None:
        self.prefix = f"chatbot-contract-{uuid4().hex[:12]}-"
        self.store = store
        self.another = another
        self.words = self.named("words")
        self.vectors = self.named("vectors")

    def named(self, name: str) -> str:
        return self.prefix + name

    async def ours(self) -> list[str]:
        """Return which of this test's collections are there, without the prefix."""
        found = await self.store.collections()
        return [name.removeprefix(self.prefix) for name in found if name.startswith(self.prefix)]


@asynccontextmanager
async def stocked(opener: Opener) -> AsyncIterator[Shelf]:
    async with opener() as store:
        shelf = Shelf(store, opener)
        try:
            await store.create_collection(shelf.words, WORDS)
            await store.create_collection(shelf.vectors, VECTORS)
            yield shelf
        finally:
            await clear(opener, shelf.prefix)


async def clear(opener: Opener, prefix: str) -> None:
    """Delete what the test left, through a store that it cannot have broken."""
    async with opener() as store:
        for name in await store.collections():
            if name.startswith(prefix):
                with suppress(CollectionNotFound):
                    await store.delete_collection(name)
