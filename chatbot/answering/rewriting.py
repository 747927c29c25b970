"""A follow-up question in words that can be understood, and searched, without the conversation."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from ..errors import ModelError
from ..model import Message

log = logging.getLogger(__name__)

DEADLINE_S = 2.5
RECENT_MESSAGES = 6
MOST_TOKENS = 120
MOST_CHARS = 400

INSTRUCTIONS = """\
Rewrite the visitor's last question so that it can be understood without the conversation before it: \
replace pronouns and put in what is left out. Keep its language and every name, number and piece of code. \
Answer with the rewritten question alone. If it can be understood as it is, repeat it."""


class Completer(Protocol):
    """A model that answers briefly."""

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float) -> str:
        """
        Return the whole answer.

        Raises:
            ModelError
        """
        ...


class Rewriter:
    """Asks the model; without one, or when it is late, there is nothing to add to the question as asked."""

    def __init__(self, model: Completer | None, *, deadline_s: float = DEADLINE_S) -> None:
        self._model = model
        self._deadline_s = deadline_s

    async def rewrite(self, question: str, history: Sequence[Message]) -> str | None:
        """Return the question as it stands alone, or None if nothing better than the question is known."""
        if self._model is None or not history:
            return None
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._model.complete(
                    messages(question, history), max_tokens=MOST_TOKENS, timeout_s=self._deadline_s
                )
        except (ModelError, TimeoutError) as error:
            log.warning("rewriting left out", extra={"error": type(error).__name__})
            return None
        return understood(answer, question)


def understood(answer: str, question: str) -> str | None:
    """A model that chats instead of rewriting is not listened to."""
    line = answer.strip().strip('"')
    if not line or "\n" in line or len(line) > MOST_CHARS or line.casefold() == question.casefold():
        return None
    return line


def messages(question: str, history: Sequence[Message]) -> list[Message]:
    told = "\n".join(f"{each.role}: {each.content[:MOST_CHARS]}" for each in history[-RECENT_MESSAGES:])
    return [
        Message("system", INSTRUCTIONS),
        Message("user", f"Conversation:\n{told}\n\nLast question: {question}"),
    ]


def with_last_question(question: str, history: Sequence[Message]) -> str | None:
    """
    Return the question together with the one before it, for a search that sees what it refers to.

    This needs no model and no time, and runs beside the search for the question as asked.
    """
    earlier = [each.content for each in history if each.role == "user"]
    return f"{earlier[-1]} {question}" if earlier else None
