"""What is said when an address cannot be listened on."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from chatbot.errors import ServerError
from chatbot.server import serve
from chatbot.serving import Limits
from chatbot.serving.listening import listen, url, url_of
from chatbot.web.drain import Drain

from .apps import Journal, make_app


def test_a_port_in_use_is_named_with_the_setting_that_changes_it() -> None:
    with listen("127.0.0.1", 0, Limits()) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ServerError, match=rf"Port {port} is in use.*set PORT"):
            listen("127.0.0.1", port, Limits())


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a" * 70])
def test_an_address_of_another_machine_is_named_with_its_setting(host: str) -> None:
    with pytest.raises(ServerError, match=rf"{host}.*HOST"):
        listen(host, 0, Limits())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_one_can_connect_to_the_address_that_is_shown(host: str) -> None:
    with listen(host, 0, Limits()) as listener:
        parts = urlsplit(url_of(listener))

        assert parts.hostname == "127.0.0.1"
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=5):
            pass


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("192.0.2.1", "http://192.0.2.1:8000"),
    ],
)
def test_an_address_is_shown_as_people_type_it(host: str, shown: str) -> None:
    assert url(host, 8000) == shown


async def test_the_real_port_is_told_when_any_was_asked_for() -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    journal, drain = Journal(), Drain()
    serving = asyncio.create_task(
        serve(make_app(journal, drain), drain, host="127.0.0.1", port=0, on_bound=told.put_nowait)
    )
    async with asyncio.timeout(5):
        assert (urlsplit(await told.get()).port or 0) > 0
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
    assert journal.lines == ["started", "stopped"]


async def test_a_start_that_fails_is_passed_on_and_nothing_listens() -> None:
    journal, drain = Journal(), Drain()
    app = make_app(journal, drain)

    @app.before_serving
    async def fail() -> None:
        raise ServerError("the store is locked")

    with pytest.raises(ServerError, match="the store is locked"):
        async with asyncio.timeout(5):
            await serve(app, drain, host="127.0.0.1", port=0)
