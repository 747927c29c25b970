"""One Chromium for all browser tests, a fresh context for each, and no silent faults."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    async_playwright,
    expect,
)

from .cable import Cable
from .scripted import Script, Shelf, scripted
from .shelf import PASSAGES

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
HERE = Path(__file__).parent
PATIENCE_MS = 20_000  # two shared cores are slow at times; what is there is seen at once all the same

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in the loop that the browser lives in."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Faults:
    """What went wrong in a page without being seen."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Let pass what a test brings about on purpose."""
        self.expected.append(part)

    def note(self, text: str) -> None:
        self.found.append(text)

    def unexpected(self) -> list[str]:
        return [text for text in self.found if not any(part in text for part in self.expected)]

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.note(f"page error: {error.error}"))
        context.on("request", lambda request: self._require_local(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.note(message.text)

    def _require_local(self, url: str) -> None:
        if urlsplit(url).hostname not in {"127.0.0.1", None}:
            self.note(f"request to another host: {url}")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        yield browser
        await browser.close()


async def launched(playwright: Playwright) -> Browser:
    """Start Chromium without a window."""
    found = executable(playwright)
    return await playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS), env=dict(os.environ))


def executable(playwright: Playwright) -> Path:
    """
    Return Debian's Chromium, or playwright's own where there is none.

    Raises:
        pytest.UsageError: There is neither.
    """
    for path in (CHROMIUM, Path(playwright.chromium.executable_path)):
        if path.exists():
            return path
    raise pytest.UsageError(
        "The browser tests need Chromium: apt-get install chromium, or python -m playwright install chromium"
    )


@pytest.fixture
def faults() -> Faults:
    return Faults()


@dataclass
class Windows:
    """Opens addresses, each in a context of its own."""

    browser: Browser
    faults: Faults
    contexts: list[BrowserContext] = field(default_factory=list)

    async def __call__(self, address: str, *, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = await self.browser.new_context(viewport={"width": width, "height": height}, **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        self.faults.watch(context)
        page = await context.new_page()
        await page.goto(address)
        return page

    async def close(self) -> None:
        """Close them all; to be called while their server still answers, as it is no fault of theirs."""
        while self.contexts:
            await self.contexts.pop().close()


Open = Windows


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, faults: Faults) -> AsyncIterator[Windows]:
    """Open pages; fails the test on any fault in them that it did not expect."""
    windows = Windows(browser, faults)
    yield windows
    await windows.close()
    assert faults.unexpected() == []


@dataclass
class Scene:
    """A page, the script of its server, and the cable between them."""

    script: Script
    cable: Cable
    faults: Faults
    open: Windows

    async def enter(self, **options: Any) -> Page:
        """Open the chat and wait for its connection."""
        page = await self.open(self.script.address, **options)
        await self.script.connection()
        return page

    def cut(self) -> None:
        """Cut the cable; the browser may complain of it."""
        self.faults.expect("WebSocket connection")
        self.faults.expect("net::ERR_")
        self.cable.cut()

    def mend(self) -> None:
        self.cable.mend()


@pytest_asyncio.fixture(loop_scope="session")
async def scene(open_page: Windows, faults: Faults) -> AsyncIterator[Scene]:
    """The chat over a script, with the documents of `shelf`."""
    script = Script(shelf=Shelf(PASSAGES))
    async with scripted(script) as cable:
        yield Scene(script, cable, faults, open_page)
        await open_page.close()
