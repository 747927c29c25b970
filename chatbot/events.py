"""
What happens in a turn, in the words of the protocol (`docs/protocol.md`).

Spans (`start`, `end`) count Unicode code points of the answer's Markdown, from 0, end exclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from .model import Hit, Usage


@dataclass(frozen=True, slots=True)
class Start:
    type: ClassVar = "start"
    conversation: str


@dataclass(frozen=True, slots=True)
class Status:
    type: ClassVar = "status"
    stage: Literal["searching", "writing"]


@dataclass(frozen=True, slots=True)
class Sources:
    """
    The numbered passages; the first is number 1.

    Attributes:
        hits: Empty if nothing was found at all.
        relevant: Whether they fit the question; otherwise they are merely the closest places.
    """

    type: ClassVar = "sources"
    hits: tuple[Hit, ...]
    relevant: bool = True


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer, as Markdown."""

    type: ClassVar = "delta"
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """One finished Markdown block as sanitised HTML; the blocks of an answer lie end to end."""

    type: ClassVar = "block"
    html: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """
    A claim and the passage it refers to.

    Attributes:
        n: The number of the source.
        start, end: The claim in the answer, the ``[n]`` mark included.
        supported: Whether the words of the passage carry the claim.
        quote: Those words, an exact part of the passage's text; empty when nothing carries it.
    """

    type: ClassVar = "citation"
    n: int
    start: int
    end: int
    supported: bool
    quote: str


@dataclass(frozen=True, slots=True)
class Finish:
    """
    The last event of a turn that came to an end.

    Attributes:
        timings: Milliseconds by stage: rewrite, embed, search, first_token, total; a stage that did not run is absent.
    """

    type: ClassVar = "finish"
    reason: Literal["done", "stopped", "length"]
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Error:
    """The last event of a turn that failed; what was shown before it stays."""

    type: ClassVar = "error"
    code: str
    message: str
    retryable: bool
    retry_after_s: float | None = None


Event = Start | Status | Sources | Delta | Block | Citation | Finish | Error
