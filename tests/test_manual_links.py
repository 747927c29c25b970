"""Every link of the manual leads somewhere, and every question that it poses finds its own answer."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chatbot import library
from chatbot.answering.retrieval import Found, Retriever
from chatbot.answering.timings import Timings
from chatbot.model import Source
from chatbot.readers import read
from chatbot.services import open_index, open_services
from chatbot.settings import Settings
from chatbot.web.markup import Markup

from .manual import DOCS, PAGES, README, ROOT, headings, page

WITH_LINKS = [*PAGES, README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


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


async def test_every_question_of_the_manual_finds_its_own_section(tmp_path: Path) -> None:
    questions = [
        (file, heading)
        for file in PAGES
        for level in (2, 3)
        for heading in headings(page(file.name), level)
        if heading.endswith("?")
    ]
    lost = []
    async with open_index(Settings(data_dir=tmp_path)) as index:
        await library.index_paths(index, [DOCS], library.MANUAL, lambda _: None)
        async with open_services(index, library.MANUAL, Markup()) as services:
            for file, heading in questions:
                found = await asked(services.retriever, heading)
                if not (found.relevant and (file.name, heading) in places(found)):
                    lost.append(f"{file.name}: {heading}")

    assert len(questions) > 50
    assert lost == []


async def asked(retriever: Retriever, question: str) -> Found:
    return await retriever.search(question, timings=Timings(lambda: 0.0))


def places(found: Found) -> set[tuple[str, str]]:
    passages = [hit.passage for hit in found.hits]
    return {(Path(each.document).name, each.headings[-1]) for each in passages if each.headings}
