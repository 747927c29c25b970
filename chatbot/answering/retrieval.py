"""
From a question to passages: all searches side by side, under one deadline.

The question as asked is searched at once. With a conversation before it, the model's rewriting runs
beside that search, and what it understood is searched too.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ..concurrency import first_error
from ..errors import ModelError, StoreTimeout
from ..model import Hit, Message, Query, Vector
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


@dataclass(frozen=True, slots=True)
class Retriever:
    store: VectorStore
    collections: tuple[str, ...]
    sparse: SparseEncoder
    embedder: Embedder | None
    rewriter: Rewriter
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
                return await self._search(question, history, limit, timings)
        except TimeoutError as error:
            raise StoreTimeout("The search took too long. Please try again.") from error

    async def _search(self, question: str, history: Sequence[Message], limit: int, timings: Timings) -> Found:
        context = with_last_question(question, history)
        async with first_error(), asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(
                self._rankings([question, *([context] if context else [])], limit, timings)
            )
            rewriting = tasks.create_task(self._rewrite(question, history, timings))
        rankings, understood = asked.result(), rewriting.result()
        if understood:
            rankings = [*rankings, *await self._rankings([understood], limit, timings)]
        hits = tuple(fuse(rankings)[:limit])
        standalone = understood or context or question
        return Found(standalone, hits, is_relevant(standalone, hits, self.sparse))

    async def _rewrite(self, question: str, history: Sequence[Message], timings: Timings) -> str | None:
        if not history:
            return None
        with timings.stage("rewrite"):
            return await self.rewriter.rewrite(question, history)

    async def _rankings(self, texts: Sequence[str], limit: int, timings: Timings) -> list[list[Hit]]:
        """Return one ranking for each text and collection."""
        vectors = await self._embed(texts, timings)
        queries = [
            Query(dense, sparse if sparse.indices or dense is None else None, limit)
            for dense, sparse in zip(vectors, map(self.sparse.encode_query, texts), strict=True)
        ]
        with timings.stage("search"):
            async with first_error(), asyncio.TaskGroup() as tasks:
                found = [
                    tasks.create_task(self.store.query_batch(name, queries)) for name in self.collections
                ]
        return [ranking for task in found for ranking in task.result()]

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
