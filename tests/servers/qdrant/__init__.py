"""
A loopback double of a Qdrant 1.19 server: REST and gRPC on real sockets, with Qdrant Edge as its engine.

Both interfaces answer from the same collections, which outlive a restart::

    async with QdrantServer() as server:
        client = AsyncQdrantClient(server.url, grpc_port=server.grpc_port, prefer_grpc=True)
        ...
        server.fault = Silent()
        await server.restart()

Requests and replies over HTTP are checked against Qdrant's OpenAPI description where that file is there.
Not served: geo conditions, recommendations, aliases, snapshots, shards of a cluster.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Self

from .engine import Engine
from .faults import Failing, Fault, Gate, RateLimited, Reset, Silent, Slow
from .rest import Rest
from .rpc import Rpc

__all__ = ["Failing", "Fault", "QdrantServer", "RateLimited", "Reset", "Silent", "Slow"]


class QdrantServer:
    """
    Args:
        api_key: What requests have to carry.
        version: What it says it is.
    """

    def __init__(self, *, api_key: str | None = None, version: str = "1.19.0") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="qdrant-double-")
        path = Path(self._folder.name)
        self._gate = Gate(api_key)
        self._engine = Engine(path / "collections")
        self._rest = Rest(self._engine, self._gate, version)
        self._rpc = Rpc(self._engine, self._gate, version, path / "grpc")
        self._running = False

    @property
    def url(self) -> str:
        """The address to give as QDRANT_URL; stays the same after a restart."""
        return f"http://127.0.0.1:{self._rest.port}"

    @property
    def grpc_port(self) -> int:
        """Stays the same after a restart."""
        return self._rpc.port

    @property
    def fault(self) -> Fault | None:
        """What happens to requests from now on."""
        return self._gate.fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self.fail(fault)

    def fail(self, fault: Fault | None, *, after: int = 0) -> None:
        """Let this happen to requests, once some more have passed."""
        self._gate.reached.clear()
        self._gate.fault, self._gate.spared = fault, after

    @property
    def reached(self) -> asyncio.Event:
        """Set when a request has met the fault."""
        return self._gate.reached

    async def start(self) -> None:
        await self._engine.open()
        await self._rest.__aenter__()
        await self._rpc.open()
        self._running = True

    async def stop(self) -> None:
        """Drop all connections and refuse new ones; the collections stay."""
        if self._running:
            self._running = False
            try:
                await self._rpc.close()
                await self._rest.__aexit__()
            finally:
                await self._engine.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.stop()
        finally:
            self._folder.cleanup()
        if self._rpc.faults:
            raise self._rpc.faults[0]
