"""
What a hundred hostile websockets cost the server: memory, and how long they hold the loop.

    python -m bench.hostile [--seconds 5] [--sockets 100]

The same small application is served twice, each time in a process of its own: by our server, and by Hypercorn as
it comes. A quarter of the sockets send a message of endless fragments, a quarter frames that announce a gigabyte,
a quarter nothing at all, and a quarter long messages whose answers they never read. Who is cut comes back.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from quart import Quart, websocket

from chatbot import server
from chatbot.serving.listening import url_of
from chatbot.web.drain import Drain
from tests.servers.websocket_client import (
    BINARY,
    CONTINUATION,
    TEXT,
    Closed,
    Rejected,
    WebsocketClient,
    connect,
    frame,
)

Attack = Callable[[WebsocketClient], Awaitable[None]]

PROBE_S = 0.005
PAUSE_S = 0.2
"""Before a hostile peer that was cut comes back."""

MOST_BYTES = 4 << 20
"""What each sends at most in one visit: Hypercorn as it comes keeps all of it."""

PLAIN = {"Sec-WebSocket-Extensions": ""}
"""Without compression, which Hypercorn as it comes would agree to, and which costs it 100 KiB a socket more."""

IDLE_SOCKETS = 200
KIB = 1024


def make_app(lags_s: list[float]) -> Quart:
    """Return an application that echoes, and notes by how much its loop is late."""
    app = Quart(__name__)

    async def probe() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, cpu_s = loop.time() + PROBE_S, time.thread_time()
            await asyncio.sleep(PROBE_S)
            # What the loop did not work for, it was late because other processes had the core.
            lags_s.append(min(loop.time() - due, time.thread_time() - cpu_s))

    @app.before_serving
    async def start() -> None:
        app.extensions["probe"] = asyncio.create_task(probe())

    @app.after_serving
    async def stop() -> None:
        app.extensions["probe"].cancel()

    @app.websocket("/ws")
    async def echo() -> None:
        await websocket.accept()
        while True:
            await websocket.send(await websocket.receive())

    @app.get("/lag")
    async def lag() -> dict[str, float]:
        longest_ms = max(lags_s, default=0.0) * 1000
        lags_s.clear()
        return {"max_ms": longest_ms}

    return app


def say(url: str) -> None:
    print(url, flush=True)


async def serve_ours() -> None:
    await server.serve(make_app([]), Drain(), host="127.0.0.1", port=0, on_bound=say)


async def serve_stock() -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.errorlog = None
    listener = socket.create_server(("127.0.0.1", 0), backlog=config.backlog)
    say(url_of(listener))
    config.bind = f"fd://{listener.detach()}"
    await serve(make_app([]), config)


@dataclass
class Server:
    """A server process under measurement."""

    url: str
    pid: int

    async def longest_lag_ms(self) -> float:
        """Return the longest lag since the last call."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /lag HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        lag: float = json.loads(answer.partition(b"\r\n\r\n")[2])["max_ms"]
        return lag

    def rss_kib(self) -> int:
        return self._status("VmRSS")

    def peak_kib(self) -> int:
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


@contextlib.asynccontextmanager
async def started(which: str) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.hostile", "--serve", which, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            url = (await process.stdout.readline()).decode().strip()
        yield Server(url, process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def fragments(ws: WebsocketClient) -> None:
    await ws.send_frame(TEXT, b"x", fin=False)
    small, sent = frame(CONTINUATION, b"x" * 200, fin=False) * 50, 0
    while sent < MOST_BYTES:
        await ws.send_raw(small)
        sent += len(small)
    await ws.wait_cut(timeout=3600)


async def huge_frames(ws: WebsocketClient) -> None:
    await ws.send_raw(frame(BINARY, b"", announced=1 << 30))
    for _ in range(MOST_BYTES // (64 * KIB)):
        await ws.send_raw(b"x" * 64 * KIB)
    await ws.wait_cut(timeout=3600)


async def silence(ws: WebsocketClient) -> None:
    await ws.wait_cut(timeout=3600)


async def never_reads(ws: WebsocketClient) -> None:
    ws.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(MOST_BYTES // (60 * KIB)):
        await ws.send_text("x" * 60 * KIB)
    await asyncio.Event().wait()


ATTACKS: tuple[Attack, ...] = (
    fragments,
    huge_frames,
    silence,
    never_reads,
)


async def attack(url: str, kind: Attack) -> None:
    """Visit again and again."""
    while True:
        with contextlib.suppress(Closed, Rejected, OSError, TimeoutError):
            async with connect(url, headers=PLAIN, receive_buffer=4 * KIB) as ws:
                await kind(ws)
        await asyncio.sleep(PAUSE_S)


async def besieged(
    target: Server, sockets: int, seconds: float, kinds: Sequence[Attack]
) -> tuple[float, float]:
    """Return growth of the peak of memory in MiB, and the longest lag in ms."""
    await warmed(target)
    before = target.rss_kib()
    target.forget_peak()
    await target.longest_lag_ms()
    attackers = [
        asyncio.create_task(attack(target.url + "/ws", kinds[n % len(kinds)])) for n in range(sockets)
    ]
    await asyncio.sleep(seconds)
    growth = (target.peak_kib() - before) / KIB
    for attacker in attackers:
        attacker.cancel()
    await asyncio.gather(*attackers, return_exceptions=True)
    return growth, await target.longest_lag_ms()


async def warmed(target: Server) -> None:
    """Visit once properly, so that what is loaded at the first visit does not count."""
    for _ in range(20):
        async with connect(target.url + "/ws", headers=PLAIN) as ws:
            await ws.send_text("x" * 1000)
            await ws.receive_text()
            await ws.close()


async def idle_kib(target: Server) -> float:
    """Return what one idle websocket costs, in KiB of the process."""
    await warmed(target)
    before = target.rss_kib()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(IDLE_SOCKETS):
            ws = await stack.enter_async_context(connect(target.url + "/ws", headers=PLAIN))
            await ws.send_text("hello")
            await ws.receive_text()
        return (target.rss_kib() - before) / IDLE_SOCKETS


async def measure(sockets: int, seconds: float, kinds: Sequence[Attack]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for which, prefix in (("ours", ""), ("stock", "stock_")):
        async with started(which) as target:
            kib = await idle_kib(target)
        async with started(which) as target:
            began = time.perf_counter()
            growth, lag_ms = await besieged(target, sockets, seconds, kinds)
        print(
            f"{which:>6}: {growth:6.1f} MiB more, loop held {lag_ms:6.1f} ms,"
            f" {kib:5.1f} KiB per idle websocket ({time.perf_counter() - began:.0f} s)"
        )
        figures |= {f"{prefix}rss_growth_mib": round(growth, 1), f"{prefix}max_lag_ms": round(lag_ms, 1)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--only", choices=[kind.__name__ for kind in ATTACKS], help="one kind of peer alone")
    parser.add_argument("--serve", choices=["ours", "stock"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        work = serve_ours() if arguments.serve == "ours" else serve_stock()
        sys.exit(server.run(work))
    kinds = [kind for kind in ATTACKS if arguments.only in (None, kind.__name__)]
    print(f"{arguments.sockets} hostile sockets for {arguments.seconds:g} s, {os.cpu_count()} cores")
    print(json.dumps(asyncio.run(measure(arguments.sockets, arguments.seconds, kinds))))


if __name__ == "__main__":
    main()
