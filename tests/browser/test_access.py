"""For everyone: keyboard alone, names, contrast, small screens, both themes, paper."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from . import shots
from .conftest import Scene
from .test_answers import answer, ask

CHECKS = (Path(__file__).parent / "checks.js").read_text()
RESTED = """Promise.all(document.getAnimations()
    .filter(each => each.effect.getComputedTiming().iterations < 1000)
    .map(each => each.finished.catch(() => 0)))"""


async def check(page: Page, *checks: str) -> list[str]:
    """Return what is wrong, once everything that moves has come to rest."""
    calls = ", ".join(f"...{name}()" for name in checks)
    script = f"() => {{ {CHECKS}; return [{calls}]; }}"
    await page.evaluate(RESTED)
    found: list[str] = await page.evaluate(script)
    return found


def names(state: Callable[..., object]) -> str:
    return state.__name__


@pytest.mark.parametrize("state", shots.STATES, ids=names)
async def test_every_state_has_names_structure_and_contrast(
    scene: Scene, state: Callable[..., Awaitable[None]]
) -> None:
    scene.faults.expect("WebSocket connection")
    page = await scene.enter(reduced_motion="reduce")
    await state(page, scene.script)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await check(page, "namesMissing", "structureFaults", "smallTargets", "lowContrast") == []


@pytest.mark.parametrize("state", shots.STATES, ids=names)
async def test_at_360_pixels_nothing_is_wider_than_the_screen(
    scene: Scene, state: Callable[..., Awaitable[None]]
) -> None:
    scene.faults.expect("WebSocket connection")
    page = await scene.enter(width=360, height=640, reduced_motion="reduce")
    await state(page, scene.script)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await check(page, "wider", "smallTargets") == []


async def test_long_words_and_code_do_not_widen_a_small_screen(scene: Scene) -> None:
    page = await scene.enter(width=360, height=640)
    long = "x" * 400
    await ask(page, scene, long)
    at = await scene.script.write(f"{long}\n\n")
    at = await scene.script.write(f"```\n{long}\n```\n\n", at=at)
    await scene.script.write(f"| {long} | b |\n| - | - |\n| c | d |\n\n", at=at)
    await scene.script.say("error", code="x", message=long, retryable=True)
    await expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await check(page, "wider") == []


async def test_dark_is_dark_and_light_is_light(scene: Scene) -> None:
    page = await scene.enter(color_scheme="light")
    shade = f"() => {{ {CHECKS}; return luminance(background(document.body)); }}"
    assert await page.evaluate(shade) > 0.8
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(shade) < 0.05


async def test_the_keyboard_alone_reaches_and_shows_everything(scene: Scene) -> None:
    page = await scene.enter()
    await expect(page.get_by_label("Your question")).to_be_focused()
    await answer(page, scene)
    reached = []
    await page.locator(".skip").focus()
    for _ in range(40):
        await page.keyboard.press("Tab")
        await page.evaluate(RESTED)
        name = await page.evaluate(f"() => {{ {CHECKS}; return nameOf(document.activeElement); }}")
        if await page.evaluate("document.activeElement === document.body"):
            break  # the end of the page: the browser's own controls come next
        assert await page.evaluate(f"() => {{ {CHECKS}; return focusShown(); }}"), name
        reached.append(" ".join(name.split()))
    wanted = [
        *("Chatbot", "Documents", "New conversation"),
        *(
            "Source 1: Storage and durability",
            "1 Storage and durability The write-ahead log",
            "1 more place was found",
        ),
        *("Copy answer", "Your question"),
    ]
    found = [next((name for name in reached if name.startswith(part)), None) for part in wanted]
    assert None not in found, reached
    assert [reached.index(name) for name in found if name] == sorted(
        reached.index(name) for name in found if name
    )


async def test_the_skip_link_leads_to_the_question(scene: Scene) -> None:
    page = await scene.enter()
    await page.evaluate("document.activeElement.blur()")
    skip = page.get_by_role("link", name="Skip to the question")
    await skip.focus()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Your question")).to_be_focused()


async def test_a_slash_leads_to_the_question(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.get_by_role("button", name="Copy answer").focus()
    await page.keyboard.press("/")
    await expect(page.get_by_label("Your question")).to_be_focused()
    await expect(page.get_by_label("Your question")).to_have_value("")


async def test_a_screen_reader_hears_of_the_end_and_not_of_each_token(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    await page.evaluate(
        """() => {
            window.heard = [];
            for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live]"))
                new MutationObserver(() => region.textContent && heard.push(region.textContent))
                    .observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for token in ("Every ", "write ", "counts."):
        await scene.script.say("delta", text=token)
    await scene.script.finish()
    await page.wait_for_function("heard.length > 0")
    assert set(await page.evaluate("heard")) == {"Answer complete"}
    assert await page.locator("answer-text").evaluate(
        "text => !text.closest('[aria-live], [role=status], [role=log]')"
    )


async def test_with_reduced_motion_nothing_moves(scene: Scene) -> None:
    page = await scene.enter(reduced_motion="reduce")
    await ask(page, scene)
    await scene.script.say("delta", text="Words")
    await expect(page.locator(".pending")).to_have_text("Words")
    running = "document.getAnimations().filter(each => each.effect.getComputedTiming().duration > 1).length"
    assert await page.evaluate(running) == 0


async def test_paper_gets_the_answer_and_its_sources_and_no_controls(scene: Scene) -> None:
    page = await scene.enter(color_scheme="dark")
    await answer(page, scene)
    await page.emulate_media(media="print")
    await expect(page.get_by_label("Your question")).to_be_hidden()
    await expect(page.get_by_role("button", name="Copy answer")).to_be_hidden()
    await expect(page.locator("source-notes .note-title")).to_be_visible()
    assert await check(page, "lowContrast") == []


async def test_without_scripts_the_page_says_what_can_be_done(scene: Scene) -> None:
    page = await scene.open(scene.script.address, java_script_enabled=False)
    await expect(page.get_by_text("scripts are off here")).to_be_visible()
    await page.get_by_role("link", name="documents themselves").click()
    await page.get_by_role("link", name="guide/storage.md").click()
    await expect(page.get_by_role("heading", name="Storage and durability")).to_be_visible()


async def test_scripts_and_styles_weigh_at_most_40_kilobytes(scene: Scene) -> None:
    import gzip

    from chatbot.web.resources import STATIC

    files = [*STATIC.rglob("*.js"), *STATIC.rglob("*.css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 40 * 1024
