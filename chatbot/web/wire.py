"""The protocol as JSON: frames from the page, events to it (`docs/protocol.md`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec

from ..errors import ChatbotError, InvalidFrame
from ..events import Block, Citation, Delta, Error, Event, Finish, Sources
from ..model import Hit

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Conversation = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class Question(msgspec.Struct, frozen=True):
    """The body of ``POST /api/chat``."""

    question: str
    conversation: Conversation | None = None


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    id: Id
    question: str
    conversation: Conversation | None = None


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    id: Id


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    id: Id
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


Frame = Ask | Stop | Resume


class _Delta(msgspec.Struct, gc=False, tag="delta"):
    id: str
    seq: int
    text: str


class SearchQuery(msgspec.Struct, frozen=True):
    """The query string of ``GET /api/search``."""

    q: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8


_frames: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_questions = msgspec.json.Decoder(Question)
_encode = msgspec.json.encode


def decode_frame(data: str | bytes) -> Frame:
    """
    Return the frame.

    Raises:
        InvalidFrame: It is binary, no JSON, of an unknown type, or lacks a field.
    """
    if isinstance(data, bytes):
        raise InvalidFrame("Expected a text frame, got a binary one.")
    with faults_named():
        return _frames.decode(data)


def decode_question(data: str | bytes) -> Question:
    """
    Return the body of ``POST /api/chat``.

    Raises:
        InvalidFrame
    """
    with faults_named():
        return _questions.decode(data)


def decode_search(arguments: Mapping[str, str]) -> SearchQuery:
    """
    Return the query string of ``GET /api/search``.

    Raises:
        InvalidFrame
    """
    with faults_named():
        return msgspec.convert(dict(arguments), SearchQuery, strict=False)


@contextmanager
def faults_named() -> Iterator[None]:
    try:
        yield
    except msgspec.MsgspecError as error:
        raise InvalidFrame(f"This message cannot be understood: {error}.") from error


def to_error(error: ChatbotError) -> Error:
    return Error(error.code, error.message, error.retryable, error.retry_after_s)


def encode(turn: str, seq: int, event: Event) -> str:
    """
    Return an event as one JSON text.

    Args:
        turn: The turn's id, empty for an error that belongs to none.
        seq: The event's number within the turn, from 1; 0 for what is not part of its record.
    """
    if type(event) is Delta:  # nearly all are: a struct takes a third of the time that a dict takes
        return _encode(_Delta(turn, seq, event.text)).decode()
    return _encode({"type": event.type, "id": turn, "seq": seq, **body(event)}).decode()


def body(event: Event) -> dict[str, Any]:
    """Return an event's own fields under their names in the protocol."""
    match event:
        case Sources(hits, relevant):
            sources = [to_source(n, hit) for n, hit in enumerate(hits, start=1)]
            return {"sources": sources, "relevant": relevant}
        case Block(html, start, end):
            return {"html": html, "from": start, "to": end}
        case Citation(n, start, end, supported, text):
            return {"n": n, "from": start, "to": end, "supported": supported, "quote": text}
        case Finish(reason, usage, timings):
            return {"reason": reason, "usage": msgspec.to_builtins(usage), "timings": timings}
        case _:
            found = ((name, getattr(event, name)) for name in event.__slots__)
            return {name: value for name, value in found if value is not None}


def to_source(n: int, hit: Hit) -> dict[str, Any]:
    """Return a numbered passage as the page gets it."""
    passage = hit.passage
    return {
        "n": n,
        "id": passage.id,
        "title": passage.title,
        "headings": passage.headings,
        "url": place(hit),
        "text": passage.text,
        "score": round(hit.score, 6),
        "collection": hit.collection,
    }


def place(hit: Hit) -> str:
    """Return where a visitor can read the passage: where it is published, else on this server."""
    passage = hit.passage
    address = (
        passage.url or f"/documents/{quote(passage.document)}?{urlencode({'collection': hit.collection})}"
    )
    if not passage.anchor:
        return address
    return f"{address.partition('#')[0]}#{quote(passage.anchor)}"
