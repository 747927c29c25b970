"""Which model servers on this machine are found, and what importing the search for them costs."""

import asyncio
import subprocess
import sys

import pytest

from chatbot.llm.discovery import KNOWN, LocalServer, local_servers, suggestion
from tests.servers.openai import Answer, Exchange, OpenAIServer, frames, scripts


async def test_servers_that_answer_are_listed_with_their_models(server: OpenAIServer) -> None:
    async with OpenAIServer() as other:
        found = await local_servers([("Ollama", server.port), ("llama.cpp", other.port)], within_s=5)

    models = (frames.MODEL, frames.EMBEDDING_MODEL)
    assert found == [
        LocalServer("Ollama", server.url, models),
        LocalServer("llama.cpp", other.url, models),
    ]


async def test_a_port_where_nothing_listens_is_left_out(server: OpenAIServer, unused_tcp_port: int) -> None:
    found = await local_servers([("Ollama", unused_tcp_port), ("LM Studio", server.port)], within_s=5)

    assert [each.name for each in found] == ["LM Studio"]


async def test_the_setting_that_uses_a_server_is_named(server: OpenAIServer, unused_tcp_port: int) -> None:
    found = await suggestion([("Ollama", server.port)])
    assert found == (
        f"Ollama is running here: OPENAI_BASE_URL={server.url} CHAT_MODEL={frames.MODEL} has them written"
    )
    assert "Set OPENAI_API_KEY or OPENAI_BASE_URL" in await suggestion([("Ollama", unused_tcp_port)])


async def endless(exchange: Exchange) -> None:
    exchange.head()
    while not exchange.gone.is_set():
        exchange.write(b"x" * 65536)
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "answer",
    [
        scripts.status(404),
        scripts.whole(b"<html>a page of something else</html>", "text/html"),
        scripts.whole(b'{"data": "other"}'),
        scripts.whole(b"\xff"),
        scripts.raw(b"nonsense"),
        scripts.raw(b""),
        scripts.raw(b"", "reset"),
        endless,
    ],
)
async def test_what_is_no_model_server_is_left_out(server: OpenAIServer, answer: Answer) -> None:
    server.models.append(answer)

    assert await local_servers([("Ollama", server.port)], within_s=5) == []


async def test_a_silent_server_is_not_waited_for(server: OpenAIServer) -> None:
    server.models.append(scripts.silence)

    async with asyncio.timeout(5):
        assert await local_servers([("Ollama", server.port)], within_s=0.05) == []


async def test_servers_are_asked_side_by_side() -> None:
    asked = asyncio.Barrier(2)

    async def when_both_were_asked(exchange: Exchange) -> None:
        await asked.wait()
        exchange.whole(200, b'{"data": [{"id": "m"}]}')

    async with OpenAIServer() as one, OpenAIServer() as other:
        for each in (one, other):
            each.models.append(when_both_were_asked)
        found = await local_servers([("a", one.port), ("b", other.port)], within_s=5)

    assert [each.models for each in found] == [("m",), ("m",)]


def test_the_usual_ports_are_those_of_their_documentation() -> None:
    assert dict(KNOWN) == {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080}


def test_looking_for_servers_imports_no_client() -> None:
    program = (
        "import chatbot.llm.discovery, sys; print([m for m in ('openai', 'aiohttp') if m in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert found.stdout.strip() == "[]"
