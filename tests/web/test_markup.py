"""Markdown of models and documents becomes HTML that is safe, and loses nothing while it grows."""

import random
from html import unescape

import pytest
from selectolax.lexbor import LexborHTMLParser

from chatbot.web.markup import MAX_DEPTH, Markup

MARKUP = Markup()
ANSWER = """\
# Where it is kept

Every change goes to the **log** first [1], and is
applied afterwards [2]. 😀 Emoji and 한국어 count as one character each.

- first [1]
- second

  with a paragraph of its own [3]

1) one
2) two

> quoted words
over two lines

| Setting | Default |
| --- | ---: |
| `a` | 1 |

```python
print("[1]")

# not a heading
```

    indented code

Setext
------

***

Last words"""


def html(markdown: str, *numbers: int) -> str:
    return MARKUP.html(markdown, numbers)


def words(html: str) -> str:
    """Return the letters and digits that a reader sees."""
    return "".join(filter(str.isalnum, LexborHTMLParser(f"<body>{html}</body>").text()))


def test_a_given_number_becomes_a_citation_close_to_its_word() -> None:
    assert html("Kept in a log [2].", 1, 2) == (
        '<p>Kept in a log<a class="citation" href="#source-2" data-n="2" aria-label="Source 2">2</a>.</p>\n'
    )


def test_marks_that_follow_one_another_are_each_a_citation() -> None:
    assert html("Both say so [1][2].", 1, 2).count('class="citation"') == 2


@pytest.mark.parametrize("text", ["[7]", "[0]", "[x]", "[1000]", "[]", "[ 1]", r"\[1\]", "[²]"])
def test_a_number_that_was_not_given_out_stays_text(text: str) -> None:
    assert "citation" not in html(f"Words {text} words", 1, 2)
    assert text.replace("\\", "") in html(f"Words {text} words", 1, 2)


@pytest.mark.parametrize(
    "text", ["`[1]`", "```\n[1]\n```", "    [1]", "[see [1]](https://a.example/)", "<https://a.example/[1]>"]
)
def test_code_and_links_hold_no_citations(text: str) -> None:
    assert "citation" not in html(text, 1)


def test_a_reference_definition_does_not_turn_marks_into_links() -> None:
    assert 'href="https://evil.example' not in html("Text [1]\n\n[1]: https://evil.example/", 1)


def test_links_open_elsewhere_and_tell_nothing() -> None:
    assert html("[a](https://a.example/)") == (
        '<p><a href="https://a.example/" rel="noopener noreferrer nofollow" target="_blank">a</a></p>\n'
    )


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)"),
        *(
            "data:text/html,<script>alert(1)</script>",
            "data:image/png;base64,AA",
            "vbscript:x",
            "file:///etc",
        ),
        *(
            "//evil.example",
            "/\\evil.example",
            "/api/search",
            "/documents/../api",
            "other.md",
            "blob:x",
            "ws://x",
        ),
    ],
)
def test_links_lead_only_where_they_may(address: str) -> None:
    assert "href" not in html(f"[words]({address}) ![words]({address}) <{address}>")
    assert "words" in html(f"[words]({address})")


def test_a_passages_relative_links_are_resolved_against_its_document() -> None:
    shown = MARKUP.passage("[a](../b.md#c) [d][e]\n\n[e]: f.md", "/documents/guide/start.md")
    assert 'href="/documents/b.md#c"' in shown
    assert 'href="/documents/guide/f.md"' in shown


def test_a_passage_cannot_leave_the_documents() -> None:
    assert "href" not in MARKUP.passage("[a](/api/search) [b](javascript:alert(1))", "/documents/start.md")


def test_pictures_are_linked_and_never_loaded() -> None:
    shown = html(
        "![A *chart*](https://a.example/c.png) [![badge](https://a.example/b.svg)](https://a.example/)"
    )
    assert "<img" not in shown
    assert ">A chart</a>" in shown
    assert shown.count("<a ") == 2


def test_raw_html_is_shown_as_the_words_it_is() -> None:
    shown = html("<script>alert(1)</script>\n\nA <b onclick=x>b</b> <img src=x onerror=alert(1)>")
    assert not {"script", "b", "img"} & {node.tag for node in LexborHTMLParser(shown).css("body *")}
    assert "onerror=alert(1)" in unescape(shown)


def test_code_is_highlighted_under_its_language() -> None:
    shown = html("```python\nimport os\n```")
    assert "<figcaption>python</figcaption>" in shown
    assert '<span class="kn">import</span>' in shown


def test_code_of_an_unknown_language_is_shown_as_it_is() -> None:
    assert '<code>a &lt; "b"\n</code>' in unescape_quotes(html('```"><script>\na < "b"\n```'))


def unescape_quotes(html: str) -> str:
    return html.replace("&quot;", '"')


def test_no_style_is_written_into_markup() -> None:
    shown = html("| a | b |\n| :-: | --: |\n| 1 | 2 |")
    assert "style" not in shown
    assert '<td class="right">2</td>' in shown


def test_headings_stand_below_the_pages_own() -> None:
    assert html("# A\n\n### B") == "<h3>A</h3>\n<h5>B</h5>\n"


HOSTILE = {
    "quotes": ">" * 5000,
    "spaced quotes": "> " * 20_000,
    "brackets": "[" * 20_000,
    "stars": "*" * 50_000,
    "nested emphasis": "*a " * 10_000 + "b* " * 10_000,
    "nested strong": "**a " * 5000 + "b** " * 5000,
    "nested strikethrough": "~~a " * 5000 + "b~~ " * 5000,
    "nested links": "[a](" * 5000,
    "nested pictures": "![" * 5000,
    "nested lists": "".join("  " * depth + "- a\n" for depth in range(300)),
    "nested list markers": "- " * 5000 + "a",
    "tags": "<div>" * 20_000,
    "backticks": "".join("`" * n + "a" for n in range(300)),
    "entities": "&#x41;" * 10_000,
    "table": "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|a" * 2000,
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.timeout(10)
def test_hostile_nesting_neither_takes_long_nor_nests_deep(kind: str) -> None:
    shown = html(HOSTILE[kind], 1)
    assert depth(shown) <= 3 * MAX_DEPTH
    MARKUP.finished(HOSTILE[kind] + "\n")


def depth(html: str) -> int:
    deepest = 0
    pending = [(LexborHTMLParser(html).body, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending += [(child, level + 1) for child in (node.iter() if node else ())]
    return deepest


@pytest.mark.parametrize("kind", ["quotes", "nested lists", "brackets", "nested emphasis"])
def test_what_nests_too_deep_keeps_its_words(kind: str) -> None:
    assert words(html(HOSTILE[kind])) == "".join(filter(str.isalnum, HOSTILE[kind]))


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", ""),
        ("words", ""),
        ("words\n", ""),
        ("words\n\n", "words\n\n"),
        ("words\n\nmore", "words\n\n"),
        ("words\r\n\r\nmore", "words\r\n\r\n"),
        ("words\n\r", ""),
        ("# heading", ""),
        ("# heading\n", "# heading\n"),
        ("heading\n---\n", "heading\n---\n"),
        ("***\n", "***\n"),
        ("- one\n- two\n", ""),
        ("- one\n\n- two\n\n", ""),
        ("- one\n\nwords\n", "- one\n\n"),
        ("- one\nlazy\n\nwords\n\n", "- one\nlazy\n\nwords\n\n"),
        ("- one\n# heading\n", "- one\n# heading\n"),
        ("- one\n\n  two\n\n    code\n", ""),
        ("```\ncode\n", ""),
        ("```\ncode\n\n# no heading\n", ""),
        ("```\ncode\n```\n", "```\ncode\n```\n"),
        ("```\r\ncode\r\n```\r\n", "```\r\ncode\r\n```\r\n"),
        ("```\ncode\n    ```\n", ""),
        ("~~~\n```\n~~~~\n", "~~~\n```\n~~~~\n"),
        ("````\n```\n", ""),
        ("    code\n\n", ""),
        ("    code\n\nwords\n", "    code\n\n"),
        ("> quoted\n", ""),
        ("> quoted\n\n", "> quoted\n\n"),
        ("| a |\n| - |\n| 1 |\n", ""),
        ("| a |\n| - |\n| 1 |\n\n", "| a |\n| - |\n| 1 |\n\n"),
        ("\n\n", ""),
        ("\n\nwords\n\n", "\n\nwords\n\n"),
        ("words\n# heading\nmore", "words\n# heading\n"),
        ("😀 words\n\nmore", "😀 words\n\n"),
    ],
)
def test_only_blocks_that_cannot_change_are_finished(text: str, complete: str) -> None:
    assert text[: MARKUP.finished(text)] == complete


@pytest.mark.parametrize("seed", range(20))
def test_a_text_cut_anywhere_is_rendered_block_by_block_as_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    rendered, spans = [], []
    pending, start, rest = "", 0, ANSWER
    while rest:
        size = chance.randint(1, 40)
        pending, rest = pending + rest[:size], rest[size:]
        end = start + MARKUP.finished(pending) if rest else len(ANSWER)
        if end > start:
            rendered.append(html(pending[: end - start], 1, 2, 3))
            spans.append((start, end))
            pending, start = pending[end - start :], end
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(ANSWER)
    assert len(spans) > 5
    assert "".join(rendered) == html(ANSWER, 1, 2, 3)


@pytest.mark.parametrize("seed", range(200))
def test_random_lines_are_rendered_block_by_block_as_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    lines = (
        *(
            "",
            "",
            "words [1]",
            "# heading",
            "- item",
            "  more",
            "1. item",
            "> quote",
            "```",
            "~~~",
            "---",
            "===",
        ),
        *(
            "| a | b |",
            "| - | - |",
            "    code",
            "\ttab",
            "* * *",
            "-",
            "#",
            "[1]: x",
            "  - deep",
            "a\\",
            "+ plus",
        ),
    )
    text = "".join(chance.choice(lines) + chance.choice(["\n", "\n", "\r\n"]) for _ in range(25))
    rendered, pending = [], ""
    for char in text:
        pending += char
        if char == "\n" and (end := MARKUP.finished(pending)):
            rendered.append(html(pending[:end], 1))
            pending = pending[end:]
    rendered.append(html(pending, 1))
    assert "".join(rendered) == html(text, 1)


@pytest.mark.timeout(20)
def test_asking_at_each_line_of_a_long_list_does_not_parse_it_each_time() -> None:
    text = ""
    for n in range(1000):
        text += f"- item {n} of a list that goes on and on\n"
        assert MARKUP.finished(text) == 0
