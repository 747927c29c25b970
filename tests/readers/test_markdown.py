import pytest

from chatbot.model import Block

from .documents import blocks, document, texts


def anchors(content: str) -> list[str]:
    return [block.anchor for block in blocks("a.md", content) if block.kind == "heading"]


def test_headings_have_their_words_without_markup_and_a_level() -> None:
    content = "# Use `find()` *well*\n\nTwo [links](x.md)\n---\n\n###   Third   ###\n"
    assert blocks("a.md", content) == (
        Block("heading", "Use find() well", 1, "use-find-well"),
        Block("heading", "Two links", 2, "two-links"),
        Block("heading", "Third", 3, "third"),
    )


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("## What's new in 2.0?", "whats-new-in-20"),
        ("## snake_case & more", "snake_case--more"),
        ("## Größe ändern", "größe-ändern"),
        ("## กำหนดค่า", "กำหนดค่า"),
        ("## 安装 程序！", "安装-程序"),
        ("## Own {#my-id}", "my-id"),
        ("## Own {: #my-id .wide }", "my-id"),
        ('## <a name="old"></a>Title', "old"),
    ],
)
def test_a_heading_has_the_anchor_that_pages_give_it(heading: str, anchor: str) -> None:
    assert anchors(heading) == [anchor]


def test_repeated_anchors_are_numbered() -> None:
    assert anchors("# A\n# A\n# A-1\n# A\n") == ["a", "a-1", "a-1-1", "a-2"]


def test_blocks_keep_their_kind_and_their_markdown() -> None:
    content = (
        "Text with **bold** and [a link](https://example.org/a_b).\nSecond line.\n\n"
        "- one\n- two\n  - inner\n\n> quoted\n> twice\n\n1. first\n2. second\n"
    )
    assert blocks("a.md", content) == (
        Block("text", "Text with **bold** and [a link](https://example.org/a_b).\nSecond line."),
        Block("list", "- one\n- two\n  - inner"),
        Block("text", "> quoted\n> twice"),
        Block("list", "1. first\n2. second"),
    )


def test_code_is_verbatim_with_its_language() -> None:
    content = "```py title='a.py'\n  x = [a][b]  # <!-- kept -->\n\n\n# no heading\n```\n\ntext\n\n    indented <b>\n"
    assert texts("a.md", content) == [
        "```py title='a.py'\n  x = [a][b]  # <!-- kept -->\n\n\n# no heading\n```",
        "text",
        "```\nindented <b>\n```",
    ]


def test_a_fence_is_longer_than_those_inside() -> None:
    assert texts("a.md", "~~~\n```\nx\n```\n~~~") == ["````\n```\nx\n```\n````"]


def test_a_table_keeps_its_cells() -> None:
    content = "| a | b |\n|:--|--:|\n| 1 \\| 2 | `x` |\n| 3 |\n"
    assert blocks("a.md", content) == (
        Block("table", "| a | b |\n| --- | --- |\n| 1 \\| 2 | `x` |\n| 3 |  |"),
    )


def test_code_and_tables_inside_of_a_list_are_blocks_of_their_own() -> None:
    content = (
        "1. Install:\n\n   ```sh\n   pip install x\n   ```\n\n   Then look.\n2. Run\n   - now\n3. Stop\n"
    )
    assert blocks("a.md", content) == (
        Block("list", "1. Install:"),
        Block("code", "```sh\npip install x\n```"),
        Block("text", "Then look."),
        Block("list", "2. Run\n   - now\n3. Stop"),
    )


def test_reference_links_are_written_out() -> None:
    content = "See [the Guide][guide], [Guide] and [no such].\n\n[guide]: https://example.org/g 'Title'\n"
    assert texts("a.md", content) == [
        "See [the Guide](https://example.org/g), [Guide](https://example.org/g) and [no such]."
    ]


def test_comments_and_tags_are_dropped_but_not_in_code() -> None:
    content = "Press <kbd>Ctrl</kbd><!-- note --> and `<kbd>`, `<!-- x -->`.<br>Put <your-key> in.\n\n<!--\nlong\n-->\n"
    assert texts("a.md", content) == ["Press Ctrl and `<kbd>`, `<!-- x -->`.\nPut <your-key> in."]


def test_html_becomes_text() -> None:
    content = (
        "<details>\n<summary>More</summary>\n\nInside **here**.\n\n</details>\n\n"
        "<table><tr><th>H</th></tr><tr><td>1</td></tr></table>\n"
    )
    assert texts("a.md", content) == ["More", "Inside **here**.", "| H |\n| --- |\n| 1 |"]


def test_modules_and_components_of_mdx_leave_their_text() -> None:
    content = (
        "import { Card } from '@site/card'\nimport B from \"b\"\n\nexport const meta = { a: 1 }\n\n"
        "# Title\n\n{/* a comment */}\n\n<Note title='Careful'>\n- **one**\n- two\n</Note>\n\n"
        '<Tabs>\n    <Tab title="Linux">\n    Use apt.\n    </Tab>\n</Tabs>\n\n<Card/>\n'
    )
    assert texts("a.mdx", content) == ["Title", "**Careful**", "- **one**\n- two", "**Linux**", "Use apt."]


def test_front_matter_gives_title_address_and_tags() -> None:
    content = "---\ntitle: 'The: Guide'\ncanonical: https://example.org/guide\ntags: [a, 7]\nkeywords: b, a\n---\n# Other\n"
    read = document("a.md", content, url="https://example.org/elsewhere")
    assert (read.title, read.url, read.tags) == ("The: Guide", "https://example.org/guide", ("a", "7", "b"))
    assert [block.text for block in read.blocks] == ["Other"]


@pytest.mark.parametrize(
    "front",
    [
        "title: Guide\nbad: [unclosed",
        "title: Guide\n\tx: {",
        "title: Guide\ndate: 2024-02-31",
        "title: Guide\na: !!python/object:os.x",
    ],
)
def test_faulty_front_matter_is_not_fatal(front: str) -> None:
    read = document("a.md", f"---\n{front}\n---\nText")
    assert read.title == "Guide"
    assert [block.text for block in read.blocks] == ["Text"]


def test_what_is_no_front_matter_is_text() -> None:
    assert texts("a.md", "---\nJust words.\n---\n\nText") == ["Just words.", "Text"]
    assert texts("a.md", "---\n\n---\n\nText") == ["Text"]


def test_the_title_is_the_first_heading_of_the_first_level() -> None:
    assert document("a.md", "## Note\n\n# *The* title\n\n# Second").title == "The title"
    assert document("a.md", "### Only\n\ntext").title == "Only"


def test_a_heading_in_a_quote_is_no_section() -> None:
    assert blocks("a.md", "> # Loud\n> words") == (Block("text", "> **Loud**"), Block("text", "> words"))
