import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import pytest
import uvloop

from chatbot.serving import Limits, serving
from chatbot.web.drain import Drain

from .apps import Journal, make_app

LOOPS: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}
ON_THE_WIRE = {"test_websocket", "test_http"}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run what is about the wire on both loops: their transports differ in what the server leans on."""
    return LOOPS if item.path.stem in ON_THE_WIRE else {"asyncio": asyncio.new_event_loop}


Start = Callable[..., Awaitable[str]]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def drain() -> Drain:
    return Drain()


@pytest.fixture
async def start(journal: Journal, drain: Drain) -> AsyncIterator[Start]:
    """Serve the small application with these limits until the end of the test; returns the address."""
    async with AsyncExitStack() as stack:

        async def begin(*, trusted_hops: int = 0, **limits: float) -> str:
            patience = {"busy_s": 0.2, "leave_s": 0.5, "linger_s": 0.2, "goodbye_s": 0.2} | limits
            bounds = Limits(**patience)  # type: ignore[arg-type]  # whole numbers where they are asked for
            context = serving(make_app(journal, drain), drain, limits=bounds, trusted_hops=trusted_hops)
            return await stack.enter_async_context(context)

        yield begin
        async with asyncio.timeout(10):
            await stack.aclose()
