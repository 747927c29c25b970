"""What servers of the same interface disagree on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from openai import APIStatusError

from ..errors import ModelRefused
from .failures import Said, said

T = TypeVar("T")

REFUSALS = {400, 422}
SIZES = ("too large", "too many", "exceed", "maximum", "max ", "limit", "batch size")


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    The optional parameters that a server takes.

    Attributes:
        usage: ``stream_options``, which older servers refuse.
        limit: OpenAI's reasoning models refuse the first, older servers know no other.
        encoding: Of vectors; base64 is a quarter of the bytes and of the time.
    """

    usage: bool = True
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    encoding: Literal["base64", "float"] = "base64"

    def limited(self, most_tokens: int | None) -> dict[str, Any]:
        return {} if most_tokens is None else {self.limit: most_tokens}

    def streamed(self) -> dict[str, Any]:
        return {"stream": True, **({"stream_options": {"include_usage": True}} if self.usage else {})}

    def without(self, refusal: Said) -> "Dialect | None":
        """Return a dialect that avoids what was refused, or None if nothing of it was."""
        if self.usage and (refusal.names("stream_options") or refusal.names("include_usage")):
            return replace(self, usage=False)
        if self.limit == "max_tokens" and refusal.names("max_tokens"):
            return replace(self, limit="max_completion_tokens")
        if self.encoding == "base64" and refusal.names("encoding_format"):
            return replace(self, encoding="float")
        return None


class Negotiation:
    """Finds the dialect of a server from what it refuses, and remembers it."""

    def __init__(self) -> None:
        self._dialect = Dialect()

    async def ask(self, request: Callable[[Dialect], Awaitable[T]]) -> T:
        dialect = self._dialect
        while True:
            try:
                answer = await request(dialect)
            except ModelRefused as refused:
                other = dialect.without(reason(refused))
                if other is None:
                    raise
                dialect = other
            else:
                self._dialect = dialect
                return answer


def unsupported(refused: ModelRefused, parameter: str) -> bool:
    return reason(refused).names(parameter)


def too_large(refused: ModelRefused) -> bool:
    """Whether fewer or shorter inputs may be taken."""
    cause = refused.__cause__
    if isinstance(cause, APIStatusError) and cause.status_code == 413:
        return True
    told = reason(refused)
    return told.too_long or any(sign in told.message.lower() for sign in SIZES)


def reason(refused: ModelRefused) -> Said:
    """Return what the server said when it refused the request itself; otherwise nothing."""
    cause = refused.__cause__
    if isinstance(cause, APIStatusError) and cause.status_code in REFUSALS:
        return said(cause.body)
    return Said()
