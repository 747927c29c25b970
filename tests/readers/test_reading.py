"""What holds for documents of every kind."""

import pytest

from chatbot.errors import UnreadableDocument
from chatbot.model import Block, Source
from chatbot.readers import MOST_BYTES, content_hash, read

from .documents import blocks, document

PAGE = "<!DOCTYPE html><html><body><h1>Title</h1><p>Text</p></body></html>"
MARKDOWN = "# Title\n\nText with a [link](https://example.org/) and\n\n```\ncode\n```\n"
HEADING = Block("heading", "Title", 1)


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.txt", "README", "a.log"])
def test_a_page_is_read_as_html_whatever_its_name(name: str) -> None:
    assert [block.text for block in blocks(name, PAGE)] == ["Title", "Text"]


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt", "README"])
def test_markdown_is_read_as_such_whatever_its_name(name: str) -> None:
    assert [block.kind for block in blocks(name, MARKDOWN)] == ["heading", "text", "code"]


def test_a_page_may_begin_with_comments_and_a_declaration_of_xml() -> None:
    start = "\n<?xml version='1.0'?>\n<!-- made by hand -->\n"
    assert blocks("a.md", start + PAGE)[0].text == "Title"


def test_html_without_a_doctype_is_html() -> None:
    assert [block.text for block in blocks("a.htm", "Some words.<p>More words.")] == [
        "Some words.",
        "More words.",
    ]


def test_text_with_a_hash_in_it_stays_text() -> None:
    assert blocks("a.txt", "# a comment of a script\nset x=1") == (
        Block("text", "# a comment of a script\nset x=1"),
    )


def test_markdown_that_begins_with_html_stays_markdown() -> None:
    content = '<p align="center"><img alt="Logo" src="x.png"></p>\n\n# Title\n\nText'
    assert [block.text for block in blocks("README.md", content)] == ["Logo", "Title", "Text"]


def test_a_document_without_a_title_is_called_like_its_file() -> None:
    assert document("opening hours.txt", "We are open.").title == "opening hours"


@pytest.mark.parametrize(
    "content", ["", " \n\n", "\ufeff", "<!doctype html><html></html>", "<!-- nothing -->"]
)
def test_a_document_without_text_is_unreadable(content: str) -> None:
    with pytest.raises(UnreadableDocument, match="no text"):
        document("a.md", content)


def test_a_document_that_is_too_large_is_unreadable() -> None:
    with pytest.raises(UnreadableDocument, match="larger than 10 MB"):
        document("a.txt", b"a" * (MOST_BYTES + 1))


def test_a_title_as_long_as_a_page_is_cut() -> None:
    assert len(document("a.html", f"<html><title>{'word ' * 1000}</title><p>Text</html>").title) == 300


def test_the_hash_covers_all_that_decides_what_is_read() -> None:
    source = Source("docs/a.md", "a.md", "https://example.org/a")
    hashes = {
        content_hash(source, b"text"),
        content_hash(source, b"other text"),
        content_hash(Source("docs/a.md", "a.md", None), b"text"),
        content_hash(Source("docs/b.md", "a.md", source.url), b"text"),
        content_hash(Source("docs/a.md", "a.txt", source.url), b"text"),
    }
    assert len(hashes) == 5
    assert content_hash(source, b"text") == read(source, b"text").content_hash


def test_the_same_bytes_give_the_same_document() -> None:
    assert document("a.md", MARKDOWN) == document("a.md", MARKDOWN)
