"""What the core needs from the world. Each port has an adapter, and a fake in `tests/fakes.py`."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from .events import Event
from .model import Fingerprint, Hit, Passage, Point, Prompt, Query, Reply, SparseVector, Vector

Emit = Callable[[Event], Awaitable[None]]
EmitText = Callable[[str], Awaitable[None]]


class VectorStore(Protocol):
    """
    Named collections of points; the vocabulary is Qdrant's.

    Every method may raise StoreUnavailable, StoreTimeout, StoreLocked;
    every method that names a collection CollectionNotFound.
    """

    async def collections(self) -> list[str]:
        """Return the names of all collections, sorted."""
        ...

    async def create_collection(self, collection: str, fingerprint: Fingerprint) -> None:
        """Create the collection if it is not there; one that is there stays as it is."""
        ...

    async def delete_collection(self, collection: str) -> None:
        """Delete the collection and all its points."""
        ...

    async def fingerprint(self, collection: str) -> Fingerprint:
        """Return what the collection was built with."""
        ...

    async def count(self, collection: str) -> int:
        """Return the exact number of points."""
        ...

    async def documents(self, collection: str) -> Mapping[str, str]:
        """Return the content hash of each document by its id; empty of one that is not complete."""
        ...

    async def replace(self, collection: str, document: str, points: Sequence[Point]) -> None:
        """
        Put these points in the place of the document's earlier ones.

        When this returns, they survive the end of the process. A process that ends before leaves
        the earlier version or a mixture, which `documents` does not count as complete.

        Args:
            points: In the order of their positions, at least one.

        Raises:
            WrongDimension, StoreFull
        """
        ...

    async def delete(self, collection: str, document: str) -> None:
        """Delete the points of the document, if there are any."""
        ...

    async def optimize(self, collection: str) -> None:
        """Build what makes searches fast; call it when writing is done."""
        ...

    async def passages(self, collection: str, document: str) -> list[Passage]:
        """Return the passages of a document in order; empty if there is no such document."""
        ...

    async def retrieve(self, collection: str, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with these ids, in this order, without those that are not there."""
        ...

    async def dense_vectors(self, collection: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        """Return the dense vectors of those points that are there and have one."""
        ...

    async def query_batch(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        """
        Run several queries at once.

        Returns:
            For each query, in their order, its hits, best first.

        Raises:
            WrongDimension
        """
        ...


class Embedder(Protocol):
    """Makes dense vectors. May raise any ModelError."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def known_dimensions(self) -> int | None:
        """The length of the vectors, if it is configured; None if the server has to be asked."""
        ...

    async def dimensions(self) -> int:
        """Return the length of the vectors, asking the server once if it is not configured."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """
        Return one vector for each text, in order, of `dimensions` floats.

        Raises:
            WrongDimension: The server's vectors have another length.
        """
        ...


class SparseEncoder(Protocol):
    """Makes BM25 vectors. CPU-bound and quick: about 2 us a question, 80 us a passage."""

    def encode_passage(self, text: str) -> SparseVector: ...

    def encode_query(self, text: str) -> SparseVector: ...

    def warm_up(self) -> None:
        """Load now what the first text in some scripts would hold everything up for."""
        ...


class ChatModel(Protocol):
    """Writes the answer. May raise any ModelError; what was emitted before stays."""

    @property
    def name(self) -> str | None:
        """The model's name for the reader; None if nothing is written but quoted."""
        ...

    async def reply(self, prompt: Prompt, emit: EmitText) -> Reply:
        """
        Write the answer piece by piece through ``emit``.

        Raises:
            ModelInterrupted: It ended before it was complete.
        """
        ...


class Renderer(Protocol):
    """Turns Markdown of an answer into HTML that is safe to show, block by block while it is written."""

    def finished(self, markdown: str) -> int:
        """
        Return how many of the first characters are complete top-level blocks, 0 if none.

        Args:
            markdown: The text from the end of the last finished block on; more of it may follow.
        """
        ...

    def html(self, markdown: str, numbers: Collection[int]) -> str:
        """
        Return sanitised HTML of whole Markdown blocks.

        Args:
            markdown: The blocks; ``[n]`` marks are citations.
            numbers: The numbers that were given out; others stay plain text.
        """
        ...


class Clock(Protocol):
    """Seconds that never go backwards, as `time.monotonic`."""

    def __call__(self) -> float: ...
