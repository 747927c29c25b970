"""A connection that is lost, in mid-answer or idle, and found again."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from .conftest import Scene
from .test_answers import ask

LOST = "The connection was lost. Connecting again…"


async def begin(page: Page, scene: Scene) -> None:
    """Ask, and bring a finished block and the first words of the next."""
    await ask(page, scene)
    await scene.script.write("One two.\n\n")
    await scene.script.say("delta", text="Three fo")
    await expect(page.locator(".pending")).to_have_text("Three fo")


async def test_an_answer_cut_in_the_middle_goes_on_where_it_was(scene: Scene) -> None:
    page = await scene.enter()
    await begin(page, scene)
    scene.cut()
    await expect(page.get_by_text(LOST)).to_be_visible()
    await expect(page.locator("answer-text")).to_have_text("One two. Three fo")
    scene.script.note("delta", text="ur ")
    scene.script.note("delta", text="five.")
    scene.mend()
    await scene.script.connection()
    frame = await scene.script.frame()
    assert (frame["type"], frame["after"]) == ("resume", 4)
    await scene.script.go_on(frame["after"])
    await scene.script.finish()
    await expect(page.locator("answer-text")).to_have_text("One two. Three four five.")
    await expect(page.get_by_text(LOST)).to_be_hidden()
    await expect(page.get_by_role("button", name="Copy answer")).to_be_visible()


async def test_what_is_sent_twice_is_shown_once(scene: Scene) -> None:
    page = await scene.enter()
    await begin(page, scene)
    scene.cut()
    scene.mend()
    await scene.script.connection()
    await scene.script.frame()
    await scene.script.go_on(0)
    await scene.script.say("delta", text="ur.")
    await expect(page.locator("answer-text")).to_have_text("One two. Three four.")


async def test_a_deploy_is_announced_and_survived(scene: Scene) -> None:
    page = await scene.enter()
    await page.get_by_label("Your question").fill("Half a quest")
    await scene.script.close(1012)
    await expect(page.get_by_text("The server is restarting")).to_be_visible()
    await scene.script.connection()
    await expect(page.get_by_text("The server is restarting")).to_be_hidden()
    await expect(page.get_by_label("Your question")).to_have_value("Half a quest")
    await ask(page, scene)


async def test_an_answer_the_server_has_lost_keeps_its_words_and_can_be_asked_again(scene: Scene) -> None:
    page = await scene.enter()
    await begin(page, scene)
    await scene.script.close(1012)
    await scene.script.connection()
    assert (await scene.script.frame())["type"] == "resume"
    await scene.script.refuse("not_found", "This answer is no longer on the server.")
    await expect(page.get_by_text("no longer has the rest of this answer").first).to_be_visible()
    await expect(page.locator("answer-text")).to_have_text("One two. Three fo")
    await page.get_by_role("button", name="Ask again").click()
    assert (await scene.script.asked())["question"] == "What survives a crash?"


async def test_a_question_lost_on_its_way_is_sent_again(scene: Scene) -> None:
    page = await scene.enter()
    await page.get_by_label("Your question").fill("Did you get this?")
    await page.keyboard.press("Enter")
    await scene.script.asked()
    scene.cut()
    scene.mend()
    await scene.script.connection()
    assert (await scene.script.frame())["after"] == 0
    await scene.script.refuse("not_found", "This answer is no longer on the server.")
    assert (await scene.script.asked())["question"] == "Did you get this?"
    await scene.script.write("Now I did.")
    await expect(page.locator("answer-text")).to_have_text("Now I did.")


async def test_a_question_asked_without_a_connection_waits_for_it(scene: Scene) -> None:
    page = await scene.enter()
    scene.cut()
    await expect(page.get_by_text(LOST)).to_be_visible()
    await page.get_by_label("Your question").fill("Are you there?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Waiting for the connection")).to_be_visible()
    scene.mend()
    await scene.script.connection()
    assert (await scene.script.asked())["question"] == "Are you there?"


async def test_the_reader_need_not_wait_for_the_next_attempt(scene: Scene) -> None:
    page = await scene.enter()
    await page.clock.install()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))  # no attempt of its own from here on
    scene.cut()
    await expect(page.get_by_text(LOST)).to_be_visible()
    scene.mend()
    await page.get_by_role("button", name="Try now").click()
    await scene.script.connection()
    await expect(page.get_by_text(LOST)).to_be_hidden()


async def test_stopping_without_a_connection_reaches_the_server_later(scene: Scene) -> None:
    page = await scene.enter()
    await begin(page, scene)
    scene.cut()
    await expect(page.get_by_text(LOST)).to_be_visible()
    await page.keyboard.press("Escape")
    scene.mend()
    await scene.script.connection()
    assert [(await scene.script.frame())["type"] for _ in range(2)] == ["resume", "stop"]


async def test_a_question_refused_by_a_stopping_server_is_asked_of_the_next(scene: Scene) -> None:
    page = await scene.enter()
    await page.get_by_label("Your question").fill("Still there?")
    await page.keyboard.press("Enter")
    await scene.script.asked()
    await scene.script.refuse("draining", "The server is restarting.", retryable=True, retry_after_s=60)
    await expect(page.locator(".status-text")).to_have_text("The server is restarting")
    await scene.script.close(1012)
    await scene.script.connection()
    assert (await scene.script.asked())["question"] == "Still there?"


async def test_a_browser_that_is_offline_says_so(scene: Scene) -> None:
    scene.faults.expect("WebSocket connection")
    page = await scene.enter()
    await begin(page, scene)
    await page.context.set_offline(True)
    await scene.script.close(1012)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.locator(".connection")).to_be_visible()
    await page.context.set_offline(False)
    await scene.script.connection()
    assert (await scene.script.frame())["type"] == "resume"
