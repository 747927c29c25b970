"""The end of a real process, with real signals."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.servers.websocket_client import connect

from .test_http import peer

PATIENCE_S = 20.0
SECOND_PRESS_S = 0.6
LEFT_IN_ORDER = ["left", "stopped", "after serving"]


@dataclass
class Process:
    """A running server; `journal` holds what its application noted so far."""

    process: asyncio.subprocess.Process
    url: str = ""
    journal: list[str] = field(default_factory=list)

    async def hear(self, line: str) -> None:
        """Wait until the application notes this."""
        while (heard := await self._line()) != line:
            assert heard, f"it ended without {line!r}"
            self.journal.append(heard)
        self.journal.append(line)

    async def hear_address(self) -> None:
        while not self.url.startswith("http"):
            self.journal += [self.url] if self.url else []
            self.url = await self._line()
            assert self.url, "it ended without an address"

    async def _line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return (await self.process.stdout.readline()).decode().strip()

    def send(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            self.process.send_signal(number)

    def release(self) -> None:
        """Let the answers that wait be written."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")

    async def status(self, within_s: float = PATIENCE_S) -> int:
        """Return the exit status; the journal is complete then."""
        async with asyncio.timeout(within_s):
            while line := await self._line():
                self.journal.append(line)
            return await self.process.wait()


@asynccontextmanager
async def running(**limits: float) -> AsyncIterator[Process]:
    command = (sys.executable, "-W", "error", "-m", "tests.serving.process", json.dumps(limits))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        server = Process(process)
        await server.hear_address()
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def wait_until_refused(url: str) -> None:
    """Wait until nobody listens any more; connections from before may still be open."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with peer(url):
                    await asyncio.sleep(0.01)
            except ConnectionError:
                return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_idle_server_ends_at_once(number: signal.Signals) -> None:
    async with running() as server:
        server.send(number)

        assert await server.status(within_s=5) == 0
    assert server.journal == ["started", "stopped", "after serving"]


async def test_idle_pages_are_told_and_pools_close_after_their_handlers() -> None:
    async with running() as server, AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(connect(server.url + "/ws")) for _ in range(20)]
        for page in pages:
            await page.send_text("hello")
            await page.receive_text()
        server.send(signal.SIGTERM)

        async with asyncio.timeout(2):  # the issue says 0.5 s; a loaded machine gets more
            for page in pages:
                assert await page.wait_closed() == 1012
        assert await server.status(within_s=5) == 0
    assert server.journal == ["started", *["left"] * 20, "stopped", "after serving"]


@pytest.mark.parametrize("uvloop", [True, False], ids=["uvloop", "asyncio"])
async def test_running_answers_are_finished_and_nothing_new_is_accepted(uvloop: bool) -> None:
    async with (
        running(uvloop=uvloop) as server,
        connect(server.url + "/ws") as page,
        peer(server.url) as reader,
    ):
        await page.send_text("answer")
        await server.hear("waiting")
        reader.writer.write(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await server.hear("waiting")

        server.send(signal.SIGTERM, signal.SIGTERM)
        await wait_until_refused(server.url)
        server.send(signal.SIGTERM)
        server.release()

        assert await page.receive_text() == "answer"
        assert await page.wait_closed() == 1012
        assert (await reader.answer())[2] == b"late"
        assert await server.status(within_s=5) == 0
    assert server.journal[-2:] == ["stopped", "after serving"]
    assert server.journal.index("answered") < server.journal.index("stopped")
    assert server.journal.index("left") < server.journal.index("stopped")


async def test_answers_that_take_too_long_are_given_up() -> None:
    async with running(busy_s=0.3) as server, connect(server.url + "/ws") as page, peer(server.url) as reader:
        await page.send_text("answer")
        await server.hear("waiting")
        reader.writer.write(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await server.hear("waiting")
        server.send(signal.SIGTERM)

        assert await page.wait_closed() == 1012
        assert await server.status() == 0
    assert "answered" not in server.journal
    assert server.journal[-3:] == LEFT_IN_ORDER


async def test_a_peer_that_never_closes_its_side_does_not_hold_the_end() -> None:
    async with running() as server, connect(server.url + "/ws") as page:
        await page.send_text("hello")
        await page.receive_text()
        server.send(signal.SIGTERM)

        assert await server.status(within_s=10) == 0
        assert await page.wait_closed() == 1012
    assert server.journal[-3:] == LEFT_IN_ORDER


async def test_a_peer_that_never_reads_does_not_hold_the_end() -> None:
    async with running(busy_s=0.5) as server, connect(server.url + "/ws", receive_buffer=4096) as page:
        await page.send_text("flood")
        await page.receive_text()
        server.send(signal.SIGTERM)

        assert await server.status(within_s=10) == 0
    assert server.journal[-3:] == LEFT_IN_ORDER


async def test_a_second_interrupt_cuts_answers_short() -> None:
    async with running() as server, connect(server.url + "/ws") as page:
        await page.send_text("answer")
        await server.hear("waiting")
        started = time.monotonic()
        server.send(signal.SIGINT)
        while time.monotonic() - started < SECOND_PRESS_S:
            await wait_until_refused(server.url)
        server.send(signal.SIGINT)

        assert await server.status(within_s=10) == 0
    assert server.journal[-3:] == LEFT_IN_ORDER


async def test_one_key_press_that_arrives_twice_does_not_cut_answers_short() -> None:
    async with running() as server, connect(server.url + "/ws") as page:
        await page.send_text("answer")
        await server.hear("waiting")
        server.send(signal.SIGINT, signal.SIGINT)
        await wait_until_refused(server.url)
        server.release()

        assert await page.receive_text() == "answer"
        assert await server.status(within_s=5) == 0


async def test_a_loop_that_hangs_does_not_hold_the_end() -> None:
    async with running(deadline_s=1.0) as server, peer(server.url) as visitor:
        visitor.writer.write(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        await server.hear("waiting")
        server.send(signal.SIGTERM)

        assert await server.status(within_s=10) == 0
    assert "stopped" not in server.journal
