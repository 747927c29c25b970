"""What a router and an operator ask: does the loop turn, and can questions be answered."""

import asyncio

from quart import Blueprint, current_app

from ..errors import ChatbotError
from ..services import Services
from .drain import Drain

health = Blueprint("health", __name__)

STORE_DEADLINE_S = 2.0


@health.get("/health")
async def alive() -> dict[str, str]:
    return {"status": "ok"}


@health.get("/ready")
async def ready() -> tuple[dict[str, object], int]:
    """Answer 200 if questions can be answered here and now, 503 with the reason if not."""
    services: Services = current_app.extensions["services"]
    drain: Drain = current_app.extensions["drain"]
    if drain.draining:
        return {"status": "draining"}, 503
    try:
        async with asyncio.timeout(STORE_DEADLINE_S):
            await services.retriever.require_searchable()
            counts = {name: await services.store.count(name) for name in services.retriever.collections}
    except (ChatbotError, TimeoutError) as error:
        return {"status": "unavailable", "reason": str(error) or "The store did not answer in time."}, 503
    return {"status": "ready", "model": services.mode, "passages": counts}, 200
