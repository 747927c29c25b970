import pytest

from chatbot.model import Block

from .documents import blocks, document


def headings(content: str) -> list[tuple[str, int]]:
    return [(block.text, block.level) for block in blocks("a.txt", content) if block.kind == "heading"]


def test_paragraphs_are_what_blank_lines_part() -> None:
    assert blocks("a.txt", "one\ntwo\n \t\nthree\n\n\n    four\n      five\n") == (
        Block("text", "one\ntwo"),
        Block("text", "three"),
        Block("text", "four\n  five"),
    )


def test_lines_that_were_never_wrapped_are_paragraphs() -> None:
    assert len(blocks("a.txt", f"{'long ' * 60}\n{'more ' * 60}\nshort\nlines")) == 3


def test_underlined_lines_are_headings_by_the_order_of_their_lines() -> None:
    content = "Guide\n=====\n\nIntro.\n\nFirst part\n----------\nText below.\n\n******\nSecond\n******\n\nNext\n====\n\nEnd."
    assert headings(content) == [("Guide", 1), ("First part", 2), ("Second", 3), ("Next", 1)]
    assert Block("text", "Text below.") in blocks("a.txt", content)


@pytest.mark.parametrize(
    "content",
    ["-----\n-----\n\nx", "a\n-------------------\n\nx", "a b c d e f\n---\n\nx", "12 34\n-----\n\nx"],
)
def test_a_line_that_is_no_underline_makes_no_heading(content: str) -> None:
    assert headings(content) == []


def test_numbered_lines_that_stand_alone_are_headings() -> None:
    content = "1. Scope\n\nThis text says\nsomething.\n\n1.1 Terms\n\nMore text.\n\n2. End of it\n\nThe end."
    assert headings(content) == [("1. Scope", 1), ("1.1 Terms", 2), ("2. End of it", 1)]


def test_a_numbered_list_is_no_outline() -> None:
    assert headings("1. Buy milk\n\n2. Buy eggs\n\n3. Go home.") == []


def test_lines_in_capitals_are_headings_where_others_are_not() -> None:
    assert headings("OPENING HOURS\n\nWe open at nine.\n\nTHE END") == [("OPENING HOURS", 1)]
    assert headings("STOP RIGHT THERE\n\nDO NOT MOVE\n\nOR ELSE") == []
    assert headings("NOTE!\n\nWe open at nine.") == []


def test_the_first_heading_is_the_title() -> None:
    assert document("a.txt", "Opening hours\n=============\n\nNine to five.").title == "Opening hours"


def test_restructured_text_is_read_as_text() -> None:
    content = (
        "Guide\n=====\n\nSee `docs <https://example.org>`_.\n\n- a\n- b\n\n.. code:: py\n\n    # no heading\n"
    )
    assert [block.kind for block in blocks("a.rst", content)] == ["heading", "text", "text", "text", "text"]
