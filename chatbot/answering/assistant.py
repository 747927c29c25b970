"""The way of a question: search, sources, prompt, and the answer as it is written."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..events import Finish, Sources, Status
from ..model import Hit, Message, Reply
from ..ports import ChatModel, Clock, Emit, Renderer, SparseEncoder
from . import prompt
from .retrieval import Found, Retriever
from .timings import Timings
from .writer import AnswerWriter

CLOSEST = 5


@dataclass(frozen=True, slots=True)
class Assistant:
    retriever: Retriever
    model: ChatModel
    sparse: SparseEncoder
    renderer: Renderer
    clock: Clock = time.monotonic

    async def answer(self, question: str, history: Sequence[Message], emit: Emit) -> None:
        """
        Answer a question through events, from ``status`` to ``finish``.

        Raises:
            StoreError: Nothing could be searched.
            ModelError: The answer could not be written to its end; what was emitted stays.
        """
        timings = Timings(self.clock)
        await emit(Status("searching"))
        found = await self.retriever.search(question, history, timings=timings)
        hits = prompt.within_budget(found.hits) if found.relevant else found.hits[:CLOSEST]
        await emit(Sources(hits, found.relevant))
        await emit(Status("writing"))
        writer = AnswerWriter(hits, self.sparse, self.renderer, emit)
        reply = await self._write(question, found, hits, history, writer, timings)
        await emit(Finish(reply.reason, reply.usage, timings.total()))

    async def _write(
        self,
        question: str,
        found: Found,
        hits: Sequence[Hit],
        history: Sequence[Message],
        writer: AnswerWriter,
        timings: Timings,
    ) -> Reply:
        async def write(text: str) -> None:
            timings.mark("first_token")
            await writer.write(text)

        try:
            if not found.relevant:
                await write(not_found(hits))
                return Reply()
            return await self.model.reply(prompt.build(question, found.question, hits, history), write)
        finally:
            await writer.end()


def not_found(hits: Sequence[Hit]) -> str:
    """Return what is said instead of an answer; the places themselves are the sources."""
    if not hits:
        return "Nothing in the documents answers this question, and nothing in them comes close."
    return "Nothing in the documents answers this question. The closest places are listed below."
