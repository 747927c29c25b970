"""The client of a Qdrant server, as this project wants it."""

import math
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from qdrant_client import AsyncQdrantClient

MOST_CONNECTIONS = 100
KEPT_CONNECTIONS = 20
KEPT_S = 30.0

GRPC_OPTIONS = {
    # A server that comes back is found within seconds; gRPC's own pauses grow to two minutes.
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.min_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 2000,
    # A connection that died in silence is noticed while calls wait on it.
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 5000,
}


@asynccontextmanager
async def open_client(
    url: str, api_key: str | None, prefer_grpc: bool, timeout_s: float, grpc_port: int
) -> AsyncIterator[AsyncQdrantClient]:
    """Open a client that leaves deadlines to its callers, who have to give every call one of ``timeout_s``."""
    client = AsyncQdrantClient(
        url=url,
        grpc_port=grpc_port,
        prefer_grpc=prefer_grpc,
        timeout=math.ceil(timeout_s) + 1,  # comes after the caller's, so that both transports fail alike
        # as `api_key` it would warn on standard error about http://, where networks are often private
        headers={"api-key": api_key} if api_key else None,
        grpc_options=dict(GRPC_OPTIONS),
        check_compatibility=False,  # it is a thread with a blocking request; `doctor` tells the version
        # the client's own keep no connection to this machine alive
        limits=httpx.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_S,
        ),
        # reading the authorities takes 0.1 s; without TLS a context that trusts nobody does as well
        verify=True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    try:
        yield client
    finally:
        await client.close()
