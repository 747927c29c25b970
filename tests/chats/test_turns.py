"""Turns belong to the process; followers come and go."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chatbot.chats.history import History
from chatbot.chats.turn import Turn
from chatbot.chats.turns import Turns
from chatbot.errors import Busy, InvalidQuestion, ModelInterrupted, NotFound
from chatbot.events import Block, Delta, Error, Event, Finish, Start, Status
from chatbot.model import Message
from chatbot.ports import Emit

Told = list[tuple[int, Event]]


class Answerer:
    """Answers with pieces, each when it is told to go on."""

    def __init__(self, *events: Event, failure: Exception | None = None) -> None:
        self.events = events
        self.failure = failure
        self.histories: list[Sequence[Message]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.cancelled = asyncio.Event()
        self.said = asyncio.Event()

    async def __call__(self, question: str, history: Sequence[Message], emit: Emit) -> None:
        self.histories.append(history)
        try:
            for event in self.events:
                await emit(event)
                self.said.set()
                await self.go_on.wait()
            if self.failure is not None:
                raise self.failure
            await emit(Finish("done"))
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        yield


async def followed(turn: Turn, after: int = 0) -> Told:
    told: Told = []

    async def send(seq: int, event: Event) -> None:
        told.append((seq, event))

    await turn.follow(after, send, frame_s=0.001)
    return told


async def test_a_follower_gets_each_event_once_in_order() -> None:
    async with Turns(Answerer(Status("writing"), Delta("Hello")), History()) as turns:
        turn = turns.start("t", "A question")
        told = await followed(turn)
    assert [seq for seq, _ in told] == [1, 2, 3, 4]
    assert [event for _, event in told] == [
        Start(turn.conversation),
        Status("writing"),
        Delta("Hello"),
        Finish("done"),
    ]


async def test_text_that_arrives_together_travels_together() -> None:
    async with Turns(
        Answerer(Delta("a"), Delta("b"), Delta("c"), Block("<p>", 0, 3), Delta("d")), History()
    ) as turns:
        told = await followed(turns.start("t", "A question"))
    assert [event for _, event in told][1:-1] == [Delta("abc"), Block("<p>", 0, 3), Delta("d")]


async def test_text_that_arrives_alone_is_sent_at_once() -> None:
    answer = Answerer(Delta("a"), Delta("b"))
    answer.go_on.clear()
    came: asyncio.Queue[Event] = asyncio.Queue()

    async def send(_: int, event: Event) -> None:
        await came.put(event)

    async with Turns(answer, History()) as turns:
        following = asyncio.create_task(turns.start("t", "A question").follow(0, send, frame_s=3600))
        assert isinstance(await came.get(), Start)
        assert await came.get() == Delta("a")
        following.cancel()


async def test_a_follower_that_comes_back_goes_on_where_it_was() -> None:
    async with Turns(Answerer(Delta("a"), Status("writing"), Delta("b")), History()) as turns:
        turn = turns.start("t", "A question")
        whole = await followed(turn)
        assert turns.find("t") is turn
        assert await followed(turn, after=2) == whole[2:]
        assert await followed(turn, after=99) == []


async def test_two_followers_see_the_same_numbers() -> None:
    answer = Answerer(*[Delta(f"{n} ") for n in range(50)])
    async with Turns(answer, History()) as turns:
        turn = turns.start("t", "A question")
        first, second = await asyncio.gather(followed(turn), followed(turn))
    assert first == second


async def test_a_stopped_turn_keeps_what_was_written() -> None:
    answer, history = Answerer(Delta("half")), History()
    answer.go_on.clear()
    async with Turns(answer, history) as turns:
        turn = turns.start("t", "A question")
        following = asyncio.create_task(followed(turn))
        await answer.said.wait()
        turns.stop(turn)
        told = await following
    assert told[-1][1] == Finish("stopped")
    assert answer.cancelled.is_set()
    assert history.messages(turn.conversation) == (
        Message("user", "A question"),
        Message("assistant", "half"),
    )


async def test_a_visitor_who_leaves_for_good_stops_the_turn() -> None:
    answer = Answerer(Delta("half"))
    answer.go_on.clear()
    async with Turns(answer, History(), abandoned_s=3600) as turns:
        turn = turns.start("t", "A question")
        await answer.said.wait()
        turns.left(turn, for_good=True)
        await answer.cancelled.wait()
        assert (await followed(turn))[-1][1] == Finish("stopped")


async def test_a_lost_connection_leaves_the_turn_running_for_a_while() -> None:
    answer = Answerer(Delta("half"))
    answer.go_on.clear()
    async with Turns(answer, History(), abandoned_s=0.05) as turns:
        turn = turns.start("t", "A question")
        await answer.said.wait()
        turns.left(turn, for_good=False)
        assert not turn.ended
        await answer.cancelled.wait()


async def test_a_turn_that_is_followed_again_is_not_abandoned() -> None:
    answer = Answerer(Delta("half"))
    answer.go_on.clear()
    async with Turns(answer, History(), abandoned_s=0.01) as turns:
        turn = turns.start("t", "A question")
        turns.left(turn, for_good=False)
        following = asyncio.create_task(followed(turn))
        await asyncio.sleep(0.05)
        answer.go_on.set()
        assert (await following)[-1][1] == Finish("done")


async def test_an_error_for_the_reader_ends_the_turn_with_its_words() -> None:
    failure = ModelInterrupted("The model stopped.", retry_after_s=3)
    async with Turns(Answerer(Delta("half"), failure=failure), History()) as turns:
        told = await followed(turns.start("t", "A question"))
    assert told[-1][1] == Error("model_interrupted", "The model stopped.", True, 3)


async def test_an_unexpected_error_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    async with Turns(Answerer(failure=RuntimeError("secret detail")), History()) as turns:
        [*_, (_, last)] = await followed(turns.start("t", "A question"))
    assert isinstance(last, Error)
    assert last.code == "internal"
    assert "secret" not in last.message
    assert "secret detail" in caplog.text


async def test_a_follow_up_sees_the_conversation() -> None:
    answer = Answerer(Delta("An answer."))
    async with Turns(answer, History()) as turns:
        first = turns.start("1", "First?")
        await followed(first)
        await followed(turns.start("2", "Second?", first.conversation))
    assert answer.histories == [(), (Message("user", "First?"), Message("assistant", "An answer."))]


async def test_a_conversation_answers_one_question_at_a_time() -> None:
    answer = Answerer(Delta("half"))
    answer.go_on.clear()
    async with Turns(answer, History()) as turns:
        turn = turns.start("1", "First?")
        with pytest.raises(Busy, match="conversation"):
            turns.start("2", "Second?", turn.conversation)
        with pytest.raises(Busy, match="already"):
            turns.start("1", "First?")


@pytest.mark.parametrize(
    ("question", "reason"), [("  \n", "type a question"), ("x" * 4001, "4,001 characters")]
)
async def test_an_empty_or_endless_question_is_refused(question: str, reason: str) -> None:
    async with Turns(Answerer(), History()) as turns:
        with pytest.raises(InvalidQuestion, match=reason):
            turns.start("1", question)


async def test_an_unknown_turn_is_not_found_and_a_finished_one_only_for_a_while() -> None:
    async with Turns(Answerer(), History(), kept_s=0.01) as turns:
        await followed(turns.start("1", "First?"))
        await asyncio.sleep(0.05)
        with pytest.raises(NotFound):
            turns.find("1")


async def test_the_end_of_the_process_is_told_to_those_who_wait() -> None:
    answer = Answerer(Delta("half"))
    answer.go_on.clear()
    async with Turns(answer, History()) as turns:
        turn = turns.start("1", "First?")
        following = asyncio.create_task(followed(turn))
        await answer.said.wait()
    last = (await following)[-1][1]
    assert isinstance(last, Error)
    assert (last.code, last.retryable) == ("draining", True)


def test_old_conversations_and_old_messages_are_forgotten() -> None:
    history = History()
    ids = [history.begin() for _ in range(1001)]
    for id in ids:
        history.add(id, Message("user", "x"))
    assert history.messages(ids[0]) == ()
    history.add(ids[-1], *[Message("user", str(n)) for n in range(50)])
    assert [each.content for each in history.messages(ids[-1])] == [str(n) for n in range(30, 50)]
