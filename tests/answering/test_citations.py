import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.answering.citations import CitationStream
from chatbot.events import Citation
from chatbot.llm.bm25 import Bm25Encoder
from chatbot.model import Hit, Passage

ENCODER = Bm25Encoder()
CLAIMS = Path(__file__).with_name("claims.jsonl")

BACKUPS = "Backups run every night. They are kept for 35 days.\n\nNobody may delete a backup by hand."
INSTALL = "Install it with:\n\n```sh\napt install ferret\n```\n\n| Plan | Price |\n| --- | --- |\n| Free | 0 |\n| Team | 9 |"
PYTHON = "Ferret needs Python 3.10 or newer."


def hit(text: str, title: str = "", headings: tuple[str, ...] = ()) -> Hit:
    return Hit(Passage("id", text, title, headings, None, "", "d", 0, "h"), 1.0, "c")


HITS = [hit(BACKUPS), hit(INSTALL), hit(PYTHON)]


def follow(
    answer: str, hits: list[Hit] = HITS, *, piece_chars: Callable[[], int] = lambda: 1_000_000
) -> tuple[str, list[Citation]]:
    stream, at = CitationStream(hits, ENCODER), 0
    shown, citations = "", list[Citation]()
    while at < len(answer):
        end = at + piece_chars()
        text, found = stream.feed(answer[at:end])
        shown, citations, at = shown + text, citations + found, end
    text, found = stream.end()
    return shown + text, citations + found


def claims(answer: str) -> list[tuple[int, str]]:
    shown, citations = follow(answer)
    return [(citation.n, shown[citation.start : citation.end]) for citation in citations]


# Which marks there are


@pytest.mark.parametrize(
    ("written", "shown", "numbers"),
    [
        ("It is so [1].", "It is so [1].", [1]),
        ("It is so[1].", "It is so[1].", [1]),
        ("It is so [1, 2].", "It is so [1][2].", [1, 2]),
        ("It is so [1][3].", "It is so [1][3].", [1, 3]),
        ("It is so [1-3].", "It is so [1][2][3].", [1, 2, 3]),
        ("It is so [ 2 ].", "It is so [2].", [2]),
        ("It is so 【1】.", "It is so [1].", [1]),
        ("It is so 【2†source】.", "It is so [2].", [2]),
        ("It is so [^1].", "It is so [1].", [1]),
        ("It is so [1, 7].", "It is so [1].", [1]),
        ("It is so [2-9999].", "It is so [2][3].", [2, 3]),
    ],
)
def test_marks_of_all_kinds_are_set_alike(written: str, shown: str, numbers: list[int]) -> None:
    text, citations = follow(written)
    assert text == shown
    assert [citation.n for citation in citations] == numbers


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("It is so [7].", "It is so."),
        ("It is so [7]", "It is so"),
        ("It is so [7] and so.", "It is so and so."),
        ("It is so[7], and so.", "It is so, and so."),
        ("It is so [0].\n", "It is so.\n"),
        ("It is so [8][9].", "It is so."),
        ("It is so [7] [1].", "It is so [1]."),
        ("[7] It is so.", "It is so."),
        ("So it is [7]。", "So it is。"),
    ],
)
def test_a_number_that_was_never_given_out_is_taken_away(written: str, shown: str) -> None:
    text, citations = follow(written)
    assert text == shown
    assert all(citation.n == 1 for citation in citations)


@pytest.mark.parametrize(
    "text",
    [
        "A [link](http://x.org/) and [1](http://x.org/).",
        "A [text][1] reference.\n\n[1]: http://x.org/",
        "A footnote [a], a box [ ], nothing [], [1,,2], [1 2] and [12345].",
        "Code `items[1]` and ``a ` [9]`` in line.",
        "```python\nitems[1] = [9]\n```\n",
        "~~~\n[1]\n~~~\n",
        "- item\n\n  ```\n  x[1]\n  ```\n",
        "> ```\n> x[9]\n> ```\n",
        "Indented:\n\n    items[1]\n\n    items[9]\n",
        "Escaped \\[1].",
        "The first is items[0], the range [0, 1].",
        "An open [1, 2",
        "[",
        "Gaps   of every \t kind \n\n are kept  ",
    ],
)
def test_what_is_no_mark_is_left_alone(text: str) -> None:
    assert follow(text) == (text, [])


def test_marks_count_again_after_code() -> None:
    answer = "```\nx[1]\n```\nIt `is` so [1].\n\n    y[1]\n\nIt is so [2]."
    text, citations = follow(answer)
    assert text == answer
    assert [citation.n for citation in citations] == [1, 2]


def test_a_stray_tick_costs_the_citations_of_its_line_only() -> None:
    assert [n for n, _ in claims("A stray ` tick [1].\nIt is so [2].")] == [2]


def test_text_without_brackets_is_shown_at_once() -> None:
    stream = CitationStream(HITS, ENCODER)
    assert [stream.feed(piece) for piece in ("It", " is", " so", ".\n\n", "- **", "Yes")] == [
        ("It", []),
        (" is", []),
        (" so", []),
        (".\n\n", []),
        ("- **", []),
        ("Yes", []),
    ]


def test_a_mark_is_held_back_until_it_is_clear() -> None:
    stream = CitationStream(HITS, ENCODER)
    assert stream.feed("Backups run every night [") == ("Backups run every night", [])
    assert stream.feed("1") == ("", [])
    assert stream.feed("]") == ("", [])  # may become a link yet
    text, citations = stream.feed(".")
    assert text == " [1]."
    assert [citation.n for citation in citations] == [1]
    assert stream.end() == ("", [])


def test_a_mark_at_the_very_end_is_resolved() -> None:
    stream = CitationStream(HITS, ENCODER)
    stream.feed("Backups run every night [1]")
    text, citations = stream.end()
    assert text == " [1]"
    assert [citation.end for citation in citations] == [len("Backups run every night [1]")]


@pytest.mark.parametrize("text", ["[" + "1" * 50, "[" + "1, " * 50, "【1†" + "x" * 50, " " * 60])
def test_little_is_ever_held_back(text: str) -> None:
    stream = CitationStream(HITS, ENCODER)
    shown = ""
    for count, character in enumerate(text, start=1):
        shown += stream.feed(character)[0]
        assert count - len(shown) <= 32
    assert shown + stream.end()[0] == text


ALPHABET = [
    "[",
    "]",
    "1",
    "9",
    "2",
    ",",
    "`",
    "```",
    "~~~",
    "-",
    "a",
    "Foo.",
    "(",
    ")",
    "【",
    "】",
    "†",
    "^",
    "0",
    ":",
    "\\",
    ">",
    "|",
    ".",
    "!",
    "é",
    "[1]",
    "[9]",
    "[1,2]",
    "[1](x)",
    "**",
]
ALPHABET += [" ", "  ", "\n", "\n\n", "    ", "- ", ". ", " [1]", " [9]", "`x[1]`"]


@pytest.mark.parametrize("seed", range(20))
def test_pieces_of_any_length_give_the_same(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        answer = "".join(chance.choices(ALPHABET, k=chance.randint(1, 60)))
        whole = follow(answer)
        assert follow(answer, piece_chars=lambda: 1) == whole
        assert follow(answer, piece_chars=lambda: chance.choice([1, 2, 3, 5, 11])) == whole
        assert all(0 <= each.start < each.end <= len(whole[0]) for each in whole[1])
        assert all(whole[0][: each.end].endswith(f"[{each.n}]") for each in whole[1])


@pytest.mark.parametrize("piece", ["[", "[1", "[1,", " [", "`[", "\n[", "【", " [9]", "`", "[1](", "([1"])
def test_hostile_answers_are_read_in_linear_time(piece: str) -> None:
    # Quadratic work on so many characters would take longer than any patience.
    text, _ = follow(piece * (100_000 // len(piece)), piece_chars=lambda: 7)
    assert len(text) <= 100_000


# What a mark claims


def test_a_claim_is_the_sentence_up_to_its_mark() -> None:
    assert claims("First. Backups run every night [1]. Then Ferret needs Python. [3] And so on [2].") == [
        (1, "Backups run every night [1]"),
        (3, "Then Ferret needs Python. [3]"),
        (2, "And so on [2]"),
    ]


def test_marks_of_one_sentence_share_its_start() -> None:
    assert claims("No. Backups run [1] and Ferret needs Python [2][3].") == [
        (1, "Backups run [1]"),
        (2, "Backups run [1] and Ferret needs Python [2]"),
        (3, "Backups run [1] and Ferret needs Python [2][3]"),
    ]


def test_the_claim_of_a_list_item_is_its_text() -> None:
    assert claims("Two things:\n- Backups run [1]\n2. [x] Ferret needs Python. [3]") == [
        (1, "Backups run [1]"),
        (3, "Ferret needs Python. [3]"),
    ]


def test_a_mark_below_code_or_a_table_refers_to_all_of_it() -> None:
    code, table = "```sh\napt install ferret\n```", "| Plan | Price |\n| --- | --- |\n| Team | 9 |"
    quoted = "> | Plan | Text. More. |\n> | --- | --- |\n> | Team | No. Yes. |"
    assert claims(f"See.\n\n{quoted}\n>\n> [2]") == [(2, f"{quoted[2:]}\n>\n> [2]")]
    assert claims(f"Do this. Then:\n\n{code}\n\n[2]\n\nAnd:\n\n{table}\n\n[2]") == [
        (2, f"{code}\n\n[2]"),
        (2, f"{table}\n\n[2]"),
    ]


def test_each_part_of_a_sentence_is_judged_with_its_own_passage() -> None:
    _, citations = follow("Backups are kept for 35 days [1] and Ferret needs Python 3.10 [3].")
    assert [citation.supported for citation in citations] == [True, True]


# Whether it is supported


def test_a_supported_claim_has_a_quote_from_the_passage() -> None:
    _, (citation,) = follow("All backups are kept for 35 days [1].")
    assert citation.supported
    assert citation.quote == "Backups run every night. They are kept for 35 days."


@pytest.mark.parametrize(
    "claim",
    [
        "Backups are kept for 45 days",
        "Backups are not kept for 35 days",
        "Anybody may delete a backup with `backup_delete`",
        "Penguins live at the South Pole",
    ],
)
def test_a_claim_that_the_passage_does_not_carry_is_marked(claim: str) -> None:
    _, (citation,) = follow(f"{claim} [1].")
    assert (citation.supported, citation.quote) == (False, "")


def test_words_of_the_headings_count_but_do_not_carry_a_claim_alone() -> None:
    hits = [hit("It runs every night at two.", "Vault manual", ("Backups of the vault",))]
    assert follow("The vault backup runs every night at two [1].", hits)[1][0].supported
    assert not follow("The vault manual is about backups of the vault [1].", hits)[1][0].supported


def test_code_and_rows_that_were_quoted_as_they_stand_are_supported() -> None:
    _, citations = follow("> ```sh\n> apt install ferret\n> ```\n>\n> [2]\n\n> | Team | 9 |\n>\n> [2]")
    assert [citation.supported for citation in citations] == [True, True]
    assert all(citation.quote in INSTALL for citation in citations)


def test_a_number_of_one_row_does_not_support_another() -> None:
    assert follow("The Team plan has the price 9 [2].")[1][0].supported
    assert not follow("The Free plan has the price 9 [2].")[1][0].supported


def test_numbers_are_compared_by_value() -> None:
    hits = [hit("Der Tarif kostet 12,50 Euro und hat 1.000 Abrufe."), hit("It keeps three copies.")]
    assert follow("Der Tarif kostet 12.50 Euro und hat 1000 Abrufe [1].", hits)[1][0].supported
    assert follow("It keeps 3 copies [2].", hits)[1][0].supported


def test_a_quote_is_no_longer_than_a_note_in_the_margin() -> None:
    long = "Backups are kept " + "for a very long time and " * 30 + "more."
    _, (citation,) = follow("Backups are kept for a very long time [1].", [hit(long)])
    assert 200 < len(citation.quote) <= 300
    assert citation.quote in long


def test_the_judgement_is_right_as_often_as_it_was() -> None:
    """Over claims.jsonl: pairs of claim and passage, each tried among all passages of its language."""
    pages = [json.loads(line) for line in CLAIMS.read_text("utf-8").splitlines()]
    judged = [verdict for language in ("en", "de", "ko", "zh") for verdict in judge(language, pages)]
    assert len(judged) >= 60
    right = sum(supported and true for supported, true in judged)
    precision = right / sum(supported for supported, _ in judged)
    recall = right / sum(true for _, true in judged)
    assert precision >= 0.93
    assert recall >= 0.98


def judge(language: str, pages: list[dict[str, str | list[str]]]) -> list[tuple[bool, bool]]:
    """Return for each claim whether it was found supported, and whether it is true."""
    found = []
    own = [page for page in pages if page["language"] == language]
    hits = [hit(str(page["text"]), str(page["title"]), tuple(page["headings"])) for page in own]
    for n, page in enumerate(own, start=1):
        for truth in ("true", "false"):
            for claim in page[truth]:
                _, (citation,) = follow(f"{claim} [{n}]", hits)
                assert citation.quote in page["text"]
                found.append((citation.supported, truth == "true"))
    return found
