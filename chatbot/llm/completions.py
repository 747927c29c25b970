"""Answers from a chat model, over the Chat Completions interface that OpenAI and many others speak."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from openai import AsyncOpenAI

from ..errors import ModelError, ModelTimeout
from ..model import Message, Prompt, Reply
from ..ports import EmitText
from .bodies import opened
from .deadlines import Silence
from .dialects import Dialect, Negotiation
from .failures import MappedErrors
from .relay import Relay, interrupted
from .retrying import twice

PATH = "/chat/completions"
MOST_COMPLETION_BYTES = 1024 * 1024


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class OpenAIChat:
    """
    Args:
        first_token_s: Until the first token, a second attempt included; reasoning counts, comments do not.
        between_tokens_s: From one token to the next.
        max_tokens: Longest reply; None leaves it to the server.
    """

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        *,
        first_token_s: float = 20.0,
        between_tokens_s: float = 15.0,
        max_tokens: int | None = None,
    ) -> None:
        self.name = model
        self._client = client
        self._first_token_s = first_token_s
        self._between_tokens_s = between_tokens_s
        self._max_tokens = max_tokens
        self._negotiation = Negotiation()
        self._errors = MappedErrors(model, "CHAT_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", client.api_key)

    async def reply(self, prompt: Prompt, emit: EmitText) -> Reply:
        """
        Write the answer through ``emit``: the text of all tokens that arrived together in one call.

        Raises:
            ModelInterrupted: It ended, or fell silent, before it was complete.
            ModelTimeout: It did not begin.
            ModelError: Any other, before the first token.
        """
        silence = Silence(self._first_token_s, self._between_tokens_s)
        relay = Relay(emit, silence, self._errors)
        try:
            async with silence:
                await self._write(relay, prompt.messages)
        except ModelError as error:
            if relay.stream.started and relay.stream.finish is None:
                raise interrupted() from error
            if relay.stream.finish is None:
                raise
        except TimeoutError as error:
            if not silence.expired:
                raise
            if relay.stream.finish is None:
                raise self._silent(relay.stream.started) from error
        return relay.reply()

    async def _write(self, relay: Relay, messages: Sequence[Message]) -> None:
        async def attempt(dialect: Dialect) -> None:
            asked = self._asked(messages) | dialect.streamed() | dialect.limited(self._max_tokens)
            async with opened(self._client, PATH, asked, self._errors) as body:
                await relay.run(body)

        await twice(lambda: self._negotiation.ask(attempt), unless=lambda: relay.stream.started)

    def _silent(self, started: bool) -> ModelError:
        if started:
            return interrupted()
        return ModelTimeout(f"The model did not begin to answer within {self._first_token_s:g} s.")

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float) -> str:
        """
        Return a short answer whole, perhaps empty.

        Raises:
            ModelTimeout: Not within ``timeout_s``, a second attempt included.
            ModelError
        """

        async def attempt(dialect: Dialect) -> str:
            asked = self._asked(messages) | dialect.limited(max_tokens)
            async with opened(self._client, PATH, asked, self._errors) as body:
                return self._text(await body.whole(MOST_COMPLETION_BYTES))

        try:
            async with asyncio.timeout(timeout_s):
                return await twice(lambda: self._negotiation.ask(attempt))
        except TimeoutError as error:
            raise ModelTimeout(f"The model did not answer within {timeout_s:g} s.") from error

    def _text(self, content: bytes) -> str:
        with self._errors:
            choices = msgspec.json.decode(content, type=_Completion).choices
        return (choices[0].message.content or "") if choices else ""

    def _asked(self, messages: Sequence[Message]) -> dict[str, Any]:
        told = [{"role": message.role, "content": message.content} for message in messages]
        return {"model": self.name, "messages": told}
