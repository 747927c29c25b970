from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI

from chatbot.llm.openai import open_client
from tests.servers.openai import OpenAIServer

KEY = "sk-test-7f3a"


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def client(server: OpenAIServer) -> AsyncIterator[AsyncOpenAI]:
    async with open_client(api_key=KEY, base_url=server.url) as client:
        yield client
