"""
How long a server's event loop lets a websocket ping wait: a process of its own, so that no load delays it.

``python -m bench.lag URL`` pings until its standard input ends, then prints the milliseconds as JSON.
"""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.processes import CHECKOUT, module
from tests.servers.websocket_client import PING, frame, handshake

EVERY_S = 0.01
PATIENCE_S = 5.0


@dataclass(slots=True)
class Lag:
    """Attributes: ms: From each ping to its pong; filled when the probe has ended."""

    ms: list[float] = field(default_factory=list)


@contextmanager
def lag_of(url: str) -> Iterator[Lag]:
    """Probe a server while the block runs."""
    lag = Lag()
    with subprocess.Popen(
        module("bench.lag", url), cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as probe:
        try:
            yield lag
        finally:
            lag.ms += json.loads(probe.communicate(timeout=PATIENCE_S)[0] or "[]")


def main() -> None:
    place = urlsplit(sys.argv[1])
    found: list[float] = []
    with socket.create_connection((place.hostname, place.port), PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(handshake(place.netloc, "/ws", {}))
        while not connection.recv(4096).endswith(b"\r\n\r\n"):
            pass
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            found.append(ping_ms(connection))
    print(json.dumps(found))


def ping_ms(connection: socket.socket) -> float:
    begun = time.perf_counter()
    connection.sendall(frame(PING))
    # an unmasked frame without payload; nothing else is sent to a page that asks nothing
    assert len(connection.recv(4096)) == 2
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
