"""HTTP on the wire: what is refused, and how long anyone is waited for."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from tests.servers.websocket_client import connect, read_head

from .apps import Journal
from .conftest import Start

PATIENCE_S = 5.0


class Peer:
    """A connection that sends what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def get(self, target: str, *headers: str) -> tuple[int, Mapping[str, str], bytes]:
        self.writer.write("\r\n".join([f"GET {target} HTTP/1.1", "Host: h", *headers, "", ""]).encode())
        return await self.answer()

    async def answer(self) -> tuple[int, Mapping[str, str], bytes]:
        async with asyncio.timeout(PATIENCE_S):
            status, headers = await read_head(self.reader)
            return status, headers, await self.reader.readexactly(int(headers.get("content-length", 0)))

    async def wait_cut(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass


@asynccontextmanager
async def peer(url: str) -> AsyncIterator[Peer]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


async def test_a_connection_serves_one_request_after_the_other(start: Start) -> None:
    async with peer(await start()) as client:
        for _ in range(3):
            status, headers, body = await client.get("/health")
            assert (status, body) == (200, b"ok")
            assert "server" not in headers


async def test_a_long_answer_arrives_whole(start: Start) -> None:
    async with peer(await start()) as client:
        _, _, body = await client.get("/long")

        assert body == b"y" * 4_000_000


async def test_headers_that_never_end_are_not_waited_for(start: Start) -> None:
    async with peer(await start(headers_s=0.4)) as client:
        client.writer.write(b"GET /health HTTP/1.1\r\nHost: h\r\n")
        await client.writer.drain()

        await client.wait_cut()


async def test_headers_that_drip_are_not_waited_for(start: Start) -> None:
    async with peer(await start(headers_s=0.4)) as client:
        cut = asyncio.create_task(client.wait_cut())
        client.writer.write(b"GET /health HTTP/1.1\r\nHost: h\r\nX: ")
        while not cut.done():
            client.writer.write(b"x")
            await asyncio.wait([cut], timeout=0.05)
        await cut


async def test_silence_from_the_start_is_not_waited_for(start: Start) -> None:
    async with peer(await start(headers_s=0.4)) as client:
        await client.wait_cut()


async def test_a_connection_that_waits_for_its_next_request_is_kept_longer(start: Start) -> None:
    async with peer(await start(headers_s=0.1, keep_alive_s=30)) as client:
        await client.get("/health")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await client.reader.read(1)

        assert (await client.get("/health"))[0] == 200


async def test_a_second_request_must_be_complete_in_time_too(start: Start) -> None:
    async with peer(await start(headers_s=0.4, keep_alive_s=30)) as client:
        await client.get("/health")
        client.writer.write(b"GET /hea")

        await client.wait_cut()


async def test_a_connection_that_is_not_used_again_is_closed(start: Start) -> None:
    async with peer(await start(keep_alive_s=0.3)) as client:
        await client.get("/health")

        await client.wait_cut()


async def test_an_answer_that_is_not_read_is_given_up(start: Start) -> None:
    async with peer(await start(stalled_s=0.4)) as client:
        client.writer.write(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wait_until_cut_without_reading(client)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]

        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await client.answer()


async def wait_until_cut_without_reading(client: Peer) -> None:
    """Send bytes that the server takes no notice of until they can no longer be sent."""
    async with asyncio.timeout(PATIENCE_S):
        while not client.writer.transport.is_closing():
            client.writer.write(b"\r\n")
            await asyncio.sleep(0.05)


async def test_headers_that_are_too_long_are_refused(start: Start) -> None:
    async with peer(await start()) as client:
        status, _, _ = await client.get("/health", "X: " + "x" * 60_000)

        assert status == 431
        await client.wait_cut()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /health HTTP/1.1\r\n\r\n", 400),
        ("GET ?x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET /health\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
    ],
    ids=["no host", "no path", "HTTP/2", "HTTP/0.9", "nonsense"],
)
async def test_what_is_no_request_is_refused(start: Start, head: str, status: int) -> None:
    async with peer(await start()) as client:
        client.writer.write(head.encode())

        assert (await client.answer())[0] == status
        await client.wait_cut()


async def test_an_offer_of_http_2_is_ignored(start: Start) -> None:
    async with peer(await start()) as client:
        offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")

        assert (await client.get("/health", *offer))[0] == 200


async def test_one_socket_too_many_gets_503(start: Start) -> None:
    url = await start(sockets=2)
    async with peer(url) as first, peer(url) as second:
        assert (await first.get("/health"))[0] == 200
        assert (await second.get("/health"))[0] == 200
        async with peer(url) as third:
            assert (await third.get("/health"))[0] == 503
            await third.wait_cut()
    async with asyncio.timeout(PATIENCE_S):
        while await status_of_a_visit(url) != 200:  # until the server has noticed that they left
            pass


async def status_of_a_visit(url: str) -> int:
    async with peer(url) as visitor:
        return (await visitor.get("/health"))[0]


async def test_without_a_router_nobody_may_say_who_they_are(start: Start) -> None:
    async with peer(await start()) as client:
        _, _, body = await client.get("/seen", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https")

        assert b"192.0.2.7" not in body
        assert b"https" not in body


async def test_a_router_says_where_a_request_came_from(start: Start) -> None:
    async with peer(await start(trusted_hops=1)) as client:
        _, _, body = await client.get(
            "/seen", "X-Forwarded-For: 198.51.100.1, 192.0.2.7", "X-Forwarded-Proto: https"
        )

        assert b'"192.0.2.7"' in body
        assert b'"https"' in body


async def test_behind_a_router_the_close_code_still_arrives(start: Start, journal: Journal) -> None:
    url = await start(trusted_hops=1)
    async with connect(url + "/ws", headers={"X-Forwarded-Proto": "https"}) as ws:
        await ws.close(1001)

        async with asyncio.timeout(PATIENCE_S):
            assert await journal.codes.get() == 1001
