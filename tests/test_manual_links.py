"""Every link of the manual leads somewhere, and what people ask is found in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chatbot import library
from chatbot.answering.timings import Timings
from chatbot.model import Source
from chatbot.readers import read
from chatbot.services import Services, open_index, open_services
from chatbot.settings import Settings
from chatbot.web.markup import Markup

from .manual import DOCS, PAGES, README, ROOT

WITH_LINKS = [*PAGES, README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]

QUESTIONS = {
    "Can it read PDF files?": "documents.md",
    "How do I delete a document from the index?": "documents.md",
    "How do I use my own files?": "start.md",
    "Does it need an API key?": "models.md",
    "How do I use a local model with Ollama?": "models.md",
    "How long does it wait for a slow model?": "models.md",
    "Why does a number have a question mark?": "page.md",
    "How do I stop an answer with the keyboard?": "page.md",
    "Are my questions stored anywhere?": "privacy.md",
    "What is sent to OpenAI?": "privacy.md",
    "How can I change the port?": "settings.md",
    "How do I run it behind nginx?": "deployment.md",
    "What happens on SIGTERM?": "deployment.md",
    "Can two processes share an index?": "deployment.md",
    "What does close code 1012 mean?": "protocol.md",
    "Which command checks my configuration?": "commands.md",
    "The port is in use, what now?": "troubleshooting.md",
    "How does it know that a citation is right?": "answers.md",
}
"""In words that are not those of a heading, and the page that has the answer."""


def links(file: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor that each link or picture within the project leads to."""
    parser = MarkdownIt("commonmark").enable("table")
    for node in SyntaxTreeNode(parser.parse(file.read_text("utf-8"))).walk():
        attributes = {} if node.is_root else node.attrs
        target = str(attributes.get("href") or attributes.get("src") or "")
        parts = urlsplit(target)
        if target and not parts.scheme:
            yield (file.parent / parts.path).resolve() if parts.path else file, parts.fragment


@cache
def anchors(file: Path) -> set[str]:
    document = read(Source(file.name, file.name), file.read_bytes())
    return {block.anchor for block in document.blocks if block.anchor}


@pytest.mark.parametrize("file", WITH_LINKS, ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links(file)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]

    assert broken == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_links_of_the_manual_stay_in_it_since_a_wheel_carries_nothing_else(file: Path) -> None:
    assert [target for target, _ in links(file) if not target.is_relative_to(DOCS)] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [README]
    while waiting:
        file = waiting.pop()
        if file not in reached and file.suffix == ".md":
            reached.add(file)
            waiting += [target for target, _ in links(file)]

    assert reached >= set(PAGES)


@pytest.mark.parametrize(("question", "name"), QUESTIONS.items())
async def test_what_people_ask_is_found_in_the_manual(services: Services, question: str, name: str) -> None:
    found = await services.retriever.search(question, timings=Timings(services.clock))

    assert found.relevant
    assert name in [Path(hit.passage.document).name for hit in found.hits[:3]]


@pytest.mark.parametrize("question", ["Who invented the telephone?", "Quokkas and wombats"])
async def test_what_the_manual_does_not_say_is_not_answered_from_it(
    services: Services, question: str
) -> None:
    found = await services.retriever.search(question, timings=Timings(services.clock))

    assert not found.relevant


@pytest.fixture
async def services(indexed: Path) -> AsyncIterator[Services]:
    async with (
        open_index(Settings(data_dir=indexed)) as index,
        open_services(index, library.MANUAL, Markup()) as services,
    ):
        yield services


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the manual."""
    folder = tmp_path_factory.mktemp("data")

    async def write() -> None:
        async with open_index(Settings(data_dir=folder)) as index:
            await library.index_paths(index, [DOCS], library.MANUAL, lambda _: None)

    asyncio.run(write())
    return folder
