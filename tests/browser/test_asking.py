"""The question box: what sends, what does not, and how an answer is stopped."""

from playwright.async_api import Page, expect

from .conftest import Scene
from .scripted import as_source
from .shelf import STORING
from .test_answers import ask


async def test_enter_sends_and_shift_enter_begins_a_line(scene: Scene) -> None:
    page = await scene.enter()
    box = page.get_by_label("Your question")
    await box.press_sequentially("One")
    await page.keyboard.press("Shift+Enter")
    await box.press_sequentially("two")
    await page.keyboard.press("Enter")
    assert (await scene.script.asked())["question"] == "One\ntwo"
    await expect(box).to_have_value("")


async def test_composing_a_word_never_sends(scene: Scene) -> None:
    page = await scene.enter()
    devtools = await page.context.new_cdp_session(page)
    box = page.get_by_label("Your question")
    await box.focus()
    await devtools.send("Input.imeSetComposition", {"text": "한국어", "selectionStart": 3, "selectionEnd": 3})
    composing = (
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    )
    assert await box.evaluate(f"box => box.dispatchEvent({composing})"), (
        "the key was taken from the input method"
    )
    legacy = {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229}
    await devtools.send("Input.dispatchKeyEvent", legacy)
    await devtools.send("Input.insertText", {"text": "한국어"})
    await expect(box).to_have_value("한국어")
    await expect(page.get_by_role("article")).to_have_count(0)
    await page.keyboard.press("Enter")
    assert (await scene.script.asked())["question"] == "한국어"


async def test_an_empty_question_is_not_sent(scene: Scene) -> None:
    page = await scene.enter()
    await page.get_by_label("Your question").fill("  \n ")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article")).to_have_count(0)


async def test_the_limit_is_spoken_of_only_near_it(scene: Scene) -> None:
    page = await scene.enter()
    box, count = page.get_by_label("Your question"), page.locator(".ask-count")
    await box.fill("😀" * 3000)
    await expect(count).to_be_hidden()
    await box.fill("😀" * 3990)
    await expect(count).to_have_text("10 characters left")
    await box.fill("😀" * 4001)
    await expect(count).to_have_text("1 character too many")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article")).to_have_count(0)


async def test_the_box_grows_to_a_limit(scene: Scene) -> None:
    page = await scene.enter()
    box = page.get_by_label("Your question")
    heights = []
    for lines in (1, 4, 100):
        await box.fill("words\n" * (lines - 1) + "words")
        heights.append(await box.evaluate("box => box.offsetHeight"))
    assert heights[0] < heights[1] < heights[2] < 400


async def test_while_an_answer_is_written_no_second_question_is_sent(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    await page.get_by_label("Your question").fill("Another?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Send")).to_be_hidden()
    await page.get_by_role("button", name="Stop the answer").click()
    assert (await scene.script.frame())["type"] == "stop"
    await scene.script.finish("stopped")
    await expect(page.get_by_label("Your question")).to_have_value("Another?")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()


async def test_escape_stops_and_what_was_written_stays(scene: Scene) -> None:
    page = await scene.enter()
    frame = await ask(page, scene)
    await scene.script.say("delta", text="So far")
    await expect(page.locator("answer-text")).to_have_text("So far")
    await page.keyboard.press("Escape")
    assert await scene.script.frame() == {"type": "stop", "id": frame["id"]}
    await scene.script.finish("stopped")
    await expect(page.locator(".caution")).to_have_text("Stopped. The answer is not complete.")
    await expect(page.locator("answer-text")).to_have_text("So far")


async def test_escape_closes_the_passage_before_it_stops_the_answer(scene: Scene) -> None:
    page = await scene.enter()
    await open_passage_while_running(page, scene)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_role("button", name="Stop the answer")).to_be_visible()
    await page.keyboard.press("Escape")
    assert (await scene.script.frame())["type"] == "stop"


async def open_passage_while_running(page: Page, scene: Scene) -> None:
    await ask(page, scene)
    await scene.script.say("sources", sources=[as_source(1, STORING)])
    await scene.script.write("Kept [1].\n\n", numbers=(1,))
    await page.locator("a.citation").click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_an_error_says_what_happened_and_offers_to_ask_again(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    await scene.script.say("delta", text="Half an ans")
    await scene.script.say("error", code="model_timeout", message="The model fell silent.", retryable=True)
    await expect(page.get_by_role("alert")).to_have_text("The model fell silent.")
    await expect(page.locator("answer-text").first).to_have_text("Half an ans")
    await page.get_by_role("button", name="Ask again").click()
    assert (await scene.script.asked())["question"] == "What survives a crash?"
    await scene.script.write("All of it.")
    await scene.script.finish()
    await expect(page.locator("answer-text")).to_have_text(["Half an ans", "All of it."])


async def test_asking_again_waits_as_long_as_the_server_says(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    error = {"code": "model_rate_limited", "message": "Too many questions.", "retryable": True}
    await scene.script.say("error", retry_after_s=2, **error)
    await expect(page.get_by_role("button", name="Ask again in 2 s")).to_be_disabled()
    again = page.get_by_role("button", name="Ask again", exact=True)
    await expect(again).to_be_enabled()
    await again.click()
    await scene.script.asked()
    await expect(page.get_by_role("article")).to_have_count(1)


async def test_an_error_that_asking_again_would_repeat_offers_to_edit(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene, "Too odd a question")
    await scene.script.refuse("invalid_question", "This question cannot be answered.")
    await expect(page.get_by_role("button", name="Ask again")).to_be_hidden()
    await page.get_by_role("button", name="Edit the question").click()
    await expect(page.get_by_label("Your question")).to_have_value("Too odd a question")
    await expect(page.get_by_label("Your question")).to_be_focused()
