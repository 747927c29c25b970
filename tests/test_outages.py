"""What is indexed is not lost, and stays in use, while something beside it is down or broken."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.servers.openai import OpenAIServer, scripts

from .processes import CHECKOUT, Server, chatbot, environment, free_port, serving

EMBEDDING = {"EMBEDDING_MODEL": "double-embedding", "EMBEDDING_DIMENSIONS": 64}


@pytest.fixture
async def model() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "zebra.md").write_text("# Zebras\n\nZebras have stripes.\n")
    return tmp_path / "docs"


async def command(*arguments: str, folder: Path, **settings: object) -> CompletedProcess[str]:
    return await asyncio.to_thread(chatbot, *arguments, folder=folder, **settings)


def dead() -> dict[str, object]:
    return EMBEDDING | {"EMBEDDING_BASE_URL": f"http://127.0.0.1:{free_port()}/v1"}


async def test_a_rebuild_without_its_embedder_leaves_the_index_as_it_was(
    model: OpenAIServer, docs: Path
) -> None:
    alive = EMBEDDING | {"EMBEDDING_BASE_URL": model.url}
    indexed = await command("index", "docs", folder=docs.parent, **alive)
    assert indexed.returncode == 0, indexed.stderr
    rebuilt = await command("index", "docs", "--rebuild", folder=docs.parent, **dead())
    assert (rebuilt.returncode, len(rebuilt.stderr.splitlines())) == (1, 1)
    found = await command("search", "stripes", folder=docs.parent, **alive)
    assert "Zebras have stripes." in found.stdout


async def test_a_server_starts_with_the_index_that_is_there_when_a_change_cannot_be_embedded(
    model: OpenAIServer, docs: Path
) -> None:
    alive = EMBEDDING | {"EMBEDDING_BASE_URL": model.url}
    assert (await command("index", "docs", folder=docs.parent, **alive)).returncode == 0
    (docs / "lion.md").write_text("# Lions\n\nLions have manes.\n")
    env = environment(DATA_DIR=docs.parent / "data", PYTHONPATH=CHECKOUT, PORT=0, **dead())

    def ask() -> tuple[list[str], str]:
        with serving(sys.executable, "-m", "chatbot", "serve", "docs", folder=docs.parent, env=env) as server:
            return server.said, text_of(server)

    said, text = await asyncio.to_thread(ask)
    assert any("without the latest changes" in line for line in said)
    assert "Zebras have stripes." in text


def text_of(server: Server) -> str:
    events = server.ask("What do zebras have?")
    return "".join(event["text"] for event in events if event["type"] == "delta")


async def test_a_wait_that_the_model_asks_for_is_told_on_the_terminal_with_the_sources(
    model: OpenAIServer, docs: Path
) -> None:
    model.chat.extend([scripts.status(429, retry_after="77")] * 2)
    assert (await command("index", "docs", folder=docs.parent)).returncode == 0
    asked = await command("ask", "What do zebras have?", folder=docs.parent, OPENAI_BASE_URL=model.url)
    assert asked.returncode == 1
    assert "Try again in 77 s." in asked.stderr
    assert "[1] Zebras" in asked.stdout


async def test_a_file_whose_name_is_no_text_is_indexed_like_any_other(docs: Path) -> None:
    (Path(str(docs)) / b"odd\xff.md".decode(errors="surrogateescape")).write_text(
        "# Odd\n\nOddities abound.\n"
    )
    indexed = await command("index", "docs", folder=docs.parent)
    assert indexed.returncode == 0, indexed.stderr
    assert "2 written" in indexed.stdout
    found = await command("search", "oddities", folder=docs.parent)
    assert "Oddities abound." in found.stdout


async def test_a_fault_of_ours_is_one_line_and_no_traceback(docs: Path) -> None:
    broken = docs.parent / "data" / "collections" / "documents"
    broken.mkdir(parents=True)
    (broken / "collection.json").write_text("{")
    done = await command("search", "stripes", folder=docs.parent)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
