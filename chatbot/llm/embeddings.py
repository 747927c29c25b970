"""Embeddings, over the interface that OpenAI and many others speak."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from openai import AsyncOpenAI

from ..errors import ModelRefused, ModelTimeout, WrongDimension
from ..model import Vector
from .bodies import opened
from .dialects import Dialect, Negotiation, too_large, unsupported
from .failures import MappedErrors
from .retrying import twice
from .vectors import Unusable, vectors

MOST_BATCH_TOKENS = 100_000
"""Of one request; OpenAI takes 300,000."""

BYTES_PER_TOKEN = 3
"""Of UTF-8, on the careful side: English has 4 or more, Chinese about 3."""

MOST_VECTOR_BYTES = 256 * 1024
"""Of one vector in a reply: 10,000 numbers as text."""


class OpenAIEmbedder:
    """
    Args:
        dimensions: Asked of the server, and expected of it; None takes what the model gives.
        batch_size: Most texts in one request.
        concurrency: Most requests at the same time for one call; a question never waits for the index's.
        timeout_s: For one request, a second attempt included.
    """

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        *,
        dimensions: int | None = None,
        batch_size: int = 64,
        concurrency: int = 4,
        timeout_s: float = 30.0,
    ) -> None:
        self.model = model
        self._client = client
        self._asked = {"model": model} | ({"dimensions": dimensions} if dimensions else {})
        self._dimensions = dimensions
        self._batch_size = batch_size
        self._timeout_s = timeout_s
        self._concurrency = concurrency
        self._probing = asyncio.Lock()
        self._negotiation = Negotiation()
        self._errors = MappedErrors(
            model,
            "EMBEDDING_MODEL",
            "EMBEDDING_BASE_URL or OPENAI_BASE_URL",
            "EMBEDDING_API_KEY or OPENAI_API_KEY",
            client.api_key,
        )

    @property
    def known_dimensions(self) -> int | None:
        return self._dimensions

    async def dimensions(self) -> int:
        """
        Return the length of the vectors; the first call asks the server if it is not configured.

        Raises:
            ModelError
        """
        async with self._probing:
            if self._dimensions is None:
                [vector] = await self.embed(["dimensions"])
                return len(vector)
            return self._dimensions

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """
        Return one vector for each text, in order, as 32-bit floats.

        Raises:
            WrongDimension: The server's vectors have another length than is configured, or than before.
            ModelError
        """
        free = asyncio.Semaphore(self._concurrency)

        async def embed(batch: Sequence[str]) -> list[Vector]:
            async with free:
                return await self._embed(batch)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(embed(batch)) for batch in self._batches(texts)]
        except ExceptionGroup as failed:
            raise _first(failed) from None
        return [vector for task in tasks for vector in task.result()]

    def _batches(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        batch: list[str] = []
        tokens = 0
        for text in texts:
            more = len(text.encode()) // BYTES_PER_TOKEN + 1
            if batch and (len(batch) == self._batch_size or tokens + more > MOST_BATCH_TOKENS):
                yield batch
                batch, tokens = [], 0
            batch.append(text)
            tokens += more
        if batch:
            yield batch

    async def _embed(self, texts: Sequence[str]) -> list[Vector]:
        """Embed a batch; halve it if the server finds it too large."""
        try:
            return self._checked(await self._request(texts))
        except ModelRefused as refused:
            if unsupported(refused, "dimensions") and self._asked.get("dimensions"):
                raise self._fixed_length() from refused
            if not too_large(refused):
                raise
            if len(texts) == 1:
                raise ModelRefused(f"A text is too long for the embedding model {self.model!r}.") from refused
        middle = len(texts) // 2
        return [*await self._embed(texts[:middle]), *await self._embed(texts[middle:])]

    async def _request(self, texts: Sequence[str]) -> list[Vector]:
        async def attempt(dialect: Dialect) -> list[Vector]:
            asked: dict[str, Any] = self._asked | {"input": texts, "encoding_format": dialect.encoding}
            async with opened(self._client, "/embeddings", asked, self._errors) as body:
                content = await body.whole(len(texts) * MOST_VECTOR_BYTES)
            return self._vectors(content, len(texts))

        try:
            async with asyncio.timeout(self._timeout_s):
                return await twice(lambda: self._negotiation.ask(attempt))
        except TimeoutError as error:
            told = f"The embedding model did not answer within {self._timeout_s:g} s."
            raise ModelTimeout(told) from error

    def _vectors(self, content: bytes, count: int) -> list[Vector]:
        try:
            return vectors(content, count)
        except Unusable as error:
            told = (
                f"The reply of the embedding model {self.model!r} {error}: check {self._errors.url_setting}."
            )
            raise ModelRefused(told) from error

    def _checked(self, found: list[Vector]) -> list[Vector]:
        for vector in found:
            self._dimensions = self._dimensions or len(vector)
            if len(vector) != self._dimensions:
                raise WrongDimension(
                    f"The model {self.model!r} gives vectors of {len(vector)} numbers, expected"
                    f" {self._dimensions}: check EMBEDDING_DIMENSIONS and EMBEDDING_MODEL."
                )
        return found

    def _fixed_length(self) -> ModelRefused:
        return ModelRefused(
            f"The model {self.model!r} does not take a length for its vectors:"
            " remove EMBEDDING_DIMENSIONS, or choose another EMBEDDING_MODEL."
        )


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    error = failed.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
