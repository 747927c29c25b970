"""
From a question to passages: all searches side by side, under one deadline.

The question as asked is searched at once. With a conversation before it, the model's rewriting runs
beside that search, and what it understood is searched too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..concurrency import first_error
from ..errors import ModelError, StoreTimeout, WrongDimension
from ..model import Hit, Message, Query, SparseVector, Vector
from ..ports import Embedder, SparseEncoder, VectorStore
from .ranking import fuse
from .relevance import is_relevant
from .rewriting import Rewriter, with_last_question
from .timings import Timings

log = logging.getLogger(__name__)

DEADLINE_S = 10.0
EMBEDDING_DEADLINE_S = 5.0
LIMIT = 8


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a search brought.

    Attributes:
        question: In words that stand without the conversation.
        hits: Best first.
        relevant: Whether they fit the question; otherwise they are merely the closest places.
    """

    question: str
    hits: tuple[Hit, ...]
    relevant: bool


class Searched(NamedTuple):
    """
    One ranking for each query and collection, best first.

    Attributes:
        similarity: Cosine of the passage nearest in meaning; 0 if meaning was not searched.
    """

    rankings: list[list[Hit]]
    similarity: float


async def no_check() -> None:
    """The collections were looked at already."""


@dataclass(frozen=True, slots=True)
class Retriever:
    """
    Searches collections.

    Attributes:
        require_searchable: Raises what stands against a search; asked before each.
    """

    store: VectorStore
    collections: tuple[str, ...]
    sparse: SparseEncoder
    embedder: Embedder | None
    rewriter: Rewriter
    require_searchable: Callable[[], Awaitable[None]] = no_check
    deadline_s: float = DEADLINE_S
    embedding_deadline_s: float = EMBEDDING_DEADLINE_S

    async def search(
        self, question: str, history: Sequence[Message] = (), *, limit: int = LIMIT, timings: Timings
    ) -> Found:
        """
        Return the passages that fit the question best.

        Raises:
            StoreTimeout: Nothing was found in time.
            StoreError
        """
        try:
            async with asyncio.timeout(self.deadline_s):
                await self.require_searchable()
                return await self._search(question, history, limit, timings)
        except TimeoutError as error:
            raise StoreTimeout("The search took too long. Please try again.") from error

    async def _search(self, question: str, history: Sequence[Message], limit: int, timings: Timings) -> Found:
        context = with_last_question(question, history)
        async with first_error(), asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(self._find([question, *([context] if context else [])], limit, timings))
            rewriting = tasks.create_task(self._rewrite(question, history, timings))
        found, understood = asked.result(), rewriting.result()
        if understood:
            more = await self._find([understood], limit, timings)
            found = Searched(found.rankings + more.rankings, max(found.similarity, more.similarity))
        hits = tuple(fuse(found.rankings)[:limit])
        standalone = understood or context or question
        relevant = is_relevant(standalone, understood or question, hits, found.similarity, self.sparse)
        return Found(standalone, hits, relevant)

    async def _rewrite(self, question: str, history: Sequence[Message], timings: Timings) -> str | None:
        if not history:
            return None
        with timings.stage("rewrite"):
            return await self.rewriter.rewrite(question, history)

    async def _find(self, texts: Sequence[str], limit: int, timings: Timings) -> Searched:
        """Search words and meaning of each text in each collection, as one batch for each collection."""
        vectors = await self._embed(texts, timings)
        words = [self.sparse.encode_query(text) for text in texts]
        queries = [query(dense, sparse, limit) for dense, sparse in zip(vectors, words, strict=True)]
        queries += [Query(dense, limit=1) for dense in vectors if dense is not None]
        try:
            found = await self._query(queries, timings)
        except WrongDimension:
            # The embedder's vectors have another length than when the index was built: its words still fit.
            log.exception("vectors of another length left out")
            found = await self._query([Query(sparse=each, limit=limit) for each in words], timings)
        rankings = [ranking for batch in found for ranking in batch[: len(texts)]]
        nearest = [hit for batch in found for hits in batch[len(texts) :] for hit in hits]
        return Searched(rankings, max((hit.score for hit in nearest), default=0.0))

    async def _query(self, queries: Sequence[Query], timings: Timings) -> list[list[list[Hit]]]:
        """Return the hits for each collection and query."""
        with timings.stage("search"):
            async with first_error(), asyncio.TaskGroup() as tasks:
                found = [
                    tasks.create_task(self.store.query_batch(name, queries)) for name in self.collections
                ]
        return [task.result() for task in found]

    async def _embed(self, texts: Sequence[str], timings: Timings) -> Sequence[Vector | None]:
        """Return a vector for each text; none when the embedder fails, and words alone are searched."""
        if self.embedder is None:
            return [None] * len(texts)
        try:
            with timings.stage("embed"):
                async with asyncio.timeout(self.embedding_deadline_s):
                    return await self.embedder.embed(texts)
        except (ModelError, TimeoutError) as error:
            log.warning("embedding left out", extra={"error": type(error).__name__})
            return [None] * len(texts)


def query(dense: Vector | None, words: SparseVector, limit: int) -> Query:
    """Return a search by both; a question without any word that is indexed is searched by meaning alone."""
    return Query(dense, words if words.indices or dense is None else None, limit)
