"""
From a question to its ``sources`` over the websocket, in an index of 50,000 passages, and the loop's lag.

The embedder's own time, measured in its double, is taken off. First one conversation at a time; then 50 at
once, each of which reads its answer for three seconds before it asks again; then 50 questions in one instant.
Beside it the same searches in the bare engine, without a service around it.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench import shelf
from bench.lag import lag_of
from bench.processes import Process, chatbot, free_port
from bench.visitors import Visitor, visitors
from chatbot.llm.bm25 import Bm25Encoder
from chatbot.model import Query
from chatbot.stores import shards
from tests.servers.openai import Exchange, OpenAIServer, frames

EMBEDDING_S = 0.02
TOKENS = 150
TOKENS_PER_S = 50
ALONE = 200
CONVERSATIONS = 50
TURNS = 5
BURSTS = 5
LIMIT = 8


class Double(OpenAIServer):
    """
    A model whose embeddings take a fixed time.

    Attributes:
        took_s: From the request to the reply, by text.
    """

    def __init__(self, vectors: shelf.Asked) -> None:
        super().__init__(tokens=TOKENS, tokens_per_second=TOKENS_PER_S)
        self.took_s: dict[str, float] = {}
        self._replies = {text: frames.embeddings([vector], "base64") for text, vector in vectors.items()}

    async def answer(self, exchange: Exchange) -> None:
        if exchange.request.path != "/v1/embeddings":
            return await super().answer(exchange)
        begun = time.perf_counter()
        [text] = exchange.request.json["input"]
        await asyncio.sleep(EMBEDDING_S)
        exchange.whole(200, self._replies[text], content_type="application/json")
        self.took_s[text] = time.perf_counter() - begun
        return None


class Asking:
    """Asks questions, each once more when all were asked, and knows what the embedder took for them."""

    def __init__(self, double: Double, questions: Sequence[str]) -> None:
        self._double = double
        self._questions = list(questions)
        self._at = 0

    async def added_ms(self, visitor: Visitor) -> float:
        """Return how long the sources of the next question took beyond the embedder's own time."""
        self._at = (self._at + 1) % len(self._questions)
        question = self._questions[self._at]
        asked_at = await visitor.ask(question)
        took_s = await visitor.saw("sources", "error") - asked_at
        return (took_s - self._double.took_s[question]) * 1000

    async def alone(self, visitor: Visitor, count: int) -> list[float]:
        found = []
        for _ in range(count):
            found.append(await self.added_ms(visitor))
            visitor.stop()
            await visitor.finished()
        return found

    async def together(self, everyone: Sequence[Visitor], turns: int) -> list[float]:
        spread = random.Random(3)

        async def converse(visitor: Visitor) -> list[float]:
            await asyncio.sleep(spread.uniform(0, TOKENS / TOKENS_PER_S))
            found = []
            for _ in range(turns):
                found.append(await self.added_ms(visitor))
                await visitor.finished()
            return found

        return [each for found in await asyncio.gather(*map(converse, everyone)) for each in found]

    async def bursts(self, everyone: Sequence[Visitor], count: int) -> list[float]:
        found: list[float] = []
        for _ in range(count):
            found += await asyncio.gather(*map(self.added_ms, everyone))
            for visitor in everyone:
                visitor.stop()
            await asyncio.gather(*(visitor.finished() for visitor in everyone))
        return found


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds, each list in the order of asking."""

    alone: list[float]
    together: list[float]
    burst: list[float]
    lag: list[float]


async def measure(data: Path, asked: shelf.Asked) -> Measured:
    async with Double(asked) as double:
        settings: dict[str, Any] = {
            "OPENAI_BASE_URL": double.url,
            "EMBEDDING_MODEL": shelf.EMBEDDING_MODEL,
            "EMBEDDING_DIMENSIONS": shelf.DIMENSIONS,
        }
        with ExitStack() as stack:
            server = await asyncio.to_thread(stack.enter_context, chatbot(free_port(), data, **settings))
            return await load(server, Asking(double, list(asked)))


async def load(server: Process, asking: Asking) -> Measured:
    async with visitors(server.url, CONVERSATIONS) as everyone:
        await asking.alone(everyone[0], ALONE // 10)
        alone = await asking.alone(everyone[0], ALONE)
        with lag_of(server.url) as lag:
            together = await asking.together(everyone, TURNS)
        return Measured(alone, together, await asking.bursts(everyone, BURSTS), lag.ms)


def engine_ms(data: Path, asked: shelf.Asked) -> list[float]:
    """Return how long the same searches take in the engine alone: request, search, hits."""
    encoder = Bm25Encoder()
    shard = shards.load(data / "collections" / shelf.COLLECTION)
    found = []
    for question, vector in asked.items():
        query = Query(vector, encoder.encode_query(question), LIMIT)
        begun = time.perf_counter()
        shards.to_hits(shard.query(shards.to_request(query)), shelf.COLLECTION)
        found.append((time.perf_counter() - begun) * 1000)
    shard.close()
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def described(name: str, values: Sequence[float]) -> str:
    p50, p99 = percentile(values, 50), percentile(values, 99)
    return f"{name:<32} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  most {max(values):6.2f} ms  ({len(values)})"


def main() -> None:
    data, asked = shelf.shelf()
    print(described("the bare engine", engine_ms(data, asked)))
    measured = uvloop.run(measure(data, asked))
    print(described("one conversation", measured.alone))
    print(described(f"{CONVERSATIONS} conversations", measured.together))
    print(described(f"{CONVERSATIONS} questions in one instant", measured.burst))
    print(described(f"loop lag, {CONVERSATIONS} conversations", measured.lag))
    figures = {
        "p50_ms": percentile(measured.alone, 50),
        "p99_ms": percentile(measured.together, 99),
        "loop_lag_ms": percentile(measured.lag, 99),
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
