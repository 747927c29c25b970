"""The double itself: what it says when no test tells it otherwise, and as a process of its own."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openai import AsyncOpenAI

from chatbot.answering.prompt import build
from chatbot.llm.completions import OpenAIChat
from chatbot.llm.openai import open_client
from chatbot.model import Hit, Passage, Prompt
from tests.servers.openai import OpenAIServer, answers

PATIENCE_S = 20


def prompt(*texts: str) -> Prompt:
    passages = [
        Passage(str(n), text, "Guide", ("Setup",), None, "", "guide.md", n, "0")
        for n, text in enumerate(texts)
    ]
    return build("Which port?", "Which port?", [Hit(each, 1.0, "documents") for each in passages], [])


async def reply(client: AsyncOpenAI, asked: Prompt) -> list[str]:
    pieces: list[str] = []

    async def emit(text: str) -> None:
        pieces.append(text)

    async with asyncio.timeout(PATIENCE_S):
        await OpenAIChat(client, "m").reply(asked, emit)
    return pieces


async def test_claims_come_from_the_passages_with_their_numbers() -> None:
    asked = prompt(
        "# Ports\n\nThe server listens on port 8000 by default. More follows.",
        "```\ncode is no claim at all.\n```\n\nSet `PORT` to choose another one in production.",
    )
    async with OpenAIServer() as server, open_client(api_key=None, base_url=server.url) as client:
        said = "".join(await reply(client, asked))

    assert said == (
        "The server listens on port 8000 by default [1]. Set `PORT` to choose another one in production [2]."
    )


async def test_without_passages_it_says_that_there_is_no_answer() -> None:
    async with OpenAIServer() as server, open_client(api_key=None, base_url=server.url) as client:
        assert "".join(await reply(client, prompt())) == answers.NOTHING


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[str]:
    """Run the double by itself; give its address; it has to end well on SIGTERM."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.servers.openai", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert running.stdout
            yield (await running.stdout.readline()).decode().strip()
    finally:
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            assert await running.wait() == 0


async def test_a_process_of_its_own_sends_many_streams_at_a_rate() -> None:
    asked = prompt("The server listens on port 8000 by default. More follows.")
    async with (
        process("--tokens", "30", "--tokens-per-second", "100") as url,
        open_client(api_key=None, base_url=url) as client,
    ):
        started_at = asyncio.get_running_loop().time()
        replies = await asyncio.gather(*(reply(client, asked) for _ in range(10)))
        took_s = asyncio.get_running_loop().time() - started_at

    words = "The server listens on port 8000 by default [1]."
    assert all("".join(pieces).startswith(words) for pieces in replies)
    assert {"".join(pieces) for pieces in replies} == {"".join(replies[0])}
    assert all(len(pieces) > 1 for pieces in replies)
    assert took_s > 0.25
