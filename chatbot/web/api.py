"""The same over HTTP: answers as server-sent events, and passages alone."""

import secrets

from quart import Blueprint, Response, current_app, request

from ..answering.timings import Timings
from ..chats.turns import validated
from ..errors import Draining
from ..services import Services
from .drain import Drain
from .event_stream import EventStream
from .origin import refuse_foreign
from .wire import decode_question, decode_search, to_source

api = Blueprint("api", __name__, url_prefix="/api")


@api.before_request
async def refuse_other_sites() -> None:
    services: Services = current_app.extensions["services"]
    refuse_foreign(request.headers, services.settings.allowed_origins)


@api.post("/chat")
async def chat() -> Response:
    """Answer a question: the events of the websocket as server-sent events."""
    services: Services = current_app.extensions["services"]
    drain: Drain = current_app.extensions["drain"]
    asked = decode_question(await request.get_data())
    if drain.draining:
        raise Draining("The server is restarting. Please ask again in a moment.", retry_after_s=2)
    turn = services.turns.start(secrets.token_urlsafe(12), asked.question, asked.conversation)
    response = Response(EventStream(services.turns, drain, turn), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx gathers a response otherwise
    response.timeout = None
    return response


@api.get("/search")
async def search() -> dict[str, object]:
    """Return the passages that fit a question, best first, as a ``sources`` event lists them."""
    services: Services = current_app.extensions["services"]
    asked = decode_search(request.args)
    timings = Timings(services.clock)
    found = await services.retriever.search(validated(asked.q), limit=asked.limit, timings=timings)
    return {
        "relevant": found.relevant,
        "sources": [to_source(n, hit) for n, hit in enumerate(found.hits, start=1)],
        "timings": timings.total(),
    }
