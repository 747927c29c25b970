"""A recorded stream, cut at many of its bytes in every way that a network knows: never shown as complete."""

import asyncio
from dataclasses import dataclass
from typing import Literal

import pytest
from openai import AsyncOpenAI

from chatbot.errors import ModelInterrupted, ModelTimeout, ModelUnavailable
from chatbot.llm.completions import OpenAIChat
from tests.servers.openai import Answer, Exchange, OpenAIServer, frames, scripts

from .conversation import Listener, asking

TOKENS = [
    "Der",
    " Port",
    " ist",
    " 8000",
    " [1]",
    ".\n\n",
    "日本",
    "語",
    " \U0001f642",
    ' "quoted"',
    " \\n",
    " end",
]
TEXT = "".join(TOKENS)
RECORDED = b": ping\n\n" + b"".join(frames.stream(TOKENS))
FINISHED = RECORDED.index(b"\n", RECORDED.index(b'"finish_reason":"stop"')) + 1
"""From this byte on the reply is complete."""

GARBAGE = b'\x00\xff\x1b[2J"}}]}\r\ndata: {"choices":[{"delta":{"content":"lie"'
OFFSETS = sorted({*range(0, len(RECORDED), len(RECORDED) // 60), *range(FINISHED - 6, FINISHED + 3)})
PIECE_BYTES = 97
TOGETHER = 12
Cut = Literal["end", "close", "reset", "stall", "garbage"]


@dataclass(frozen=True)
class Outcome:
    offset: int
    text: str
    ending: str


def cut_as_asked(way: Cut) -> Answer:
    """Send the recording up to the byte that the question names."""

    async def answer(exchange: Exchange) -> None:
        content = RECORDED[: int(exchange.request.json["messages"][-1]["content"])]
        content += GARBAGE if way == "garbage" else b""
        parts = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
        await scripts.events(parts, "end" if way == "garbage" else way)(exchange)

    return answer


async def outcome(chat: OpenAIChat, offset: int, free: asyncio.Semaphore) -> Outcome:
    said = Listener()
    async with free:
        try:
            ending: str = (await chat.reply(asking(str(offset)), said)).reason
        except (ModelInterrupted, ModelTimeout, ModelUnavailable) as error:
            ending = type(error).__name__
    return Outcome(offset, said.text, ending)


async def outcomes(server: OpenAIServer, client: AsyncOpenAI, way: Cut) -> list[Outcome]:
    server.chat.extend([cut_as_asked(way)] * 2 * len(OFFSETS))
    chat = OpenAIChat(client, "m", first_token_s=2, between_tokens_s=0.5)
    free = asyncio.Semaphore(TOGETHER)
    async with asyncio.timeout(50):
        return await asyncio.gather(*(outcome(chat, offset, free) for offset in OFFSETS))


def test_the_cuts_lie_before_and_after_the_end_of_the_reply() -> None:
    assert len(OFFSETS) >= 60
    assert OFFSETS[0] < FINISHED <= OFFSETS[-1]


@pytest.mark.parametrize("way", ["end", "close", "reset", "stall", "garbage"])
async def test_a_cut_reply_is_never_complete_and_its_words_are_the_first_words(
    server: OpenAIServer, client: AsyncOpenAI, way: Cut
) -> None:
    found = await outcomes(server, client, way)

    assert [each for each in found if each.ending == "done" and each.offset < FINISHED] == []
    assert [each for each in found if not TEXT.startswith(each.text)] == []
    assert [each for each in found if each.ending == "done" and each.text != TEXT] == []


@pytest.mark.parametrize("way", ["end", "close", "stall", "garbage"])
async def test_a_reply_that_was_received_whole_is_complete(
    server: OpenAIServer, client: AsyncOpenAI, way: Cut
) -> None:
    found = await outcomes(server, client, way)

    assert {each.ending for each in found if each.offset >= FINISHED} == {"done"}
    assert {each.ending for each in found if each.offset < FINISHED} <= {
        "ModelInterrupted",
        "ModelTimeout",
        "ModelUnavailable",
    }
