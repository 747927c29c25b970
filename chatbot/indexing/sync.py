"""Bring a collection up to date with documents: only what changed is embedded and written again."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..concurrency import first_error
from ..errors import FingerprintMismatch, StoreFull, UnreadableDocument
from ..model import Document, Fingerprint, Passage, Point, Vector
from ..ports import Embedder, SparseEncoder, VectorStore
from .chunking import CHUNKER, chunk

log = logging.getLogger(__name__)

GROUP_PASSAGES = 64
"""About as many passages as one embedding request carries."""

GROUPS_AT_ONCE = 4


class Original(Protocol):
    """A document that can be read: its id and the hash of its bytes are known before it is parsed."""

    @property
    def id(self) -> str: ...

    @property
    def content_hash(self) -> str: ...

    def read(self) -> Document:
        """
        Parse the bytes; CPU-bound.

        Raises:
            UnreadableDocument
        """
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """
    What happened to one document.

    Attributes:
        done, total: How many documents are through, of how many.
        reason: Of a document that could not be read: why.
    """

    document: str
    outcome: Literal["written", "unchanged", "removed", "failed"]
    done: int
    total: int
    passages: int = 0
    reason: str = ""


Report = Callable[[Progress], None]
Parsed = tuple[Document, list[Passage]]


@dataclass(slots=True)
class Tally:
    """Documents by outcome."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    passages: int = 0


@dataclass(slots=True)
class Sync:
    """
    One run over some documents.

    Attributes:
        prune: Remove the documents of the collection that are not among the given ones.
    """

    store: VectorStore
    sparse: SparseEncoder
    embedder: Embedder | None
    collection: str
    report: Report
    prune: bool = False
    tally: Tally = field(default_factory=Tally)
    _total: int = 0

    async def run(self, originals: Sequence[Original]) -> Tally:
        """
        Write what is new or changed.

        Every document that was reported as written is there, whatever happens afterwards.

        Raises:
            FingerprintMismatch: The collection was built with another embedding model or chunker.
            ModelError: The embedder failed; the next run goes on from here.
            StoreError
        """
        await self._prepare()
        known = await self.store.documents(self.collection)
        self._total = len(originals)
        changed = [each for each in originals if not self._is_unchanged(each, known)]
        await self._write(changed)
        if self.prune:
            await self._remove(known.keys() - {each.id for each in originals})
        await self._optimize()
        return self.tally

    async def _optimize(self) -> None:
        """Always, since an earlier run may have ended before; a shard that is well costs nothing."""
        try:
            await self.store.optimize(self.collection)
        except StoreFull as error:
            log.warning("the index is complete, but searches stay slower until there is room: %s", error)

    async def _prepare(self) -> None:
        if self.collection not in await self.store.collections():
            await self.store.create_collection(self.collection, await fingerprint(self.embedder))
        require_current(await self.store.fingerprint(self.collection), self.embedder, self.collection)

    def _is_unchanged(self, original: Original, known: Mapping[str, str]) -> bool:
        if known.get(original.id) != original.content_hash:
            return False
        self._tell(original.id, "unchanged")
        return True

    async def _write(self, originals: Iterable[Original]) -> None:
        """Read in a thread; embed and write in groups, a few of them side by side."""
        free = asyncio.Semaphore(GROUPS_AT_ONCE)
        async with first_error(), asyncio.TaskGroup() as tasks:
            group: list[Parsed] = []
            for original in originals:
                group += await self._parse(original)
                if sum(len(passages) for _, passages in group) >= GROUP_PASSAGES:
                    await free.acquire()
                    tasks.create_task(self._write_group(group)).add_done_callback(lambda _: free.release())
                    group = []
            tasks.create_task(self._write_group(group))

    async def _parse(self, original: Original) -> list[Parsed]:
        """Return one document with its passages, or none if there is nothing to read; an earlier version stays."""
        try:
            document = await asyncio.to_thread(original.read)
            passages = await asyncio.to_thread(chunk, document)
        except UnreadableDocument as error:
            self._tell(original.id, "failed", reason=str(error))
            return []
        if not passages:
            await self.store.delete(self.collection, original.id)
            self._tell(original.id, "failed", reason="It holds no text.")
            return []
        return [(document, passages)]

    async def _write_group(self, group: Sequence[Parsed]) -> None:
        passages = [passage for _, those in group for passage in those]
        vectors = await self._embed(passages)
        for document, those in group:
            points = [self._point(passage, vectors.get(passage.id)) for passage in those]
            await self.store.replace(self.collection, document.id, points)
            self._tell(document.id, "written", passages=len(those))

    async def _embed(self, passages: Sequence[Passage]) -> Mapping[str, Vector]:
        """Passages that are there already keep their vectors: an id says what was embedded."""
        if self.embedder is None:
            return {}
        known = await self.store.dense_vectors(self.collection, [each.id for each in passages])
        missing = [each for each in passages if each.id not in known]
        fresh = await self.embedder.embed([each.searched_text for each in missing])
        return {**known, **dict(zip((each.id for each in missing), fresh, strict=True))}

    def _point(self, passage: Passage, dense: Vector | None) -> Point:
        return Point(passage, self.sparse.encode_passage(passage.searched_text), dense)

    async def _remove(self, documents: Iterable[str]) -> None:
        for document in sorted(documents):
            await self.store.delete(self.collection, document)
            self._tell(document, "removed")

    def _tell(
        self,
        document: str,
        outcome: Literal["written", "unchanged", "removed", "failed"],
        *,
        passages: int = 0,
        reason: str = "",
    ) -> None:
        tally = self.tally
        setattr(tally, outcome, getattr(tally, outcome) + 1)
        tally.passages += passages
        done = tally.written + tally.unchanged + tally.failed
        self.report(Progress(document, outcome, done, self._total, passages, reason))


async def fingerprint(embedder: Embedder | None) -> Fingerprint:
    """Return what a new index is built with; asks the embedder how long its vectors are."""
    if embedder is None:
        return Fingerprint(None, 0, CHUNKER)
    return Fingerprint(embedder.model, await embedder.dimensions(), CHUNKER)


def require_current(found: Fingerprint, embedder: Embedder | None, collection: str) -> None:
    """
    Check that a collection was built with what it would be searched with.

    The embedder is not asked, so that an index can be used while it is down: a length of vectors that
    is not configured is taken to be as it was.

    Raises:
        FingerprintMismatch: Names both, and the command that mends it.
    """
    model = embedder.model if embedder else None
    dimensions = (embedder.known_dimensions or found.dimensions) if embedder else 0
    ours = Fingerprint(model, dimensions, CHUNKER)
    if found != ours:
        raise FingerprintMismatch(
            f"The collection {collection!r} was built with {described(found)}, but the settings say "
            f"{described(ours)}. Build it again with `chatbot index PATH --rebuild --collection {collection}`, "
            "or set EMBEDDING_MODEL and EMBEDDING_DIMENSIONS as they were."
        )


def described(fingerprint: Fingerprint) -> str:
    model = fingerprint.embedding_model
    vectors = (
        f"embedding model {model} ({fingerprint.dimensions} dimensions)" if model else "no embedding model"
    )
    return f"{vectors} and chunker {fingerprint.chunker}"
