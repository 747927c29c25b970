"""The running turns of this process: started, stopped, found again, and never without an owner."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from ..errors import Busy, ChatbotError, InvalidQuestion, NotFound
from ..events import Error, Event, Finish, Start
from ..model import Message
from ..ports import Emit
from .history import History
from .turn import Turn

log = logging.getLogger(__name__)

KEPT_S = 60.0
"""How long a turn that has ended can still be followed."""

ABANDONED_S = 20.0
"""How long a turn goes on that nobody follows."""

MOST_TURNS = 2000
MOST_QUESTION_CHARS = 4000

Answer = Callable[[str, Sequence[Message], Emit], Awaitable[None]]

RESTARTING = Error("draining", "The server is restarting. Please ask again in a moment.", retryable=True)
UNEXPECTED = Error("internal", "Something went wrong on the server. Please try again.", retryable=True)


class Turns:
    """
    Owns the tasks that answer; leaving it ends them.

    Args:
        answer: Writes the answer to a question with its history, through events up to ``finish``.
    """

    def __init__(
        self, answer: Answer, history: History, *, kept_s: float = KEPT_S, abandoned_s: float = ABANDONED_S
    ) -> None:
        self._answer = answer
        self._history = history
        self._kept_s = kept_s
        self._abandoned_s = abandoned_s
        self._turns: dict[str, Turn] = {}
        self._tasks: dict[Turn, asyncio.Task[None]] = {}
        self._last_words: dict[Turn, Event] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what still runs, and tell its followers."""
        tasks = list(self._tasks.values())
        for turn in list(self._tasks):
            self._cancel(turn, RESTARTING)
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, id: str, question: str, conversation: str | None = None) -> Turn:
        """
        Begin to answer a question.

        Raises:
            InvalidQuestion: It is empty or too long.
            Busy: The conversation has a running turn, the id is taken, or the process has too many.
        """
        question = validated(question)
        conversation = conversation or self._history.begin()
        self._require_free(id, conversation)
        turn = self._turns[id] = Turn(id, conversation, question)
        task = self._tasks[turn] = asyncio.create_task(self._run(turn), name=f"turn {id}")
        task.add_done_callback(lambda _: self._ended(turn))
        return turn

    def find(self, id: str) -> Turn:
        """
        Return a running turn, or one that ended a short while ago.

        Raises:
            NotFound
        """
        if id not in self._turns:
            raise NotFound("This answer is no longer on the server.")
        return self._turns[id]

    def stop(self, turn: Turn) -> None:
        """End the turn at once; what was written stays."""
        self._cancel(turn, Finish("stopped"))

    def left(self, turn: Turn, *, for_good: bool) -> None:
        """
        Note that a follower has gone: a turn that nobody follows is stopped, at once or after a while.

        Args:
            for_good: The visitor closed the page; otherwise the connection was lost and may come back.
        """
        if for_good and not turn.followed:
            self.stop(turn)
        elif not turn.ended:
            asyncio.get_running_loop().call_later(self._abandoned_s, self._stop_if_abandoned, turn)

    def _stop_if_abandoned(self, turn: Turn) -> None:
        if not turn.followed:
            self.stop(turn)

    def _cancel(self, turn: Turn, last: Event) -> None:
        if turn in self._tasks:
            self._last_words.setdefault(turn, last)
            self._tasks[turn].cancel()

    def _require_free(self, id: str, conversation: str) -> None:
        if id in self._turns:
            raise Busy("This question is being answered already.")
        if any(turn.conversation == conversation for turn in self._tasks):
            raise Busy("This conversation is waiting for an answer. Stop it first, or wait for its end.")
        if len(self._turns) >= MOST_TURNS:
            raise Busy(
                "The server has too many questions to answer. Please try again in a moment.", retry_after_s=5
            )

    async def _run(self, turn: Turn) -> None:
        turn.note(Start(turn.conversation))
        try:
            await self._answer(turn.question, self._history.messages(turn.conversation), turn.record)
        except ChatbotError as error:
            turn.note(Error(error.code, error.message, error.retryable, error.retry_after_s))
        except Exception:
            log.exception("a turn failed", extra={"turn": turn.id})
            turn.note(UNEXPECTED)

    def _ended(self, turn: Turn) -> None:
        """Keep what was said, and the turn itself for those who come back."""
        if self._tasks.pop(turn).cancelled():
            turn.note(self._last_words.pop(turn, RESTARTING))
        turn.end()
        if turn.text:
            self._history.add(
                turn.conversation, Message("user", turn.question), Message("assistant", turn.text)
            )
        log.info("turn", extra=turn.summary())
        asyncio.get_running_loop().call_later(self._kept_s, self._turns.pop, turn.id, None)


def validated(question: str) -> str:
    """
    Return the question without surrounding white space.

    Raises:
        InvalidQuestion
    """
    question = question.strip()
    if not question:
        raise InvalidQuestion("Please type a question.")
    if len(question) > MOST_QUESTION_CHARS:
        raise InvalidQuestion(
            f"The question has {len(question):,} characters; at most {MOST_QUESTION_CHARS:,} are allowed."
        )
    return question
