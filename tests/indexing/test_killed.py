"""SIGKILL at any moment loses no acknowledged document, and the next run finishes the work."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.stores.edge import open_edge

DOCUMENTS = 120
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


def write_documents(folder: Path, version: str) -> None:
    folder.mkdir(exist_ok=True)
    for n in range(DOCUMENTS):
        sections = [
            f"## Part {m}\n\nDocument {n} part {m}, {version}. " + f"word{n} " * 150 for m in range(4)
        ]
        (folder / f"{n:03}.md").write_text(f"# Document {n}\n\n" + "\n\n".join(sections))


def index(folder: Path, data: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chatbot", "index", str(folder), "--verbose"]
    environment = {**ENVIRONMENT, "DATA_DIR": str(data)}
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> set[str]:
    """Return the documents that were acknowledged before and at the kill."""
    assert process.stderr is not None
    assert process.stdout is not None
    seen = [line for _, line in zip(range(lines), process.stderr, strict=False)]
    process.send_signal(signal.SIGKILL)
    seen += process.stderr.readlines()
    process.wait(10)
    process.stderr.close()
    process.stdout.close()
    return {line.split()[1] for line in seen if line.split()[:1] == ["written"] and line.endswith("\n")}


async def documents(data: Path) -> dict[str, str]:
    async with open_edge(data) as store:
        return dict(await store.documents("documents"))


async def passages(data: Path, document: str) -> list[str]:
    async with open_edge(data) as store:
        return [each.text for each in await store.passages("documents", document)]


@pytest.mark.timeout(180)
def test_a_killed_index_keeps_what_it_acknowledged_and_the_next_finishes(tmp_path: Path) -> None:
    """Ten kills at random points, over a first index and an update; what was acknowledged is always there."""
    chance = random.Random(2)
    folder, data = tmp_path / "docs", tmp_path / "data"
    kept: set[str] = set()
    for attempt in range(10):
        if attempt % 5 == 0:
            write_documents(folder, f"version {attempt}")
            kept = set()
        kept |= kill_after(index(folder, data), lines=chance.randint(1, DOCUMENTS // 4))
        found = asyncio.run(documents(data))
        assert kept <= {document for document, content_hash in found.items() if content_hash}
    process = index(folder, data)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert f"{len(kept)} unchanged" in output or "unchanged" in output
    assert all(asyncio.run(documents(data)).values())
    assert len(asyncio.run(documents(data))) == DOCUMENTS
    for n in (0, DOCUMENTS // 2, DOCUMENTS - 1):
        texts = asyncio.run(passages(data, f"docs/{n:03}.md"))
        assert [text for text in texts if "version 0" in text] == []
        assert sum(text.count("version 5") for text in texts) == 4
