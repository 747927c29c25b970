"""The whole product as people meet it: a server process, a model's double, a real browser."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.processes import CHECKOUT, Server, environment, free_port, serving
from tests.servers.openai import Answer, OpenAIServer, frames, scripts

from .cable import laid
from .conftest import Faults, Open

GUIDE = """# Tidewater guide

## Moorings

A mooring is rented for one season. It costs 240 crowns and is paid in March.

## Fuel

Diesel is sold at the north pier from six to nine. Cards are not taken there.
"""


@dataclass
class Harbour:
    """A served folder, the model behind it, and how to open its page."""

    model: OpenAIServer
    folder: Path
    port: int
    open: Open
    stack: AsyncExitStack
    server: Server | None = None

    async def serve(self, *, with_model: bool = True) -> Server:
        """Start the server, again if need be, on the same port."""
        model = {"OPENAI_BASE_URL": self.model.url, "CHAT_MODEL": "double-1"} if with_model else {}
        env = environment(DATA_DIR=self.folder / "data", PYTHONPATH=CHECKOUT, PORT=self.port, **model)
        command = (sys.executable, "-m", "chatbot", "serve", "guide")
        process = serving(*command, folder=self.folder, env=env)
        self.server = await asyncio.to_thread(process.__enter__)
        self.stack.callback(process.__exit__, None, None, None)
        return self.server

    async def page(self, port: int | None = None) -> Page:
        return await self.open(f"http://127.0.0.1:{port or self.port}/")


@pytest_asyncio.fixture(loop_scope="session")
async def harbour(tmp_path: Path, open_page: Open) -> AsyncIterator[Harbour]:
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "tidewater.md").write_text(GUIDE)
    async with AsyncExitStack() as stack, OpenAIServer(tokens_per_second=100) as model:
        yield Harbour(model, tmp_path, free_port(), open_page, stack)


def endless(word: str) -> Answer:
    """Write a word and then nothing until the client leaves."""
    return scripts.events(frames.stream([word], finish=None)[:2], "stall")


async def ask(page: Page, question: str) -> None:
    await page.get_by_role("textbox").fill(question)
    await page.keyboard.press("Enter")


async def finished(page: Page, turns: int = 1) -> None:
    await expect(page.get_by_role("button", name="Copy answer")).to_have_count(turns)


async def test_a_visitor_asks_watches_opens_a_citation_and_follows_it_to_its_place(harbour: Harbour) -> None:
    await harbour.serve()
    page = await harbour.page()
    await expect(page.get_by_text("double-1")).to_be_visible()
    await ask(page, "What does a mooring cost?")
    answer = page.get_by_role("article").last
    await expect(answer).to_contain_text("A mooring")
    await finished(page)
    await expect(answer).to_contain_text("rented for one season")
    await answer.locator("a.citation").first.click()
    panel = page.get_by_role("dialog")
    await expect(panel).to_contain_text("It costs 240 crowns")
    await expect(panel).to_contain_text("Moorings")
    link = panel.get_by_role("link", name="Open in the document")
    assert re.search(r"/documents/guide/tidewater\.md.*#moorings$", await link.get_attribute("href") or "")
    await page.goto(str(await link.evaluate("link => link.href")))
    await expect(page.locator("#moorings")).to_be_in_viewport()
    await expect(page.locator("body")).to_contain_text("Diesel is sold at the north pier")


async def test_without_a_model_the_answer_is_quoted_and_says_so(harbour: Harbour) -> None:
    await harbour.serve(with_model=False)
    page = await harbour.page()
    await expect(page.get_by_text(re.compile("no model is configured", re.IGNORECASE)).first).to_be_visible()
    await ask(page, "Where is diesel sold?")
    await finished(page)
    quote = page.get_by_role("article").last.locator("blockquote").first
    await expect(quote).to_contain_text("Diesel is sold at the north pier from six to nine.")
    assert harbour.model.bodies("/v1/chat/completions") == []


async def test_a_question_that_the_documents_do_not_answer_is_not_answered(harbour: Harbour) -> None:
    await harbour.serve()
    page = await harbour.page()
    await ask(page, "Who won the football championship, and was diesel spilled?")
    await finished(page)
    await expect(page.get_by_role("article").last).to_contain_text(
        "Nothing in the documents answers this question"
    )
    await expect(page.get_by_role("article").last).to_contain_text("Fuel")
    assert harbour.model.bodies("/v1/chat/completions") == []


async def test_a_follow_up_is_understood_from_the_conversation(harbour: Harbour) -> None:
    await harbour.serve()
    page = await harbour.page()
    await ask(page, "What does a mooring cost?")
    await finished(page)
    await ask(page, "And when is it paid?")
    await finished(page, turns=2)
    sent = [body for body in harbour.model.bodies("/v1/chat/completions") if body.get("stream")]
    contents = [message["content"] for message in sent[-1]["messages"]]
    assert contents[1] == "What does a mooring cost?"
    assert "paid in March" in contents[-1]


async def test_stop_ends_the_model_call_and_keeps_the_words(harbour: Harbour) -> None:
    await harbour.serve()
    harbour.model.chat.append(endless("A mooring is "))
    page = await harbour.page()
    await ask(page, "What does a mooring cost?")
    await expect(page.get_by_role("article").last).to_contain_text("A mooring is")
    await page.get_by_role("button", name="Stop").click()
    async with asyncio.timeout(1):
        await harbour.model.log.client_gone.wait()
    await finished(page)
    await expect(page.locator("answer-text")).to_have_text("A mooring is")


async def test_a_connection_that_is_cut_in_mid_answer_goes_on_where_it_was(
    harbour: Harbour, faults: Faults
) -> None:
    faults.expect("WebSocket")
    await harbour.serve()
    gates = [asyncio.Event() for _ in range(8)]
    words = ["A mooring ", "is rented ", "for one ", "season [1]", "."]
    parts = frames.stream(words)
    harbour.model.chat.append(scripts.gated(parts, gates[: len(parts) - 1]))
    async with laid(harbour.port) as cable:
        page = await harbour.open(cable.address)
        await ask(page, "How long is a mooring rented?")
        for gate in gates[:3]:
            gate.set()
        answer = page.get_by_role("article").last
        await expect(answer).to_contain_text("A mooring is")
        cable.cut()
        for gate in gates:
            gate.set()
        cable.mend()
        await finished(page)
        await expect(page.locator("answer-text")).to_have_text("A mooring is rented for one season1.")


async def test_a_deploy_lets_the_answer_finish_and_the_page_comes_back_by_itself(
    harbour: Harbour, faults: Faults
) -> None:
    faults.expect("WebSocket")
    server = await harbour.serve()
    gates = [asyncio.Event() for _ in range(8)]
    parts = frames.stream(["A mooring ", "is rented ", "for one season [1]", "."])
    harbour.model.chat.append(scripts.gated(parts, gates[: len(parts) - 1]))
    page = await harbour.page()
    await ask(page, "How long is a mooring rented?")
    gates[0].set()
    gates[1].set()
    await expect(page.get_by_role("article").last).to_contain_text("A mooring")
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    await expect_draining(server)
    for gate in gates:
        gate.set()
    await finished(page)
    assert await stopping == 0
    await harbour.serve()
    await ask(page, "Where is diesel sold?")
    await finished(page, turns=2)


async def expect_draining(server: Server) -> None:
    """Wait until the server has taken the signal: it no longer accepts connections."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", int(server.address.rsplit(":", 1)[1]))
            except ConnectionError:
                return
            writer.close()
            await asyncio.sleep(0.02)


async def test_leaving_the_page_stops_the_model_within_250_ms(harbour: Harbour) -> None:
    await harbour.serve()
    harbour.model.chat.append(endless("A mooring "))
    page = await harbour.page()
    await ask(page, "What does a mooring cost?")
    await expect(page.get_by_role("article").last).to_contain_text("A mooring")
    await page.close()
    async with asyncio.timeout(0.25):
        await harbour.model.log.client_gone.wait()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (scripts.status(401, "bad key"), "OPENAI_API_KEY"),
        (scripts.status(429, retry_after="60"), "busy"),
        (scripts.status(404, "no such model"), "double-1"),
        (scripts.events(frames.stream(["A mooring "])[:2], ending="close"), ""),
        (scripts.events([b"data: {oops\n\n"]), ""),
    ],
    ids=["key", "rate", "model", "cut", "garbage"],
)
async def test_a_failing_model_is_told_with_the_sources_still_there(
    harbour: Harbour, script: Answer, said: str
) -> None:
    await harbour.serve()
    harbour.model.chat.extend([script, script])
    page = await harbour.page()
    await ask(page, "What does a mooring cost?")
    error = page.locator(".failure-text")
    await expect(error).to_be_visible()
    if said:
        await expect(error).to_contain_text(said)
    await expect(page.locator("body")).to_contain_text("Tidewater guide")
