"""
Take pictures of every state of the page, for a person to look at.

    .venv/bin/python -m tests.browser.shots [FOLDER] [STATE ...]
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from .conftest import launched
from .scripted import Script, Shelf, as_source, scripted
from .shelf import BACKUPS, LIMITS, PASSAGES, SHARING, STORING

WIDTHS = {1440: 900, 800: 1000, 360: 740}
QUESTION = "What happens to my data when the power fails in the middle of a write?"
FIRST = (
    "Nothing that was acknowledged is lost. Every change goes to the **write-ahead log** first and is "
    "applied to the segments only afterwards; a write counts as acknowledged once `fsync` has returned [1]. "
    "After a restart the log is replayed from the last checkpoint [1].\n\n"
)
SECOND = (
    "Two things are worth knowing when you plan for it:\n\n"
    "- Only one process can hold a shard. A second one is refused with `StoreLocked`, so a half-dead "
    "process cannot overwrite what its successor has written [2].\n"
    "- A snapshot taken before an upgrade protects against what a log cannot: a disk that is gone. Snapshots "
    "are written every hour [3].\n\n"
)
THIRD = (
    "To see where the log stands, ask for the number of points; it is exact and counts what is replayed.\n\n"
)
CODE = (
    "```python\nasync with open_edge(settings.data_dir) as store:\n    # exact, counts what the log still holds as well\n"
    '    points = await store.count("documents")\n    print(f"{points:,} points, acknowledged and replayed, none lost", file=sys.stderr)\n```\n\n'
)
TABLE = (
    "| Setting | Default | Range | Meaning |\n| --- | ---: | ---: | --- |\n"
    "| `wal_capacity_mb` | 32 | 1–1024 | Size of one file of the log, in mebibytes |\n"
    "| `flush_interval_s` | 5 | 1–300 | Seconds between two checkpoints |\n"
    "| `graceful_timeout` | 20 | 0–60 | Seconds that running answers get when the process stops |\n\n"
)


async def ask(page: Page, script: Script, question: str = QUESTION) -> None:
    await page.get_by_role("textbox").fill(question)
    await page.keyboard.press("Enter")
    await script.asked()
    await script.say("start", conversation="c" * 20)


async def answer(script: Script, *, whole: bool = True) -> None:
    numbered = (STORING, SHARING, BACKUPS, LIMITS)
    await script.say("sources", sources=[as_source(n, each) for n, each in enumerate(numbered, start=1)])
    await script.say("status", stage="writing")
    at = await script.write(FIRST, numbers=(1, 2, 3))
    log = "A write is acknowledged after `fsync` has returned"
    await cite(script, 1, 150, at - 4, log)
    await cite(script, 1, 200, at - 2, "After a restart the log is replayed from the last checkpoint.")
    if not whole:
        await script.say("delta", text=SECOND[:240])
        return
    end = await script.write(SECOND, numbers=(1, 2, 3), at=at)
    await cite(script, 2, at + 60, at + 200, "A shard can be opened by *one process at a time*.")
    await cite(script, 3, at + 220, end - 2, "", supported=False)
    await script.finish()


async def cite(script: Script, n: int, start: int, end: int, quote: str, *, supported: bool = True) -> None:
    await script.say("citation", n=n, supported=supported, quote=quote, **{"from": start, "to": end})


async def empty(page: Page, script: Script) -> None:
    await page.get_by_role("textbox").wait_for()


async def searching(page: Page, script: Script) -> None:
    await ask(page, script)


async def streaming(page: Page, script: Script) -> None:
    await ask(page, script)
    await answer(script, whole=False)
    await page.get_by_text("half-dead").wait_for()


async def finished(page: Page, script: Script) -> None:
    await ask(page, script)
    await answer(script)
    await page.get_by_text("Copy answer").last.wait_for()


async def passage(page: Page, script: Script) -> None:
    await finished(page, script)
    await page.locator("a.citation").first.click()
    await page.locator(".passage-text mark").first.wait_for()


async def doubtful(page: Page, script: Script) -> None:
    await finished(page, script)
    await page.locator("a.citation").last.click()
    await page.get_by_text("Open in the document").wait_for()


async def failed(page: Page, script: Script) -> None:
    await ask(page, script)
    await answer(script, whole=False)
    message = "The model's server takes no more questions at the moment."
    await script.say("error", code="model_rate_limited", message=message, retryable=True, retry_after_s=12)
    await page.get_by_text("Ask again in").wait_for()


async def offline(page: Page, script: Script) -> None:
    await ask(page, script)
    await answer(script, whole=False)
    await page.get_by_text("half-dead").wait_for()
    await page.context.set_offline(True)
    await script.close(1012)
    await page.locator(".connection").wait_for()


async def code(page: Page, script: Script) -> None:
    await ask(page, script, "How do I count what is stored, and which settings matter?")
    at = await script.write(THIRD)
    at = await script.write(CODE, at=at)
    await script.write(TABLE, at=at)
    await script.finish()
    await page.get_by_text("Copy answer").last.wait_for()


async def several(page: Page, script: Script) -> None:
    await finished(page, script)
    await code(page, script)


async def document(page: Page, script: Script) -> None:
    await page.goto(f"{script.address}/documents/guide/storage.md#one-process-at-a-time")


async def documents(page: Page, script: Script) -> None:
    await page.goto(f"{script.address}/documents")


STATES: tuple[Callable[[Page, Script], Awaitable[None]], ...] = (
    *(
        empty,
        searching,
        streaming,
        finished,
        passage,
        doubtful,
        failed,
        offline,
        code,
        several,
        document,
        documents,
    ),
)


async def shoot(browser: Browser, state: Callable[[Page, Script], Awaitable[None]], folder: Path) -> None:
    for width, height in WIDTHS.items():
        for scheme in ("light", "dark"):
            script = Script(shelf=Shelf(PASSAGES), mode=None if state is empty else "gpt-4o-mini")
            async with scripted(script):
                context = await browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    reduced_motion="reduce",
                )
                page = await context.new_page()
                page.on("pageerror", lambda error: print("error:", error))
                await page.goto(script.address)
                await script.connection()
                await state(page, script)
                await page.evaluate(
                    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
                )
                await page.screenshot(path=folder / f"{state.__name__}-{width}-{scheme}.png")
                await context.close()


async def main(folder: Path, wanted: set[str]) -> None:
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        for state in STATES:
            if not wanted or state.__name__ in wanted:
                await shoot(browser, state, folder)
        await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/shots")
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, set(sys.argv[2:])))
