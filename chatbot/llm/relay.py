"""From the bytes of a streamed completion to the words that a visitor sees, and how it ended."""

import msgspec

from ..errors import ModelError, ModelInterrupted, ModelRefused, ModelUnavailable
from ..model import Reply
from ..ports import EmitText
from .bodies import Body
from .deadlines import Silence
from .failures import MappedErrors, said
from .stream import CompletionStream, Failed, Malformed

GATHER_S = 0.06
"""After some text the next is read this much later, all at once: to read each token when it comes costs as much
again as everything else that is done with it. Text that comes after a pause is read at once."""

MOST_REPLY_CHARS = 1024 * 1024
MOST_REFUSAL_BYTES = 64 * 1024

# The words of OpenAI, and of servers that pass their engine's own words on
COMPLETE = {"stop", "eos", "eos_token", "end_turn", "stop_sequence"}
CUT = {"length", "max_tokens"}
TOOLS = {"tool_calls", "function_call"}

TAIL_S = 0.5
"""The reply is complete; its usage and the end of the body, for a connection that can be used again, may follow."""

END_S = 0.05
"""The same after the end mark: only the end of the body is missing."""


class Relay:
    """
    Emits the text of a reply while it is read.

    Attributes:
        stream: Of the attempt that is under way.
    """

    def __init__(self, emit: EmitText, silence: Silence, errors: MappedErrors) -> None:
        self.stream = CompletionStream()
        self._emit = emit
        self._silence = silence
        self._errors = errors

    async def run(self, body: Body) -> None:
        """
        Read to the end.

        Raises:
            ModelError: There is no stream, or it broke before the reply was complete.
        """
        self.stream = stream = CompletionStream()
        piece = await body.read()
        if body.content_type != "text/event-stream" and piece.lstrip()[:1] in (b"{", b"[", b"<"):
            raise await self._no_stream(piece, body)
        while piece:
            text = stream.feed(piece)
            if stream.alive:
                await self._pass_on(text, body)
            if stream.finish is not None:
                self._silence.at_most(END_S if stream.done else TAIL_S)
            if stream.fault or stream.done or stream.chars > MOST_REPLY_CHARS:
                break
            piece = await body.read()
        await self._ended(body)

    async def _pass_on(self, text: str, body: Body) -> None:
        self._silence.pause()
        if text:
            await self._emit(text)
            if self.stream.finish is None:
                await body.gather(GATHER_S)
        self._silence.heard()

    async def _ended(self, body: Body) -> None:
        stream = self.stream
        if stream.finish is None:
            raise self._broken()
        while not stream.fault and await body.read():
            pass

    def _broken(self) -> ModelError:
        fault = self.stream.fault
        if isinstance(fault, Failed):
            return self._failed(fault)
        if isinstance(fault, Malformed) and not self.stream.started:
            return ModelUnavailable("The model's server sent something that cannot be read.")
        if not self.stream.started:
            return ModelInterrupted("The model's server ended the reply before its first word.")
        return interrupted()

    def _failed(self, fault: Failed) -> ModelError:
        return interrupted() if self.stream.started else self._errors.failed(said(fault.error))

    async def _no_stream(self, piece: bytes, body: Body) -> ModelError:
        content = piece + await body.whole(MOST_REFUSAL_BYTES)
        try:
            error = msgspec.json.decode(content, type=dict[str, object]).get("error")
        except (msgspec.DecodeError, UnicodeDecodeError):
            error = None
        return self._errors.failed(said({"error": error})) if error else self._errors.not_compatible()

    def reply(self) -> Reply:
        """
        Return how the reply ended.

        Raises:
            ModelRefused: The model, or a filter after it, would not answer.
            ModelInterrupted
        """
        stream = self.stream
        if stream.finish == "content_filter":
            raise ModelRefused("The model declined to answer this: its content filter stopped the reply.")
        if stream.finish in CUT:
            return Reply("length", stream.usage)
        if stream.finish in COMPLETE or (stream.finish in TOOLS and stream.chars):
            return self._not_empty(Reply("done", stream.usage))
        if stream.finish in TOOLS:
            raise ModelRefused("The model asked for a tool instead of answering.")
        raise interrupted()

    def _not_empty(self, reply: Reply) -> Reply:
        if not self.stream.chars:
            raise ModelRefused("The model sent an empty reply.")
        return reply


def interrupted() -> ModelInterrupted:
    return ModelInterrupted("The model stopped in the middle of its answer.")
