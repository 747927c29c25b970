"""
Text out of the bytes of a streamed chat completion; no sockets, no clocks.

One `msgspec` decode an event, into structs that know only the fields that are used.
Server-sent events as in the HTML standard, section 9.2, of which these servers use comments and
``data`` lines that hold one JSON object each.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ..model import Usage

MOST_EVENT_BYTES = 1024 * 1024
DONE = (b"data: [DONE]", b"data:[DONE]")
FIELDS = (b"event:", b"id:", b"retry:")


class Malformed(Exception):
    """Bytes that no such server sends."""


class Failed(Exception):
    """The server reported an error inside the stream, as ``error``."""

    def __init__(self, error: Mapping[str, object] | str) -> None:
        super().__init__("error inside the stream")
        self.error = error


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Event(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: dict[str, object] | str | None = None


_decode = msgspec.json.Decoder(_Event).decode


class CompletionStream:
    """
    Reads a stream piece by piece.

    Attributes:
        alive: Whether the last piece held a token, shown or not: text or reasoning.
        started: Whether any piece did.
        chars: How much text there was.
        finish: The server's ``finish_reason``; None: the reply is not complete.
        done: Whether the end mark has come.
        usage: Zero until the server has told it.
        fault: Why nothing more can be read; the text before it is good.
    """

    def __init__(self) -> None:
        self.alive = False
        self.started = False
        self.chars = 0
        self.finish: str | None = None
        self.done = False
        self.usage = Usage()
        self.fault: Malformed | Failed | None = None
        self._rest = bytearray()

    def feed(self, piece: bytes) -> str:
        """Return the text of all events that end in this piece, often empty; look at `fault` afterwards."""
        self.alive = False
        if piece.find(b"\n") < 0:
            self._keep(piece)
            return ""
        if self._rest:
            piece = bytes(self._rest) + piece
            self._rest.clear()
        lines = piece.split(b"\n")
        self._keep(lines.pop())
        text = self._text(lines)
        self.started = self.started or self.alive
        self.chars += len(text)
        return text

    def _keep(self, rest: bytes) -> None:
        self._rest += rest
        if len(self._rest) > MOST_EVENT_BYTES:
            self.fault = Malformed("an event without an end")

    def _text(self, lines: Iterable[bytes]) -> str:
        text = ""
        try:
            for line in lines:
                if line.startswith(b"data: {"):
                    text += self._event(line[6:])
                elif line:
                    text += self._other(line)
        except (Malformed, Failed) as fault:
            self.fault = fault
        return text

    def _other(self, line: bytes) -> str:
        """Read a line that is not written as nearly all are."""
        if line.startswith(DONE):
            self.done = True
        elif line.startswith(b"data:"):
            return self._event(line[5:])
        elif line[:1] not in b":\r" and not line.startswith(FIELDS):
            raise Malformed("a line that is no field")
        return ""

    def _event(self, data: bytes) -> str:
        try:
            event = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed("an event that is no JSON object") from error
        if event.error is not None:
            raise Failed(event.error)
        if event.usage is not None:
            self.usage = Usage(event.usage.prompt_tokens or 0, event.usage.completion_tokens or 0)
        if not event.choices or self.finish is not None:
            return ""
        choice = event.choices[0]
        self.finish = choice.finish_reason or None
        return self._token(choice.delta) if choice.delta is not None else ""

    def _token(self, delta: _Delta) -> str:
        text = delta.content or delta.refusal or ""
        if text or delta.reasoning_content or delta.reasoning:
            self.alive = True
        return text
