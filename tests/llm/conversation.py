"""What the tests of completions say to a model, and how they listen."""

import asyncio

import pytest
from openai import AsyncOpenAI

from chatbot.errors import ModelError
from chatbot.llm.completions import OpenAIChat
from chatbot.model import Message, Prompt
from tests.servers.openai import Answer, OpenAIServer, frames

MESSAGES = (Message("system", "Answer from the passages."), Message("user", "Which port?"))
WORD = frames.choice({"content": "word"})
PATIENCE_S = 10
PROMPT = Prompt("Which port?", (), MESSAGES)


def asking(question: str) -> Prompt:
    return Prompt(question, (), (Message("user", question),))


class Listener:
    """
    Keeps what is emitted.

    Attributes:
        pieces: The text of each call.
        heard: Set by each call; a test clears it to wait for the next.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.heard = asyncio.Event()

    async def __call__(self, text: str) -> None:
        self.pieces.append(text)
        self.heard.set()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    async def next(self) -> str:
        """Return the text of the next call."""
        async with asyncio.timeout(5):
            await self.heard.wait()
        self.heard.clear()
        return self.pieces[-1]


async def failure(
    server: OpenAIServer,
    client: AsyncOpenAI,
    *answers: Answer,
    said: Listener | None = None,
    first_token_s: float = 5,
    between_tokens_s: float = 5,
) -> ModelError:
    """Return what a reply fails with, when the server answers like this."""
    server.chat.extend(answers)
    chat = OpenAIChat(client, "some-model", first_token_s=first_token_s, between_tokens_s=between_tokens_s)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ModelError) as caught:
            await chat.reply(PROMPT, said or Listener())
    return caught.value
