"""The farewell, with members that behave and members that do not."""

import asyncio
from contextlib import ExitStack

import pytest

from chatbot.web.drain import Drain, Member

PATIENCE_S = 5.0


class Page:
    """A handler that leaves when its socket is closed, as Quart's do."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def close(self, code: int, reason: str) -> None:
        self.closed.set_result((code, reason))

    async def visit(self, drain: Drain, *, busy: bool = False) -> None:
        with drain.joined(self.close) as member:
            member.busy = busy
            await self.closed


async def drained(drain: Drain, busy_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await drain.drain(busy_s=busy_s)


async def begun(drain: Drain) -> None:
    """Wait until the farewell is under way: an idle page has been told."""
    first = Page()
    async with asyncio.timeout(PATIENCE_S):
        await first.visit(drain)


async def stuck(code: int, reason: str) -> None:
    await asyncio.Event().wait()


async def test_without_members_the_farewell_is_short() -> None:
    drain = Drain()
    assert not drain.draining

    await drained(drain)

    assert drain.draining


async def test_a_thousand_idle_pages_are_told_at_once() -> None:
    drain = Drain()
    pages = [Page() for _ in range(1000)]
    async with asyncio.TaskGroup() as handlers:
        for page in pages:
            handlers.create_task(page.visit(drain))
        await asyncio.sleep(0)

        async with asyncio.timeout(0.5):  # the figure; measured: about 0.02 s
            await drain.drain(busy_s=60)

    assert {page.closed.result()[0] for page in pages} == {1012}


async def test_a_busy_page_is_closed_when_its_answer_is_finished() -> None:
    drain, page = Drain(), Page()
    with drain.joined(page.close) as member:
        member.busy = True
        farewell = asyncio.create_task(drained(drain))
        await begun(drain)
        assert not page.closed.done()

        member.busy = False
        async with asyncio.timeout(PATIENCE_S):
            assert (await page.closed)[0] == 1012
        assert not farewell.done()
    await farewell


async def test_a_busy_page_is_closed_when_patience_ends() -> None:
    drain, page = Drain(), Page()
    async with asyncio.TaskGroup() as handlers:
        handlers.create_task(page.visit(drain, busy=True))
        await asyncio.sleep(0)

        await drained(drain, busy_s=0.1)

    assert page.closed.result()[0] == 1012


async def test_who_comes_during_the_farewell_is_told_too() -> None:
    drain, busy, late = Drain(), Page(), Page()
    with drain.joined(busy.close) as member:
        member.busy = True
        farewell = asyncio.create_task(drained(drain))
        await begun(drain)

        async with asyncio.timeout(PATIENCE_S):
            await late.visit(drain)
        assert late.closed.result()[0] == 1012
        assert not farewell.done()
    await farewell


async def test_a_page_that_does_not_take_its_close_holds_up_nobody() -> None:
    drain, page = Drain(), Page()
    with ExitStack() as stack:
        stack.enter_context(drain.joined(stuck))
        handler = asyncio.create_task(page.visit(drain))
        await asyncio.sleep(0)
        farewell = asyncio.create_task(drained(drain, busy_s=60))

        async with asyncio.timeout(0.5):
            assert (await page.closed)[0] == 1012
        await handler
        stack.close()
        await farewell


async def test_a_page_that_closes_badly_holds_up_nobody() -> None:
    async def fail(code: int, reason: str) -> None:
        raise RuntimeError("Cannot close websocket multiple times")

    drain, page = Drain(), Page()
    with drain.joined(fail):
        handler = asyncio.create_task(page.visit(drain))
        await asyncio.sleep(0)

        await drained(drain, busy_s=0.1)
        await handler


async def test_a_handler_that_never_leaves_does_not_hold_the_farewell_for_ever() -> None:
    drain = Drain()
    with drain.joined(stuck):
        await drained(drain, busy_s=0.1)


async def test_an_event_stream_is_waited_for() -> None:
    drain = Drain()
    with drain.joined(None) as member:
        member.busy = True
        farewell = asyncio.create_task(drained(drain))
        done, _ = await asyncio.wait([farewell], timeout=0.1)
        assert not done
    await farewell


@pytest.mark.parametrize("times", [2, 3])
async def test_a_page_is_told_once(times: int) -> None:
    drain = Drain()
    told: list[int] = []

    async def close(code: int, reason: str) -> None:
        told.append(code)

    def finish(member: Member) -> None:
        for _ in range(times):
            member.busy = True
            member.busy = False

    with drain.joined(close) as member:
        farewell = asyncio.create_task(drained(drain, busy_s=0.1))
        await asyncio.sleep(0)
        finish(member)
        await farewell

    assert told == [1012]
