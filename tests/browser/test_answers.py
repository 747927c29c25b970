"""What a visitor sees of an answer while it arrives, and does with it."""

import re
from itertools import pairwise

from playwright.async_api import Page, expect

from .conftest import Scene
from .scripted import as_source
from .shelf import BACKUPS, LIMITS, SHARING, STORING

QUOTE = "A write is acknowledged after `fsync` has returned"
CLAIM = "Acknowledged writes survive [1]."


async def ask(page: Page, scene: Scene, question: str = "What survives a crash?") -> dict[str, object]:
    await page.get_by_label("Your question").fill(question)
    await page.keyboard.press("Enter")
    frame = await scene.script.asked()
    await scene.script.say("start", conversation="conversation-0001")
    return frame


async def answer(page: Page, scene: Scene, *, supported: bool = True) -> None:
    """Ask, and bring one cited claim."""
    await ask(page, scene)
    script = scene.script
    await script.say("sources", sources=[as_source(1, STORING), as_source(2, BACKUPS)])
    end = await script.write(CLAIM, numbers=(1, 2))
    quote = QUOTE if supported else ""
    await script.say("citation", n=1, supported=supported, quote=quote, **{"from": 0, "to": end - 1})
    await script.finish()
    await expect(page.get_by_role("button", name="Copy answer")).to_be_visible()


async def test_tokens_are_seen_as_they_arrive(scene: Scene) -> None:
    page = await scene.enter()
    frame = await ask(page, scene)
    assert frame["question"] == "What survives a crash?"
    assert frame["conversation"] is None
    await expect(page.get_by_role("heading", name="What survives a crash?")).to_be_visible()
    await expect(page.get_by_text("Searching the documents")).to_be_visible()
    text = page.locator("answer-text")
    for token, seen in (("Every", "Every"), (" **wri", "Every **wri"), ("te** counts", "Every write counts")):
        await scene.script.say("delta", text=token)
        await expect(text).to_have_text(seen)
    await expect(page.get_by_text("Searching the documents")).to_be_hidden()


async def test_blocks_take_the_place_of_their_characters_and_no_word_is_lost(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    script = scene.script
    first, second = "A 😀 write is *kept*.\n\n", "It is 한국어 😀😀 too.\n\n"
    await script.say("delta", text=first + second + "And then")
    await script.say("block", html=script.html(first), **{"from": 0, "to": len(first)})
    text = page.locator("answer-text")
    await expect(text.locator(".block em")).to_have_text("kept")
    await expect(text.locator(".pending")).to_have_text(re.compile("^It is 한국어 😀😀 too.And then$"))
    await script.say("block", html=script.html(second), **{"from": len(first), "to": len(first + second)})
    await expect(text.locator(".pending")).to_have_text("And then")
    assert (
        " ".join((await text.inner_text()).split()) == "A 😀 write is kept. It is 한국어 😀😀 too. And then"
    )


async def test_a_block_that_never_came_leaves_its_words(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    await scene.script.say("delta", text="One. Two. Three.")
    await scene.script.say("block", html="<p>Two.</p>", **{"from": 5, "to": 10})
    await scene.script.finish("stopped")
    await expect(page.locator(".caution")).to_have_text("Stopped. The answer is not complete.")
    assert (await page.locator("answer-text").inner_text()).split() == ["One.", "Two.", "Three."]


async def test_a_citation_opens_its_passage_with_the_words_that_carry_it(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.get_by_role("link", name="Source 1: Storage and durability").click()
    panel = page.get_by_role("dialog", name="Storage and durability")
    await expect(panel.locator(".passage-path")).to_have_text("The write-ahead log")
    await expect(panel.locator("strong", has_text="write-ahead log")).to_be_visible()
    marked = await panel.locator("mark").all_inner_texts()
    assert "".join(marked) == "A write is acknowledged after fsync has returned"
    place = panel.get_by_role("link", name="Open in the document")
    href = await place.get_attribute("href")
    assert (
        href == f"{scene.script.address}/documents/guide/storage.md?collection=documents#the-write-ahead-log"
    )


async def test_the_link_to_the_place_leads_there(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.locator("a.citation").click()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Open in the document").click()
    document = await opened.value
    await expect(document.locator("#the-write-ahead-log")).to_be_in_viewport()


async def test_the_focus_returns_to_the_mark_that_opened_the_passage(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    mark = page.locator("a.citation")
    for key in ("Escape", "Enter"):
        await mark.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Storage and durability")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Close the passage")).to_be_focused()
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(mark).to_be_focused()


async def test_a_passage_the_server_cannot_give_is_shown_as_it_came(scene: Scene) -> None:
    scene.faults.expect("404")
    page = await scene.enter()
    await ask(page, scene)
    await scene.script.say("sources", sources=[as_source(1, STORING, id="gone")])
    end = await scene.script.write(CLAIM, numbers=(1,))
    await scene.script.say("citation", n=1, supported=True, quote=QUOTE, **{"from": 0, "to": end})
    await page.locator("a.citation").click()
    await expect(page.locator(".passage-text")).to_contain_text(
        "A write is acknowledged after `fsync` has returned"
    )
    await expect(page.locator(".passage-text mark").first).to_be_visible()


async def test_an_unsupported_claim_is_visibly_marked(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene, supported=False)
    mark = page.get_by_role("link", name="Source 1, which does not carry the claim")
    await expect(mark).to_have_attribute("data-supported", "false")
    sign = "mark => getComputedStyle(mark, '::after').content"
    assert await mark.evaluate(sign) == '"?"'
    await expect(page.locator("source-notes .note-doubt")).to_have_text("Does not carry the claim")
    await expect(page.get_by_text("One claim is marked")).to_be_visible()


async def test_a_number_cited_twice_is_judged_each_time(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    script = scene.script
    await script.say("sources", sources=[as_source(1, STORING)])
    text = "True [1]. Invented [1]. True again [1]."
    await script.say("delta", text=text)
    for start, end, supported in ((0, 8, True), (10, 22, False)):
        await script.say("citation", n=1, supported=supported, quote="", **{"from": start, "to": end})
    await script.say("block", html=script.html(text, 1), **{"from": 0, "to": len(text)})
    await script.say("citation", n=1, supported=True, quote="", **{"from": 24, "to": 38})
    marks = page.locator("a.citation")
    for place, judged in enumerate(("true", "false", "true")):
        await expect(marks.nth(place)).to_have_attribute("data-supported", judged)


async def test_on_a_wide_screen_notes_stand_beside_their_claims_and_never_on_one_another(
    scene: Scene,
) -> None:
    page = await scene.enter(width=1280)
    await ask(page, scene)
    script = scene.script
    found = (STORING, SHARING, BACKUPS, LIMITS)
    await script.say("sources", sources=[as_source(n, each) for n, each in enumerate(found, start=1)])
    at = await script.write("Nothing cited here.\n\n" * 4)
    at = await script.write("First [4], second [3], third [1] in one line.\n\n", numbers=(1, 2, 3, 4), at=at)
    at = await script.write("Words that fill the page.\n\n" * 12, at=at)
    await script.write("Last of all [2].\n\n", numbers=(1, 2, 3, 4), at=at)
    await script.finish()
    await expect(page.locator(".note")).to_have_count(4)
    await settled(page)
    notes = {number: await box(page, f".note[data-n='{number}']") for number in (1, 2, 3, 4)}
    text = await box(page, "answer-text")
    assert all(note["x"] >= text["x"] + text["width"] for note in notes.values())
    stacked = [notes[4], notes[3], notes[1], notes[2]]
    assert all(low["y"] >= high["y"] + high["height"] for high, low in pairwise(stacked))
    for number in (4, 2):
        mark = await box(page, f"a.citation[data-n='{number}']")
        assert abs(notes[number]["y"] - mark["y"]) < 24
    await expect(page.locator(".note .note-title")).to_have_text([found[n - 1].title for n in (4, 3, 1, 2)])


async def test_on_a_narrow_screen_the_sources_are_a_list_below(scene: Scene) -> None:
    page = await scene.enter(width=800)
    await answer(page, scene)
    text, note = await box(page, "answer-text"), await box(page, "source-notes .note")
    assert note["y"] >= text["y"] + text["height"]
    await expect(page.get_by_role("heading", name="Sources")).to_be_visible()


async def test_a_note_opens_the_passage_too(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.get_by_role("link", name=re.compile("^1 Storage and durability")).click()
    await expect(page.locator("dialog mark").first).to_be_visible()


async def test_what_was_found_and_not_cited_is_at_hand(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.get_by_text("1 more place was found").click()
    await page.get_by_role("link", name=re.compile("Running it in production")).click()
    await expect(page.get_by_role("dialog", name="Running it in production")).to_be_visible()


async def test_an_answer_without_citations_shows_the_closest_places(scene: Scene) -> None:
    page = await scene.enter()
    await ask(page, scene)
    await scene.script.say("sources", sources=[as_source(1, STORING)])
    await scene.script.write("Nothing fits.")
    await scene.script.finish()
    await expect(page.get_by_text("The closest places found")).to_be_visible()
    await expect(page.locator(".others .note-title")).to_be_visible()


async def test_a_follow_up_belongs_to_the_same_conversation(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    frame = await ask(page, scene, "And after an upgrade?")
    assert frame["conversation"] == "conversation-0001"
    await scene.script.write("That too.")
    await scene.script.finish()
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.locator("answer-text").last).to_have_text("That too.")


async def test_marks_of_several_turns_open_their_own_sources(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await ask(page, scene, "And after an upgrade?")
    await scene.script.say("sources", sources=[as_source(1, LIMITS)])
    await scene.script.write("At most so many [1].", numbers=(1,))
    await scene.script.finish()
    await page.locator("a.citation").nth(1).click()
    await expect(page.get_by_role("dialog", name="Limits")).to_be_visible()
    await page.locator("a.citation").nth(0).click()
    await expect(page.get_by_role("dialog", name="Storage and durability")).to_be_visible()
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


async def test_a_new_conversation_starts_without_the_old_one(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await page.get_by_role("button", name="New conversation").click()
    await expect(page.get_by_role("article")).to_have_count(0)
    await expect(page.get_by_label("Your question")).to_be_focused()
    assert (await ask(page, scene))["conversation"] is None


async def test_copying_gives_the_markdown_and_the_cited_sources(scene: Scene) -> None:
    page = await scene.enter()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await answer(page, scene)
    await page.get_by_role("button", name="Copy answer").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    place = f"{scene.script.address}/documents/guide/storage.md?collection=documents#the-write-ahead-log"
    assert copied == f"{CLAIM}\n\n[1] Storage and durability: {place}"


async def test_code_is_copied_without_its_colours(scene: Scene) -> None:
    page = await scene.enter()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ask(page, scene)
    await scene.script.write("```python\nif a < b:\n    print(a)\n```\n")
    await page.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "if a < b:\n    print(a)\n"


async def test_the_reader_is_told_how_long_it_took(scene: Scene) -> None:
    page = await scene.enter()
    await answer(page, scene)
    await expect(page.locator(".timings")).to_have_text(
        "Found in 8 ms · first word after 412 ms · all in 2.3 s"
    )


async def test_new_text_below_does_not_move_the_reader_and_the_end_is_one_press_away(scene: Scene) -> None:
    page = await scene.enter(height=500)
    await ask(page, scene)
    at = await scene.script.write("A paragraph of words.\n\n" * 20)
    button = page.get_by_role("button", name="To the end of the answer")
    await expect(button).to_be_visible()
    await page.mouse.move(400, 250)
    await page.mouse.wheel(0, 200)
    await page.wait_for_function("scrollY > 150")
    before = await steady_scroll(page)
    at = await scene.script.write("More of them.\n\n" * 20, at=at)
    await expect(page.get_by_text("More of them.").last).to_be_attached()
    assert await steady_scroll(page) == before
    await button.click()
    await expect(page.get_by_text("More of them.").last).to_be_in_viewport()
    await scene.script.write("The very last.\n\n" * 5, at=at)
    await expect(page.get_by_text("The very last.").last).to_be_in_viewport()
    await expect(button).to_be_hidden()


async def test_a_new_question_is_brought_to_the_top(scene: Scene) -> None:
    page = await scene.enter(reduced_motion="reduce")
    await answer(page, scene)
    await ask(page, scene, "And after an upgrade?")
    assert 0 < (await box(page, "chat-turn:last-of-type .question"))["y"] < 120


async def settled(page: Page) -> None:
    await page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done), 300))")


async def steady_scroll(page: Page) -> float:
    """Return where the page stands once it has stopped moving."""
    script = """() => new Promise(done => {
        let last = -1;
        const look = () => (scrollY === last ? done(last) : ((last = scrollY), setTimeout(look, 80)));
        look();
    })"""
    position: float = await page.evaluate(script)
    return position


async def box(page: Page, selector: str) -> dict[str, float]:
    found = await page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)  # type: ignore[arg-type]
