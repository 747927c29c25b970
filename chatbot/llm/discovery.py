"""Which model servers run on this machine, for a person who has configured none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

WITHIN_S = 0.3
MOST_BYTES = 1024 * 1024
KNOWN = (("Ollama", 11434), ("LM Studio", 1234), ("llama.cpp", 8080))
"""Names and usual ports, from the documentation of each."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """
    A server that answers on its usual port.

    Attributes:
        base_url: What OPENAI_BASE_URL has to be.
        models: The names that it lists, in its order; chat and embedding models alike.
    """

    name: str
    base_url: str
    models: tuple[str, ...]


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


async def local_servers(
    known: Sequence[tuple[str, int]] = KNOWN, *, within_s: float = WITHIN_S
) -> list[LocalServer]:
    """Return the servers that answer in time, in the order of ``known``; asks all of them at once."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_probe(name, port, within_s)) for name, port in known]
    return [server for task in tasks if (server := task.result())]


async def suggestion(known: Sequence[tuple[str, int]] = KNOWN) -> str:
    """Return which setting would have answers written, by a server that is running here if there is one."""
    found = await local_servers(known)
    if not found:
        return "Set OPENAI_API_KEY or OPENAI_BASE_URL to have them written."
    return "; ".join(
        f"{each.name} is running here: OPENAI_BASE_URL={each.base_url} "
        f"CHAT_MODEL={each.models[0] if each.models else 'NAME'} has them written"
        for each in found
    )


async def _probe(name: str, port: int, within_s: float) -> LocalServer | None:
    try:
        async with asyncio.timeout(within_s):
            listed = await _models(port)
    except (OSError, ValueError, msgspec.DecodeError):  # nothing there, too late, or something else
        return None
    return LocalServer(name, f"http://127.0.0.1:{port}/v1", tuple(model.id for model in listed.data))


async def _models(port: int) -> _Models:
    # HTTP/1.0 and no library: a body in chunks cannot come back, and importing a client takes longer than the answer
    request = f"GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.encode())
        answer = await _until_end(reader)
    finally:
        writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ")[1:2] != [b"200"]:
        raise ValueError("not a list of models")
    return msgspec.json.decode(body, type=_Models)


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while piece := await reader.read(64 * 1024):
        answer += piece
        if len(answer) > MOST_BYTES:
            raise ValueError("too long for a list of models")
    return bytes(answer)
