import json
import re
from pathlib import Path

from chatbot.answering.citations import CitationStream
from chatbot.llm.bm25 import Bm25Encoder
from chatbot.llm.extractive import MOST_WORDS, ExtractiveModel
from chatbot.model import Hit, Passage, Prompt

ROOT = Path(__file__).parents[2]
PAGES = ROOT.parent / "shared" / "data" / "anthropic-docs-pages"
ENCODER = Bm25Encoder()


def hit(text: str, title: str = "Page", headings: tuple[str, ...] = ()) -> Hit:
    return Hit(Passage("id", text, title, headings, None, "", "d", 0, "h"), 1.0, "c")


async def pieces(question: str, *hits: Hit) -> list[str]:
    emitted: list[str] = []

    async def emit(text: str) -> None:
        emitted.append(text)

    reply = await ExtractiveModel(ENCODER).reply(Prompt(question, hits, ()), emit)
    assert reply.reason == "done"
    return emitted


async def quotes(question: str, *hits: Hit) -> list[str]:
    """Return the quotes as Markdown, without the marks of a blockquote."""
    return [re.sub(r"(?m)^> ?", "", piece.strip()) for piece in (await pieces(question, *hits))[1:]]


def test_it_has_no_name() -> None:
    assert ExtractiveModel(ENCODER).name is None


async def test_it_says_plainly_that_it_quotes_before_anything_else() -> None:
    first = (await pieces("How are backups made?", hit("Backups are made at night.")))[0]
    assert first == "No model is configured, so here is what the documents say, quoted word for word:\n\n"


async def test_the_sentence_that_fits_the_question_is_quoted_with_its_number() -> None:
    found = await quotes(
        "How long are backups kept?",
        hit("The office opens at nine. Dogs are welcome."),
        hit("Welcome to the manual. Backups are kept for 35 days. Lunch is at noon."),
    )
    assert found == ["Backups are kept for 35 days. [2]"]


async def test_quotes_come_in_reading_order_and_one_by_one() -> None:
    emitted = await pieces(
        "backup retention encryption",
        hit("Encryption uses a key. It was raining all day. Nobody came to see it. Backup runs at night."),
        hit("The retention is a month."),
    )
    assert emitted[1:] == [
        "> Encryption uses a key. [1]\n\n",
        "> Backup runs at night. [1]\n\n",
        "> The retention is a month. [2]",
    ]


async def test_neighbours_are_joined_as_they_stand() -> None:
    text = "Backups are encrypted\nwith a key.  The key of backups is rotated."
    assert await quotes("key of encrypted backups rotated", hit(text)) == [f"{text} [1]"]


async def test_a_sentence_brings_the_code_that_it_announces() -> None:
    text = "Install the package with:\n\n```sh\npip install sori\n```\n\nThen rest a while."
    assert await quotes("How do I install the package?", hit(text)) == [
        "Install the package with:\n\n```sh\npip install sori\n```\n\n[1]"
    ]


async def test_long_code_is_cut_and_closed() -> None:
    lines = [f"step_{n}()" for n in range(100)]
    text = "Install the package with:\n\n```python\n" + "\n".join(lines) + "\n```"
    (found,) = await quotes("How do I install the package?", hit(text))
    shown = "\n".join(lines[:20])
    assert found == f"Install the package with:\n\n```python\n{shown}\n```\n\n[1]"


async def test_a_list_item_brings_the_line_that_introduces_the_list() -> None:
    text = "These formats are read:\n\n- Markdown with tables\n- HTML of any age\n- plain text"
    (found,) = await quotes("Can it read HTML?", hit(text))
    assert found.startswith("These formats are read:\n\n- Markdown")
    assert "- HTML of any age" in found


async def test_a_row_is_quoted_as_a_table_with_its_header() -> None:
    text = "Prices.\n\n| Plan | Price |\n| --- | --- |\n| Free | 0 |\n| Enterprise | 99 |\n| Team | 9 |"
    (found,) = await quotes("What does the enterprise cost?", hit(text))
    assert found == "| Plan | Price |\n| --- | --- |\n| Enterprise | 99 |\n\n[1]"


async def test_headings_are_never_quoted() -> None:
    text = "# Backup retention\n\nThe retention of a backup is 35 days.\n\n## Backup retention again"
    assert await quotes("backup retention", hit(text)) == ["The retention of a backup is 35 days. [1]"]


async def test_the_same_thing_is_quoted_once() -> None:
    sentence = "Backups are kept for 35 days."
    found = await quotes(
        "How long are backups kept?", hit(sentence), hit(f"Backups are kept for 35 days! {sentence}")
    )
    assert found == [f"{sentence} [1]"]
    assert await quotes("How long are backups kept?", hit(f"{sentence} {sentence}")) == [f"{sentence} [1]"]


async def test_a_quote_does_not_end_inside_a_link_code_or_emphasis() -> None:
    text = (
        "See [the backup page. It is long](https://example.com/) and `a backup. B` or **backup. Now**. Rest."
    )
    (found,) = await quotes("backup", hit(text))
    assert found.startswith(
        "See [the backup page. It is long](https://example.com/) and `a backup. B` or **backup. Now**."
    )


async def test_what_reads_as_a_citation_in_a_document_is_escaped() -> None:
    found = await quotes("backup", hit("A backup is safe [2], see `backup[1]`."))
    assert found == ["A backup is safe \\[2], see `backup[1]`. [1]"]


async def test_a_question_in_another_language_gets_the_beginning_of_the_best_passage() -> None:
    found = await quotes("어떻게 설치합니까?", hit("Install it with pip. Then run it."), hit("Other words."))
    assert found == ["Install it with pip. Then run it. [1]"]


async def test_chinese_is_quoted_by_sentence() -> None:
    text = "系统每天凌晨运行。午餐在中午。备份保留30天。"
    assert await quotes("备份保留多久？", hit(text)) == ["备份保留30天。 [1]"]


async def test_an_answer_stays_short_however_much_would_fit() -> None:
    rare = ["amber", "basil", "cedar", "daisy", "elder", "fennel", "ginger", "hazel", "iris", "jasmine"]
    hits = [
        hit(f"The backup of {word} keeps {word} and a dozen of other things for {word}.") for word in rare
    ]
    found = await quotes(f"backup of {' '.join(rare)}", *hits)
    assert len(found) == 5
    long = [hit(f"The backup of {word} " + f"goes on with {word} number " * 20 + "again.") for word in rare]
    found = await quotes(f"backup of {' '.join(rare)}", *long)
    assert sum(len(each.split()) for each in found) <= MOST_WORDS + len(found)


async def test_without_a_passage_it_says_so() -> None:
    assert await pieces("anything") == ["No model is configured, and there is nothing to quote."]


def real_pages() -> list[tuple[str, str]]:
    """Return the project's own manual and, where it is, the documentation kept for measuring."""
    pages = [(file.name, file.read_text("utf-8")) for file in sorted((ROOT / "docs").glob("*.md"))]
    corpus = PAGES / "corpus.jsonl"
    if corpus.exists():
        rows = [json.loads(line) for line in corpus.read_text("utf-8").splitlines()]
        pages += [(row["title"], row["text"]) for row in rows]
    return pages


async def test_every_quoted_line_is_a_part_of_its_page() -> None:
    count = 0
    for title, page in real_pages():
        hits = [hit(page[at : at + 1500], title) for at in range(0, min(len(page), 9000), 1500)]
        for question in (
            title,
            "How do I install and configure it?",
            "Which limits are there for a request?",
        ):
            for found in await quotes(question, *hits):
                count += 1
                n = number(found)
                text = hits[n - 1].passage.text
                for line in found.removesuffix(f"[{n}]").split("\n"):
                    assert line.strip().replace("\\[", "[") in text or re.fullmatch(r"\s*(`{3,}|~{3,})", line)
    assert count > 10


def number(quote: str) -> int:
    mark = re.search(r"\[(\d+)\]$", quote)
    assert mark
    return int(mark[1])


async def test_every_quote_of_an_answer_is_found_to_be_supported() -> None:
    count = 0
    for title, page in real_pages():
        hits = [hit(page[at : at + 1500], title) for at in range(0, min(len(page), 6000), 1500)]
        answer = "".join(await pieces(title, *hits))
        stream = CitationStream(hits, ENCODER)
        (text, found), (rest, others) = stream.feed(answer), stream.end()
        assert text + rest == answer
        assert all(citation.supported for citation in [*found, *others])
        count += len([*found, *others])
    assert count > 10
