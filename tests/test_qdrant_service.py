"""The service on a Qdrant server that is down, comes back, or holds what it should not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chatbot import library, startup
from chatbot.app import create_app
from chatbot.doctor import examine_index
from chatbot.errors import FingerprintMismatch, StoreUnavailable
from chatbot.indexing.sync import Progress
from chatbot.model import Fingerprint
from chatbot.services import Index, open_index, open_services
from chatbot.serving import serving
from chatbot.settings import Settings
from chatbot.web.drain import Drain
from chatbot.web.markup import Markup
from tests.servers.qdrant import QdrantServer

DEADLINE_S = 20.0


@pytest.fixture
async def server() -> AsyncIterator[QdrantServer]:
    async with asyncio.timeout(DEADLINE_S), QdrantServer() as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["http", "grpc"])
def settings(request: pytest.FixtureRequest, server: QdrantServer, tmp_path: Path) -> Settings:
    return Settings(
        qdrant_url=server.url,
        qdrant_grpc_port=server.grpc_port,
        qdrant_prefer_grpc=request.param,
        data_dir=tmp_path / "data",
    )


def ignore(progress: Progress) -> None: ...


async def fill(settings: Settings, folder: Path) -> None:
    (folder / "guide.md").write_text("# Guide\n\nThe cellar holds forty barrels.\n")
    async with open_index(settings) as index:
        tally = await library.index_paths(index, [folder / "guide.md"], "documents", ignore)
    assert tally.written == 1


@asynccontextmanager
async def served(index: Index) -> AsyncIterator[aiohttp.ClientSession]:
    collection = await startup.searched(index, ignore)
    async with open_services(index, collection, Markup()) as services:
        drain = Drain()
        async with serving(create_app(services, drain), drain) as url, aiohttp.ClientSession(url) as http:
            yield http


async def get(http: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with http.get(path) as response:
        return response.status, await response.json()


async def test_documents_on_a_server_are_found(
    server: QdrantServer, settings: Settings, tmp_path: Path
) -> None:
    await fill(settings, tmp_path)
    async with open_index(settings) as index, served(index) as http:
        assert (await get(http, "/ready"))[1]["passages"] == {"documents": 1}
        _, found = await get(http, "/api/search?q=how+many+barrels")
    assert "forty barrels" in str(found)
    assert not settings.data_dir.exists()


async def test_a_server_that_is_down_at_the_start_is_served_without_and_found_when_it_is_back(
    server: QdrantServer, settings: Settings, tmp_path: Path
) -> None:
    await fill(settings, tmp_path)
    await server.stop()
    async with open_index(settings) as index, served(index) as http:
        status, ready = await get(http, "/ready")
        assert (status, "QDRANT_URL" in ready["reason"]) == (503, True)
        status, answer = await get(http, "/api/search?q=barrels")
        assert (status, answer["error"]["code"]) == (503, "store_unavailable")
        await server.start()
        while (await get(http, "/ready"))[0] != 200:
            pass
        assert (await get(http, "/api/search?q=barrels"))[0] == 200


async def test_indexing_without_the_server_is_an_error(
    server: QdrantServer, settings: Settings, tmp_path: Path
) -> None:
    await server.stop()
    with pytest.raises(StoreUnavailable):
        await fill(settings, tmp_path)


async def test_a_collection_that_was_built_with_something_else_is_refused_when_the_server_is_back(
    server: QdrantServer, settings: Settings
) -> None:
    async with open_index(settings) as index:
        await index.store.create_collection("documents", Fingerprint("model", 3, "chunker-0"))
    await server.stop()
    async with open_index(settings) as index, served(index) as http:
        await server.start()
        while "built with" not in (await get(http, "/ready"))[1]["reason"]:
            pass
        status, answer = await get(http, "/api/search?q=barrels")
        assert (status, answer["error"]["code"]) == (503, "fingerprint_mismatch")
    async with open_index(settings) as index:
        with pytest.raises(FingerprintMismatch):
            async with open_services(index, "documents", Markup()):
                pass


async def test_the_doctor_names_the_server_and_its_version(
    server: QdrantServer, settings: Settings, tmp_path: Path
) -> None:
    await fill(settings, tmp_path)
    _, found = await examine_index(settings)
    assert (found.name, found.status) == ("index", "ok")
    assert found.finding.startswith("Qdrant 1.19.0 on 127.0.0.1:")
    assert "documents (1 passages)" in found.finding


async def test_the_doctor_fails_for_a_server_that_is_not_there(
    server: QdrantServer, settings: Settings
) -> None:
    await server.stop()
    _, found = await examine_index(settings)
    assert found.status == "FAIL"
    assert "QDRANT_URL" in found.finding


async def test_without_an_address_the_index_is_in_a_folder(
    server: QdrantServer, settings: Settings, tmp_path: Path
) -> None:
    async with open_index(replace(settings, qdrant_url=None)) as index:
        assert index.server is None
        assert await index.store.collections() == []
