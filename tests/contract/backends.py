"""
The stores that the contract runs on.

`edge`, and the double over `http` and `grpc`; a real server as `server-http` when QDRANT_TEST_URL is set,
and as `server-grpc` when QDRANT_TEST_GRPC_PORT is too. QDRANT_TEST_API_KEY is its key.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from chatbot.ports import VectorStore
from chatbot.stores.edge import open_edge
from chatbot.stores.qdrant import open_qdrant
from tests.servers.qdrant import QdrantServer

Opener = Callable[[], AbstractAsyncContextManager[VectorStore]]

TIMEOUT_S = 30

REAL_URL = os.environ.get("QDRANT_TEST_URL", "")
REAL_GRPC_PORT = int(os.environ.get("QDRANT_TEST_GRPC_PORT") or 0)
REAL_API_KEY = os.environ.get("QDRANT_TEST_API_KEY") or None

REAL = [*(["server-http"] if REAL_URL else []), *(["server-grpc"] if REAL_URL and REAL_GRPC_PORT else [])]
BACKENDS = ["edge", "http", "grpc", *REAL]


@asynccontextmanager
async def opened(backend: str, folder: Path) -> AsyncIterator[Opener]:
    """Give what opens a store of this kind; each store that it opens finds the same collections."""
    if backend == "edge":
        async with open_edge(folder) as store:
            yield lambda: the_one(store)
    elif backend in REAL:
        yield lambda: over(backend.removeprefix("server-"), REAL_URL, REAL_GRPC_PORT, REAL_API_KEY)
    else:
        async with QdrantServer() as server:
            yield lambda: over(backend, server.url, server.grpc_port)


@asynccontextmanager
async def both_transports() -> AsyncIterator[tuple[VectorStore, VectorStore]]:
    """Give two stores on one server, over HTTP and over gRPC: the real one if there is one."""
    async with AsyncExitStack() as stack:
        url, port, key = REAL_URL, REAL_GRPC_PORT, REAL_API_KEY
        if len(REAL) < 2:
            server = await stack.enter_async_context(QdrantServer())
            url, port, key = server.url, server.grpc_port, None
        http = await stack.enter_async_context(over("http", url, port, key))
        grpc = await stack.enter_async_context(over("grpc", url, port, key))
        yield http, grpc


@asynccontextmanager
async def over(
    transport: str, url: str, grpc_port: int, api_key: str | None = None, timeout_s: float = TIMEOUT_S
) -> AsyncIterator[VectorStore]:
    prefer_grpc = transport == "grpc"
    async with open_qdrant(url, api_key, prefer_grpc, timeout_s, grpc_port=grpc_port) as store:
        yield store


@asynccontextmanager
async def the_one(store: VectorStore) -> AsyncIterator[VectorStore]:
    """Edge is open once in a process: everyone shares it."""
    yield store
