"""One websocket on the wire: what a peer may do, and how it is let go."""

import asyncio
from contextlib import suppress

import pytest

from chatbot.serving import Limits
from tests.servers.websocket_client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Rejected,
    WebsocketClient,
    connect,
    frame,
)

from .apps import Journal
from .conftest import Start

PATIENCE_S = 5.0


async def next_code(journal: Journal) -> int:
    async with asyncio.timeout(PATIENCE_S):
        return await journal.codes.get()


async def test_what_is_sent_comes_back(start: Start) -> None:
    async with connect(await start() + "/ws") as ws:
        for text in ("", "grüße", "x" * 65_536):
            await ws.send_text(text)
            assert await ws.receive() == text
        await ws.send_bytes(b"\xff" * 300)
        assert await ws.receive() == b"\xff" * 300


async def test_compression_is_never_agreed_upon(start: Start) -> None:
    async with connect(await start() + "/ws") as ws:
        assert "sec-websocket-extensions" not in ws.headers


async def test_the_server_does_not_name_itself(start: Start) -> None:
    async with connect(await start() + "/ws") as ws:
        assert "server" not in ws.headers


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"x" * 65_537), 1009),
        (frame(BINARY, b"", announced=2**62), 1009),
        (frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 30_000, fin=False), 1009),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(TEXT, b"x", reserved=4), 1002),
        (frame(CONTINUATION, b"x"), 1002),
    ],
    ids=["long frame", "huge announcement", "long fragments", "not UTF-8", "unmasked", "compressed", "stray"],
)
async def test_a_violation_ends_the_connection_with_its_code(
    start: Start, journal: Journal, sent: bytes, code: int
) -> None:
    async with connect(await start() + "/ws") as ws:
        await ws.send_raw(sent)

        assert await ws.wait_closed() == code
        await ws.wait_cut()
    assert await next_code(journal) == code
    assert journal.heard.empty()


async def test_nothing_is_read_after_a_message_that_is_too_long(start: Start, journal: Journal) -> None:
    async with connect(await start(linger_s=0.5) + "/ws") as ws:
        await ws.send_raw(frame(TEXT, b"x", announced=1 << 20))
        assert await ws.wait_closed() == 1009

        # Only the buffers of the two kernels are left to fill.
        assert await bytes_taken(ws) < 8 << 20
    assert journal.heard.empty()


async def bytes_taken(ws: WebsocketClient) -> int:
    """Write until the server has cut the connection."""
    taken = 0
    try:
        while True:
            ws.writer.write(b"x" * 65_536)
            async with asyncio.timeout(PATIENCE_S):
                await ws.writer.drain()
            taken += 65_536
    except ConnectionError:
        return taken


async def test_endless_tiny_fragments_are_a_flood(start: Start) -> None:
    async with connect(await start(frames=100, frames_per_s=1) + "/ws") as ws:
        await ws.send_frame(TEXT, b"", fin=False)
        for _ in range(200):
            await ws.send_frame(CONTINUATION, b"", fin=False)

        assert await ws.wait_closed() == 1008


async def test_pings_without_end_are_a_flood(start: Start) -> None:
    async with connect(await start(frames=100, frames_per_s=1) + "/ws") as ws:
        await ws.send_raw(frame(PING) * 200)

        assert await ws.wait_closed() == 1008


async def test_long_messages_without_end_are_a_flood(start: Start) -> None:
    async with connect(await start(frames=100, frames_per_s=1) + "/ws") as ws:
        await ws.send_text("x" * 60_000)
        assert len(await ws.receive_text()) == 60_000
        await ws.send_text("x" * 60_000)

        assert await ws.wait_closed() == 1008


async def test_a_page_that_asks_again_and_again_is_no_flood(start: Start) -> None:
    async with connect(await start() + "/ws") as ws:
        for n in range(300):
            await ws.send_text(f"question {n}")
            assert await ws.receive_text() == f"question {n}"


async def test_a_ping_is_answered_with_its_data(start: Start) -> None:
    async with connect(await start() + "/ws") as ws:
        await ws.send_frame(PING, b"still there?")

        async with asyncio.timeout(PATIENCE_S):
            assert await ws.receive_frame() == (PONG, b"still there?")


async def test_a_peer_that_answers_pings_is_kept(start: Start) -> None:
    async with connect(await start(ping_s=0.1, silence_s=0.4) + "/ws") as ws:
        for _ in range(10):
            async with asyncio.timeout(PATIENCE_S):
                assert await ws.receive_frame() == (PING, b"")
            await ws.send_frame(PONG)
        await ws.send_text("here")
        while (received := await ws.receive()) != "here":
            pytest.fail(f"expected 'here', got {received!r}")


async def test_a_peer_that_does_not_answer_pings_is_let_go(start: Start, journal: Journal) -> None:
    async with connect(await start(ping_s=0.1, silence_s=0.4) + "/ws") as ws:
        ws.pongs = False

        assert await ws.wait_closed() == 1006
    assert await next_code(journal) == 1006


async def test_bytes_that_never_become_a_frame_do_not_count_as_a_sign_of_life(
    start: Start, journal: Journal
) -> None:
    async with connect(await start(ping_s=0.1, silence_s=0.5) + "/ws") as ws:
        await ws.send_raw(frame(TEXT, b"", announced=60_000))
        dripping = asyncio.create_task(drip(ws))

        assert await next_code(journal) == 1006
        await dripping


async def drip(ws: WebsocketClient) -> None:
    """Send a byte for every ping until the connection is cut."""
    with suppress(Closed):
        while True:
            await ws.receive_frame()
            await ws.send_raw(b"x")


async def test_a_peer_that_does_not_read_is_let_go(start: Start, journal: Journal) -> None:
    url = await start(stalled_s=0.4, silence_s=60)
    async with connect(url + "/ws", receive_buffer=4096) as ws:
        await ws.send_text("flood")

        assert await next_code(journal) == 1006
    assert journal.lines[-1] == "left"


@pytest.mark.parametrize("code", [1000, 1001, 4321])
async def test_the_application_learns_the_code_with_which_the_page_closed(
    start: Start, journal: Journal, code: int
) -> None:
    async with connect(await start() + "/ws") as ws:
        await ws.close(code)

        assert ws.close_code == code
    assert await next_code(journal) == code


async def test_a_page_that_closes_without_a_code_did_close(start: Start, journal: Journal) -> None:
    async with connect(await start() + "/ws") as ws:
        await ws.send_frame(CLOSE)

        assert await ws.wait_closed() == 1005
    assert await next_code(journal) == 1005


async def test_a_close_that_comes_with_the_end_of_the_connection_is_heard(
    start: Start, journal: Journal
) -> None:
    async with connect(await start() + "/ws") as ws:
        ws.writer.write(frame(CLOSE, b"\x03\xe9"))
        ws.writer.write_eof()

        assert await next_code(journal) == 1001


async def test_a_cut_connection_is_1006(start: Start, journal: Journal) -> None:
    async with connect(await start() + "/ws") as ws:
        await ws.send_text("hello")
        await ws.receive_text()
        ws.cut()

        assert await next_code(journal) == 1006


async def test_a_handshake_that_the_application_never_answers_is_let_go(start: Start) -> None:
    with pytest.raises((Closed, ConnectionError)):
        async with connect(await start(headers_s=0.3) + "/never"):
            pytest.fail("it was answered")


async def test_who_sends_before_the_handshake_is_answered_is_let_go(start: Start) -> None:
    url = await start()
    with pytest.raises((Closed, ConnectionError)):
        async with connect(url + "/never", headers={"X-Early": "1\r\n\r\n" + "early"}):
            pytest.fail("it was answered")


@pytest.mark.parametrize(
    "header", [("Sec-WebSocket-Version", "8"), ("Sec-WebSocket-Protocol", "ÿ")], ids=["version", "not ASCII"]
)
async def test_a_faulty_handshake_is_answered_with_400(start: Start, header: tuple[str, str]) -> None:
    with pytest.raises(Rejected) as rejected:
        async with connect(await start() + "/ws", headers=dict([header])):
            pytest.fail("it was accepted")

    assert rejected.value.status == 400


async def test_an_unknown_path_is_answered_as_http(start: Start) -> None:
    with pytest.raises(Rejected) as rejected:
        async with connect(await start() + "/nowhere"):
            pytest.fail("it was accepted")

    assert rejected.value.status == 404


def test_the_limits_are_those_of_the_manual() -> None:
    limits = Limits()

    assert limits.message_bytes == 64 * 1024
    assert (limits.ping_s, limits.silence_s, limits.stalled_s) == (20, 45, 30)
    assert limits.busy_s + limits.leave_s + limits.shutdown_s < limits.deadline_s < 25
