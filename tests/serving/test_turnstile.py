"""Fairness between sockets, turn by turn."""

import asyncio

from chatbot.serving.turnstile import Turnstile


async def entered_in_turn(count: int, turnstile: Turnstile) -> list[int]:
    """Let many come at once; return in which turn of the loop each got through, in the order of their coming."""
    loop = asyncio.get_running_loop()
    turn, turns = 0, [0] * count

    def next_turn() -> None:
        nonlocal turn
        turn += 1
        ticking[0] = loop.call_soon(next_turn)

    async def come(n: int) -> None:
        await turnstile.enter()
        turns[n] = turn

    ticking = [loop.call_soon(next_turn)]
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for n in range(count):
            tasks.create_task(come(n))
    ticking[0].cancel()
    return turns


async def test_a_few_enter_in_each_turn_in_the_order_of_their_coming() -> None:
    turns = await entered_in_turn(20, Turnstile(4))

    assert turns == sorted(turns)
    assert max(turns.count(turn) for turn in turns) == 4


async def test_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile(1)
    for _ in range(3):
        entering = turnstile.enter()
        try:
            entering.send(None)
            waited = True
        except StopIteration:
            waited = False
        assert not waited
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_who_gives_up_holds_up_nobody() -> None:
    turnstile = Turnstile(1)
    await turnstile.enter()
    waiting = [asyncio.create_task(turnstile.enter()) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[3].cancel()

    async with asyncio.timeout(5):
        await waiting[4]
    assert waiting[3].cancelled()
