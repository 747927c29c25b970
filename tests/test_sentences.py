import random

import pytest

from chatbot.sentences import spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


def test_a_full_stop_ends_a_sentence_only_before_a_gap() -> None:
    text = "Version v1.2.3 costs 3.5 dollars. See example.com for more! Really? Yes… Then go on."
    assert sentences(text) == [
        "Version v1.2.3 costs 3.5 dollars.",
        "See example.com for more!",
        "Really?",
        "Yes…",
        "Then go on.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Prof. Jones agree.",
        "Use a store, e.g. Qdrant, or i.e. Edge.",
        "See Fig. 3 and no. 7 on p. 12.",
        "J. K. Rowling wrote it.",
        "Das gilt z.B. am 3. Oktober bzw. Nr. 5.",
        "He left... and came back.",
        '"Really?" he said.',
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(sentence: str) -> None:
    assert sentences(f"{sentence} Another follows.") == [sentence, "Another follows."]


def test_a_word_that_is_also_an_abbreviation_may_end_a_sentence() -> None:
    assert sentences("The answer is no. Ask again in 2020. Done.") == [
        "The answer is no.",
        "Ask again in 2020.",
        "Done.",
    ]


def test_closing_quotes_and_citation_marks_belong_to_the_sentence_before_them() -> None:
    text = 'He said "Stop." Then (as ever.) Foo.[1] Bar. [2][3] Baz.'
    assert sentences(text) == ['He said "Stop."', "Then (as ever.)", "Foo.[1]", "Bar. [2][3]", "Baz."]


def test_a_citation_behind_a_full_stop_ends_the_sentence_before_a_small_letter() -> None:
    assert sentences("Foo is set.[1] pip installs it.") == ["Foo is set.[1]", "pip installs it."]


def test_chinese_and_japanese_marks_end_a_sentence_without_a_gap() -> None:
    assert sentences("如何创建集合？首先安装。“好的。”然后运行！完成") == [
        "如何创建集合？",
        "首先安装。",
        "“好的。”",
        "然后运行！",
        "完成",
    ]


def test_korean_sentences_end_at_the_full_stop() -> None:
    assert sentences("이것은 문장입니다. 다음 문장이다.") == ["이것은 문장입니다.", "다음 문장이다."]


def test_thai_is_cut_at_spaces_into_pieces_that_are_worth_it() -> None:
    phrase = "ในขณะที่เป็นผู้นำในเอ็นเอฟแอลด้วยการอินเตอร์เซป"
    assert sentences(f"{phrase} {phrase} ครั้ง") == [phrase, f"{phrase} ครั้ง"]


def test_a_wrapped_line_goes_on_and_a_line_that_was_ended_early_does_not() -> None:
    wrapped = "This paragraph was wrapped by an editor at\nForty columns, which means nothing at all"
    assert sentences(wrapped) == [wrapped]
    lines = ["Models", "Compare our models", "Support is there for whoever needs it most"]
    assert sentences("\n".join(lines)) == lines


def test_headings_items_rows_and_lines_of_code_are_units_of_their_own() -> None:
    text = """\
# Head. One
Text one
wraps here.
- item one. Two
  goes on.
- [ ] task
1. Install. it
```sh
a. B
c
```
| a | b |
|---|---|
| X. Y | 2 |

    indented. Code
    more

end"""
    assert sentences(text) == [
        "# Head. One",
        "Text one\nwraps here.",
        "- item one.",
        "Two\n  goes on.",
        "- [ ] task",
        "1. Install. it",
        "```sh",
        "a. B",
        "c",
        "```",
        "| a | b |",
        "|---|---|",
        "| X. Y | 2 |",
        "indented. Code",
        "more",
        "end",
    ]


def test_a_table_without_outer_bars_is_cut_by_rows() -> None:
    assert sentences("a | b\n--- | ---\n1. X | 2. Y\n\nafter") == [
        "a | b",
        "--- | ---",
        "1. X | 2. Y",
        "after",
    ]


@pytest.mark.parametrize(
    "whole", ["`a. B`", "[a. B](http://x.org/)", "**A. B**", "*A. B*", "<b title='A. B'>"]
)
def test_no_cut_goes_through_code_links_or_emphasis(whole: str) -> None:
    assert sentences(f"See {whole} here. End.") == [f"See {whole} here.", "End."]


def test_an_unpaired_mark_protects_nothing() -> None:
    assert sentences("A ` tick. And ** stars. [Open. End.") == [
        "A ` tick.",
        "And ** stars.",
        "[Open.",
        "End.",
    ]


ALPHABET = [
    ". ",
    "A",
    "b",
    "\n",
    "\n\n",
    "`",
    "```",
    "~~~",
    "*",
    "- ",
    "# ",
    "|",
    "---",
    "    ",
    "。",
    "[1]",
    "é",
    "ก ",
    "\t",
]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_but_white_space_lies_between_sentences(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        text = "".join(chance.choices(ALPHABET, k=40))
        found, at = spans(text), 0
        for start, end in found:
            assert start >= at
            assert text[at:start].strip() == ""
            assert text[start:end] == text[start:end].strip() != ""
            at = end
        assert text[at:].strip() == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "*a",
        "`",
        "`a``",
        ". A",
        "\n",
        "A\n",
        "ก ",
        "- ",
        "|\n",
        ".",
        '."',
        "> ",
        "<a",
        "![](",
        ".[1",
        "1. ",
    ],
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    # Quadratic work on so many characters would take minutes.
    text = piece * (300_000 // len(piece))
    assert sum(end - start for start, end in spans(text)) <= len(text)


def test_white_space_has_no_sentences() -> None:
    assert spans("") == spans(" \n\t\n ") == []
