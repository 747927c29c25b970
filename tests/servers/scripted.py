"""Servers that say what they are told to, over HTTP and gRPC, for the failures that a real one rarely has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

LONG_S = 10.0


@dataclass
class Refusal:
    """A failure as each interface of the server tells it."""

    status: int
    code: grpc.StatusCode
    text: str = "?"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Answer:
    """What HTTP gives back: a status and a body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


class HttpServer:
    """Gives the answers in their order, the last one again and again; None closes without an answer."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.connections = 0
        self._open: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open[writer] = asyncio.current_task()
        try:
            while await self._turn(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            del self._open[writer]
            writer.close()

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Request(line, headers, body))
        await self.answering.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            return False
        head = {"Content-Length": str(len(answer.body)), **answer.headers}
        shown = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"HTTP/1.1 {answer.status} Status\r\n{shown}\r\n".encode() + answer.body)
        await writer.drain()
        return True

    async def close(self) -> None:
        self.answering.set()
        handlers = [task for task in self._open.values() if task]
        for writer in list(self._open):
            writer.close()
        if handlers:
            await asyncio.wait(handlers, timeout=LONG_S)


@asynccontextmanager
async def http_server(*answers: Answer | None, port: int = 0) -> AsyncIterator[tuple[HttpServer, int]]:
    server = HttpServer(*answers)
    async with await asyncio.start_server(server.serve, "127.0.0.1", port) as listening:
        try:
            yield server, listening.sockets[0].getsockname()[1]
        finally:
            await server.close()


class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    """Refuses every call."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self.answering = asyncio.Event()
        self.answering.set()

    def service(self, details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._refuse)

    async def _refuse(self, request: bytes, context: Any) -> None:
        await self.answering.wait()
        trailing = tuple((name.lower(), value) for name, value in self.refusal.headers.items())
        await context.abort(self.refusal.code, self.refusal.text, trailing)


@asynccontextmanager
async def grpc_server(handler: Refusing, port: int = 0) -> AsyncIterator[int]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield bound
    finally:
        handler.answering.set()
        await server.stop(None)
