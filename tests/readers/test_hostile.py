"""A megabyte made to keep a parser busy costs no more than other megabytes; pytest's timeout is the judge."""

import pytest

from chatbot.errors import UnreadableDocument
from chatbot.indexing.chunking import chunk

from .documents import document

MEGABYTE = 1_000_000

PAGES = {
    "angles": "<",
    "open divs": "<div>",
    "open formats": "<a><b>",
    "lists in terms": "<li><dt>",
    "drawings": "<svg><td>",
    "comments": "<!--",
    "attributes": "<a x=",
    "quotes": '<a x="',
    "entities": "&amp",
    "tables": "<table><tr><td>",
    "closed": "<div>" * 400 + "x" + "</div>" * 400,
    "hidden from the counting": "<div '><p \">",
    "closing what is not open": "</i><div>",
    "text areas": "<textarea></div></textarea><div>",
}
MARKDOWN = {
    "brackets": "[",
    "links": "[a](",
    "stars": "*a ",
    "ticks": "` a``b ",
    "quotes": "> ",
    "quotes without blanks": ">",
    "angles": "<",
    "comments": "<!--",
    "open divs": "<div>",
    "bars": "|",
    "hashes": "#",
    "dashes": "- ",
    "blanks": "a" + " " * 1000,
    "components": "<A {",
}


def is_read_or_refused(name: str, content: str) -> bool:
    try:
        passages = chunk(document(name, content))
    except UnreadableDocument as error:
        return "nested" in str(error) or "no text" in str(error)
    return len(passages) > 0


@pytest.mark.parametrize("kind", PAGES)
def test_a_hostile_page_is_read_or_refused_in_the_end(kind: str) -> None:
    unit = PAGES[kind]
    assert is_read_or_refused("a.html", "<!doctype html><p>Text" + unit * (MEGABYTE // len(unit)))


@pytest.mark.parametrize("kind", MARKDOWN)
def test_hostile_markdown_is_read_or_refused_in_the_end(kind: str) -> None:
    unit = MARKDOWN[kind]
    assert is_read_or_refused("a.md", "Text\n\n" + unit * (MEGABYTE // len(unit)))


@pytest.mark.parametrize(
    "unit", ["x", "标", "ก\u0e49\u0e49\u0e49", "\U0001f469\u200d", "a ", ". ", "\n- ", "\na"]
)
def test_hostile_text_is_read_or_refused_in_the_end(unit: str) -> None:
    assert is_read_or_refused("a.txt", "Text " + unit * (MEGABYTE // len(unit.encode())))


def test_200_000_nested_elements_are_refused() -> None:
    with pytest.raises(UnreadableDocument, match="nested more than 500 deep"):
        document("a.html", "<!doctype html>" + "<div>" * 200_000 + "text")


def test_hundreds_of_unclosed_paragraphs_items_and_anchors_are_no_nesting() -> None:
    page = "<!doctype html>" + "<p>text<ul><li>one<li>two</ul><a name=x>" * 2000
    assert len(document("a.html", page).blocks) == 4000


def test_front_matter_that_writes_out_to_gigabytes_is_not_written_out() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))]
    content = "---\n" + "\n".join([*lines, "title: *a19", "tags: *a19"]) + "\n---\n# Heading\n\nText"
    assert document("a.md", content).title == "Heading"
