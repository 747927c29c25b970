"""An index of many passages, built once and kept in the system's folder for temporary files."""

import asyncio
import hashlib
import random
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bench.corpus import Corpus, question
from chatbot.indexing.chunking import CHUNKER
from chatbot.llm.bm25 import Bm25Encoder
from chatbot.model import Fingerprint, Passage, Point
from chatbot.stores import payloads
from chatbot.stores.edge import open_edge

PASSAGES = 50_000
PASSAGES_PER_DOCUMENT = 50
DIMENSIONS = 384
EMBEDDING_MODEL = "bench-embedding"
COLLECTION = "documents"

Asked = dict[str, list[float]]
"""Questions, each with its vector: near that of the passage that answers it."""


def shelf() -> tuple[Path, Asked]:
    """Return the folder of an index, for DATA_DIR, and questions that it answers; build it if it is not there."""
    folder = Path(tempfile.gettempdir()) / f"chatbot-bench-{_key()}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"building an index of {PASSAGES:,} passages in {folder}, once ...", file=sys.stderr)
        asyncio.run(_build(unfinished))
        unfinished.rename(folder)
    return folder, _asked()


def _key() -> str:
    """Return what decides whether an index that was built earlier is still the same."""
    parts = [
        CHUNKER,
        version("qdrant-edge-py"),
        Path(payloads.__file__).read_text(),
        Path(__file__).read_text(),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _documents() -> Iterator[list[tuple[Passage, list[float]]]]:
    corpus = Corpus()
    for number in range(PASSAGES // PASSAGES_PER_DOCUMENT):
        document, title = f"{number:04}.md", corpus.title()
        subject = corpus.vector(DIMENSIONS)
        yield [
            (_passage(corpus, document, title, position), corpus.vector(DIMENSIONS, near=subject))
            for position in range(PASSAGES_PER_DOCUMENT)
        ]


def _passage(corpus: Corpus, document: str, title: str, position: int) -> Passage:
    section = corpus.section(paragraphs=1)
    return Passage(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document}#{position}")),
        text=section.paragraphs[0],
        title=title,
        headings=(section.heading,),
        url=None,
        anchor=section.heading.lower().replace(" ", "-"),
        document=document,
        position=position,
        content_hash=f"{len(document):064}",
    )


async def _build(folder: Path) -> None:
    encoder = Bm25Encoder()
    async with open_edge(folder) as store:
        await store.create_collection(COLLECTION, Fingerprint(EMBEDDING_MODEL, DIMENSIONS, CHUNKER))
        for passages in _documents():
            points = [
                Point(passage, encoder.encode_passage(passage.searched_text), vector)
                for passage, vector in passages
            ]
            await store.replace(COLLECTION, passages[0][0].document, points)
        await store.optimize(COLLECTION)


def _asked(count: int = 500) -> Asked:
    """Return questions about the first passages, with noise in their vectors."""
    noise, found = random.Random(2), Asked()
    for passages in _documents():
        for passage, vector in passages:
            found[question(passage.headings[0])] = [value + noise.gauss(0, 20) for value in vector]
        if len(found) >= count:
            return found
    return found
