"""The websocket of the page: reads its frames, and sends the events of the turns that it follows."""

import asyncio
from dataclasses import dataclass, field

from quart import Blueprint, current_app, websocket

from ..chats.turn import Turn
from ..concurrency import first_error
from ..errors import Busy, ChatbotError, Draining
from ..events import Event
from ..services import Services
from .drain import Drain, Member
from .origin import refuse_foreign
from .wire import Ask, Frame, Resume, Stop, decode_frame, encode, to_error

socket = Blueprint("socket", __name__)

CLOSED_FOR_GOOD = {1000, 1001, 1005}
"""What a browser says when its page is left, or its script says nothing; a connection that was cut is 1006."""


@socket.websocket("/ws")
async def talk() -> None:
    services: Services = current_app.extensions["services"]
    drain: Drain = current_app.extensions["drain"]
    refuse_foreign(websocket.headers, services.settings.allowed_origins)
    await websocket.accept()
    with drain.joined(websocket.close) as member:
        async with first_error(), asyncio.TaskGroup() as tasks:
            talk = Talk(services, drain, member, tasks)
            try:
                while True:
                    await talk.hear(await websocket.receive())
            finally:
                talk.left(for_good=close_code() in CLOSED_FOR_GOOD)


@dataclass(slots=True)
class Talk:
    """One page's connection; it follows one turn at a time."""

    services: Services
    drain: Drain
    member: Member
    tasks: asyncio.TaskGroup
    followed: Turn | None = None
    _following: asyncio.Task[None] | None = field(default=None)

    async def hear(self, data: str | bytes) -> None:
        """Do what the page asks; what cannot be done is answered with an error, and the talk goes on."""
        frame: Frame | None = None
        try:
            frame = decode_frame(data)
            self._do(frame)
        except ChatbotError as error:
            await websocket.send(encode(frame.id if frame else "", 0, to_error(error)))

    def _do(self, frame: Frame) -> None:
        match frame:
            case Ask(id, question, conversation):
                self._require_free()
                self._follow(self.services.turns.start(id, question, conversation), after=0)
            case Resume(id, after):
                turn = self.services.turns.find(id)
                if turn is not self.followed:
                    self._require_free(draining=True)
                    self._follow(turn, after)
            case Stop(id):
                self.services.turns.stop(self.services.turns.find(id))

    def _require_free(self, *, draining: bool = False) -> None:
        if self.drain.draining and not draining:
            raise Draining("The server is restarting. Please ask again in a moment.", retry_after_s=2)
        if self.followed is not None:
            raise Busy("One question at a time: stop the answer that is being written, or wait for its end.")

    def _follow(self, turn: Turn, after: int) -> None:
        self.followed = turn
        self.member.busy = True
        self._following = self.tasks.create_task(self._send_events(turn, after))

    async def _send_events(self, turn: Turn, after: int) -> None:
        async def send(seq: int, event: Event) -> None:
            await websocket.send(encode(turn.id, seq, event))

        try:
            await turn.follow(after, send)
        finally:
            self.followed = None
        self.member.busy = False

    def left(self, *, for_good: bool) -> None:
        """Let go of the turn that was being followed."""
        if self.followed is not None and self._following is not None:
            turn = self.followed
            self._following.add_done_callback(lambda _: self.services.turns.left(turn, for_good=for_good))


def close_code() -> int:
    """Return what the page said when it closed the connection; 1006 if it said nothing."""
    code: int = websocket.scope.get("state", {}).get("close_code", 1006)
    return code
