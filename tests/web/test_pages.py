"""The pages as a client without scripts gets them."""

import re
from dataclasses import replace

import pytest
from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser

from chatbot.model import Passage
from chatbot.web.resources import STATIC, TEMPLATES
from tests.browser.scripted import Script, Shelf, scripted_app
from tests.browser.shelf import BACKUPS, PASSAGES, SHARING, STORING


def client(*passages: Passage, mode: str | None = "gpt-test") -> Client:
    return scripted_app(Script(mode=mode, shelf=Shelf(passages))).test_client()


async def page(client: Client, path: str, *, status: int = 200) -> LexborHTMLParser:
    response = await client.get(path)
    assert response.status_code == status
    return LexborHTMLParser(await response.get_data(as_text=True))


def text(tree: LexborHTMLParser, selector: str) -> str:
    found = tree.css_first(selector)
    assert found is not None, selector
    return " ".join(found.text().split())


async def test_the_page_names_the_model_that_answers() -> None:
    assert text(await page(client(mode="gpt-x"), "/"), ".mode") == "Answers are written by gpt-x"


async def test_without_a_model_the_page_says_that_it_quotes() -> None:
    assert text(await page(client(mode=None), "/"), ".mode") == "Quoting: no model is configured"


async def test_without_scripts_the_page_leads_to_the_documents() -> None:
    tree = await page(client(), "/")
    assert "scripts are off" in text(tree, ".notice")
    assert tree.css_matches('.notice a[href="/documents"]')


async def test_a_name_from_outside_is_text_in_the_page() -> None:
    tree = await page(client(mode="<script>alert(1)</script>"), "/")
    assert "<script>alert(1)</script>" in text(tree, ".mode")


@pytest.mark.parametrize(
    "path", ["/", "/documents", "/documents/none.md", "/static/icon.svg", "/passages/documents/x"]
)
async def test_every_answer_forbids_what_the_page_does_not_need(path: str) -> None:
    headers = (await client(*PASSAGES).get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]


@pytest.mark.parametrize("path", ["/", "/documents", "/documents/guide/storage.md"])
async def test_no_page_holds_a_script_or_a_style_of_its_own(path: str) -> None:
    tree = await page(client(*PASSAGES), path)
    assert not tree.css_matches("style, [style], script:not([src])")
    assert not [node for node in tree.css("*") if any(name.startswith("on") for name in node.attributes)]


@pytest.mark.parametrize("path", ["/", "/documents"])
async def test_everything_a_page_names_is_there_and_comes_from_this_server(path: str) -> None:
    served = client(*PASSAGES)
    tree = await page(served, path)
    named = [node.attributes["href"] for node in tree.css("link")]
    named += [node.attributes["src"] for node in tree.css("script")]
    assert named
    for address in named:
        assert (await served.get(address or "")).status_code == 200, address


async def test_scripts_are_told_to_the_browser_before_they_are_needed() -> None:
    tree = await page(client(), "/")
    named = {node.attributes["href"] for node in tree.css('link[rel="modulepreload"]')}
    assert named == {f"/static/js/{file.name}" for file in (STATIC / "js").glob("*.js")}


async def test_static_files_are_asked_for_and_sent_only_when_changed() -> None:
    served = client()
    first = await served.get("/static/js/chat-page.js")
    assert "no-cache" in first.headers["Cache-Control"]
    again = await served.get("/static/js/chat-page.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


async def test_a_document_is_shown_whole_with_its_headings_and_anchors() -> None:
    tree = await page(client(STORING, SHARING, BACKUPS), "/documents/guide/storage.md")
    assert text(tree, "h1") == "Storage and durability"
    assert text(tree, "h2#the-write-ahead-log") == "The write-ahead log"
    assert text(tree, "h3#one-process-at-a-time") == "One process at a time"
    assert text(tree, "h3 ~ p").startswith("A shard can be opened")
    assert "consistent copy" not in text(tree, "main")
    assert tree.css_matches('a[href="/"]')


def after(first: Passage, second: str, overlap: int) -> tuple[Passage, Passage]:
    return first, replace(first, id="second", position=1, text=second, overlap_chars=overlap)


async def test_words_that_two_passages_share_are_shown_once() -> None:
    first = replace(STORING, text="One sentence. Two sentences.")
    passages = after(first, "Two sentences. Three sentences.", len("Two sentences."))
    tree = await page(client(*passages), "/documents/guide/storage.md")
    assert text(tree, "h2 ~ p") == "One sentence. Two sentences. Three sentences."


async def test_passages_that_share_nothing_are_blocks_of_their_own() -> None:
    passages = after(replace(STORING, text="One."), "- Two.", 0)
    tree = await page(client(*passages), "/documents/guide/storage.md")
    assert (text(tree, "h2 ~ p"), text(tree, "h2 ~ ul")) == ("One.", "Two.")


async def test_a_heading_that_returns_elsewhere_is_another_section() -> None:
    headings = ("Settings", "Example")
    first = replace(STORING, headings=headings, anchor="example")
    second = replace(STORING, headings=headings, anchor="example-1", position=1)
    third = replace(STORING, headings=("Other", "Example"), anchor="example-2", position=2)
    tree = await page(client(first, second, third), "/documents/guide/storage.md")
    assert [node.attributes.get("id") for node in tree.css("h3")] == ["example", "example-1", "example-2"]
    assert [node.text() for node in tree.css("h2")] == ["Settings", "Other"]


async def test_an_unchanged_document_is_not_sent_again() -> None:
    served = client(STORING)
    etag = (await served.get("/documents/guide/storage.md")).headers["ETag"]
    again = await served.get("/documents/guide/storage.md", headers={"If-None-Match": etag})
    assert again.status_code == 304


async def test_a_document_that_does_not_exist_is_a_page_with_a_way_on() -> None:
    tree = await page(client(), "/documents/none.md", status=404)
    assert "There is no such document." in text(tree, "main")
    assert tree.css_matches('main a[href="/documents"]')


async def test_hostile_titles_headings_and_anchors_are_text() -> None:
    hostile = '"><script>alert(1)</script>'
    passage = replace(STORING, title=hostile, headings=(hostile,), anchor=hostile, url="javascript:alert(1)")
    tree = await page(client(passage), "/documents/guide/storage.md")
    assert text(tree, "h1") == text(tree, "h2") == hostile
    assert not tree.css_matches("script, [href^=javascript]")


async def test_a_passage_is_a_piece_of_html() -> None:
    response = await client(BACKUPS).get(f"/passages/documents/{BACKUPS.id}")
    shown = await response.get_data(as_text=True)
    assert response.content_type == "text/html; charset=utf-8"
    assert shown.startswith("<p>A snapshot is")
    assert 'href="/documents/guide/storage.md#the-write-ahead-log"' in shown


async def test_a_passage_that_is_gone_is_not_found() -> None:
    assert (await client().get("/passages/documents/none")).status_code == 404


async def test_documents_are_listed_with_their_addresses() -> None:
    tree = await page(client(*PASSAGES), "/documents")
    found = [node.attributes["href"] for node in tree.css("main li a")]
    assert found == [
        f"/documents/{id}" for id in ("guide/operations.md", "guide/storage.md", "reference/limits.md")
    ]


def test_every_colour_is_a_token() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        if sheet.name not in {"tokens.css", "print.css"}:
            assert not re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl", sheet.read_text()), sheet.name


def test_templates_hold_no_markup_for_scripts_to_fill_but_macros() -> None:
    index = (TEMPLATES / "index.html").read_text()
    assert all("{{" in body for body in re.findall(r"<template[^>]*>(.*?)</template>", index, re.DOTALL))
