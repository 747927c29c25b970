import random
from itertools import pairwise

import pytest

from chatbot.indexing.chunking import CHUNKER, SIZES, Sizes, chunk
from chatbot.model import Block, Document, Passage
from chatbot.tokens import estimate_tokens

SENTENCES = [f"This is sentence number {n} of a longer text." for n in range(200)]
SMALL = Sizes(limit=60, overlap=20)


def document(*blocks: Block, title: str = "Guide") -> Document:
    return Document("docs/a.md", title, blocks, "hash", "https://example.org/a", ("tag",))


def heading(text: str, level: int = 2, anchor: str = "") -> Block:
    return Block("heading", text, level, anchor)


def text(words: str) -> Block:
    return Block("text", words)


def new_text(passage: Passage) -> str:
    return passage.text[passage.overlap_chars :]


# Where a passage stands


def test_a_passage_carries_its_document_and_its_place() -> None:
    first, second = chunk(document(heading("One"), text("a"), heading("Two", 2, "two"), text("b")))
    assert (first.title, first.document, first.url, first.content_hash, first.tags) == (
        "Guide",
        "docs/a.md",
        "https://example.org/a",
        "hash",
        ("tag",),
    )
    assert [(each.position, each.text, each.headings, each.anchor) for each in (first, second)] == [
        (0, "a", ("One",), ""),
        (1, "b", ("Two",), "two"),
    ]


def test_headings_are_a_path_without_the_title_of_the_document() -> None:
    passages = chunk(
        document(
            heading("guide ", 1, "guide"),
            text("intro"),
            heading("Install", 2, "install"),
            heading("Linux", 4),
            text("apt"),
            heading("Use", 2, "use"),
            text("run"),
        )
    )
    assert [(each.headings, each.anchor, each.text) for each in passages] == [
        ((), "guide", "intro"),
        (("Install", "Linux"), "install", "apt"),
        (("Use",), "use", "run"),
    ]


def test_a_first_heading_that_is_not_the_title_stays() -> None:
    assert chunk(document(heading("Other", 1), text("a")))[0].headings == ("Other",)


def test_a_heading_with_nothing_below_it_is_found_as_text() -> None:
    passages = chunk(document(heading("Ask us"), heading("Call us"), text("0800"), heading("Come", 3)))
    assert [(each.text, each.headings) for each in passages] == [
        ("Ask us", ()),
        ("0800", ("Call us",)),
        ("Come", ("Call us",)),
    ]


def test_a_heading_as_long_as_a_page_is_text() -> None:
    words = " ".join(SENTENCES)
    assert all(each.headings == () for each in chunk(document(heading(words), text("a"))))


def test_a_document_without_blocks_has_no_passages() -> None:
    assert chunk(document()) == []


# Where a passage ends


def test_blocks_of_a_section_share_a_passage_while_they_fit() -> None:
    blocks = [text("One."), Block("list", "- two\n- three"), Block("code", "```\nfour\n```")]
    assert [each.text for each in chunk(document(*blocks))] == ["One.\n\n- two\n- three\n\n```\nfour\n```"]


def test_running_text_ends_with_a_sentence_and_is_repeated_in_the_next_passage() -> None:
    passages = chunk(document(text(" ".join(SENTENCES))), SMALL)
    assert len(passages) > 10
    assert all(each.text.endswith(".") and each.text.startswith("This") for each in passages)
    assert passages[0].overlap_chars == 0
    for before, after in pairwise(passages):
        repeated = after.text[: after.overlap_chars]
        assert before.text.endswith(repeated.rstrip())
        assert 0 < estimate_tokens(repeated.rstrip()) <= SMALL.overlap


def test_nothing_is_repeated_across_sections_or_around_code() -> None:
    words = " ".join(SENTENCES[:3])
    code = Block("code", "```\n" + "x = 1\n" * 12 + "```")
    passages = chunk(document(text(words), heading("Next"), text(words), code, text(words)), SMALL)
    assert len(passages) == 4
    assert [each.overlap_chars for each in passages] == [0, 0, 0, 0]


def test_code_and_tables_that_fit_are_never_cut() -> None:
    code = Block("code", "```py\n" + "\n".join(f"a{n} = {n}" for n in range(6)) + "\n```")
    table = Block("table", "| a | b |\n| --- | --- |\n" + "\n".join(f"| {n} | x |" for n in range(4)))
    for words in range(1, 12):
        passages = chunk(document(text(" ".join(SENTENCES[:words])), code, table), SMALL)
        assert sum(code.text in each.text for each in passages) == 1
        assert sum(table.text in each.text for each in passages) == 1


def test_longer_code_is_cut_between_lines_and_fenced_again() -> None:
    lines = [f"value_{n} = compute({n})" for n in range(60)]
    passages = chunk(document(Block("code", "```py\n" + "\n".join(lines) + "\n```")), SMALL)
    assert len(passages) > 3
    assert all(each.text.startswith("```py\n") and each.text.endswith("\n```") for each in passages)
    assert [line for each in passages for line in each.text.split("\n")[1:-1]] == lines


def test_a_longer_table_is_cut_between_rows_and_repeats_its_header() -> None:
    rows = [f"| name {n} | value {n} |" for n in range(60)]
    passages = chunk(document(Block("table", "\n".join(["| Name | Value |", "| --- | --- |", *rows]))), SMALL)
    assert len(passages) > 3
    assert all(each.text.split("\n")[:2] == ["| Name | Value |", "| --- | --- |"] for each in passages)
    assert [row for each in passages for row in each.text.split("\n")[2:]] == rows


def test_a_longer_list_is_cut_between_items() -> None:
    items = [f"- item {n} of the list\n  with a second line" for n in range(30)]
    passages = chunk(document(Block("list", "\n".join(items))), SMALL)
    assert len(passages) > 3
    assert all(each.text.startswith("- ") for each in passages)
    assert "\n".join(each.text for each in passages) == "\n".join(items)


def test_what_announces_a_block_stays_with_it() -> None:
    code = Block("code", "```\n" + "x = 1\n" * 10 + "```")
    passages = chunk(document(text(" ".join(SENTENCES[:2])), text("For example:"), code), SMALL)
    assert [each.text.startswith("For example:") for each in passages] == [False, True]
    assert code.text in passages[1].text


def test_scripts_without_blanks_are_cut_behind_their_full_stops() -> None:
    sentence = "在安装程序之前请检查配置文件。"
    passages = chunk(document(text(sentence * 40)), SMALL)
    assert len(passages) > 3
    assert all(each.text.endswith("。") and each.text.startswith("在") for each in passages)


def test_a_word_is_cut_only_when_it_is_longer_than_a_passage() -> None:
    words = [f"word{n}" for n in range(300)]
    passages = chunk(document(text(" ".join(words))), Sizes(limit=60, overlap=0))
    assert [word for each in passages for word in each.text.split()] == words
    parts = chunk(document(text("x" * 2000)), SMALL)
    assert len(parts) > 1
    assert "".join(new_text(each) for each in parts) == "x" * 2000


def test_a_letter_is_never_parted_from_its_marks() -> None:
    cluster = "ก\u0e34\u0e49"
    for passage in chunk(document(text(cluster * 500)), Sizes(limit=41, overlap=0)):
        assert passage.text.startswith("ก")


# Ids


def test_the_same_document_gives_the_same_passages_and_ids() -> None:
    blocks = (heading("One"), text(" ".join(SENTENCES)), text("Same."), heading("One"), text("Same."))
    assert chunk(document(*blocks)) == chunk(document(*blocks))


def test_equal_passages_of_a_document_have_different_ids() -> None:
    passages = chunk(document(heading("One"), text("Same."), heading("One"), text("Same.")))
    assert passages[0].text == passages[1].text
    assert passages[0].id != passages[1].id


def test_an_id_changes_with_the_document_the_heading_and_the_text_alone() -> None:
    def first_id(words: str = "Text", under: str = "One", id: str = "a", before: str = "") -> str:
        blocks = [text(before), heading(under), text(words)] if before else [heading(under), text(words)]
        return chunk(Document(id, "T", tuple(blocks), "hash"))[-1].id

    assert len({first_id(), first_id(words="Other"), first_id(under="Two"), first_id(id="b")}) == 4
    assert first_id(before="Something new above.") == first_id()


def test_the_chunker_names_its_sizes() -> None:
    assert CHUNKER.endswith(f"/{SIZES.limit}/{SIZES.overlap}")


# Whatever the document

WORDS = (
    *(
        "word",
        "größe",
        "слово",
        "标题",
        "。",
        "데이터",
        "नमस्ते",
        "مرحبا",
        "x" * 900,
        "标" * 500,
        "12345",
        ". ",
        "! ",
    ),
    *(
        "：",
        "\n",
        "\n\n",
        "e.g.",
        "é" * 400,
        "\U0001f469\u200d" * 100,
        "   ",
        "\t",
        "ก\u0e49" * 300,
        "<b>",
        "`c`",
        "|",
    ),
)


def words(chance: random.Random, most: int) -> str:
    plain = ("alpha", "beta", "gamma.", "Delta", "eps,")
    count = chance.randint(1, most)
    return (
        " ".join(chance.choice(WORDS if chance.random() < 0.3 else plain) for _ in range(count)).strip()
        or "x"
    )


def line(chance: random.Random, most: int) -> str:
    return " ".join(words(chance, most).split())


def random_block(chance: random.Random) -> Block:
    match chance.choice(["heading", "text", "text", "list", "code", "table"]):
        case "heading":
            return heading(line(chance, 4)[:80], chance.randint(1, 6), chance.choice(["", "a"]))
        case "list":
            items = [line(chance, chance.choice([4, 30, 200])) for _ in range(chance.randint(1, 20))]
            return Block("list", "\n".join(f"{'  ' * (n % 2)}- {item}" for n, item in enumerate(items)))
        case "code":
            lines = [line(chance, chance.choice([3, 12, 100])) for _ in range(chance.randint(1, 40))]
            return Block("code", "\n".join(["```py", *lines, "```"]))
        case "table":
            cells = [
                line(chance, chance.choice([2, 5, 30])).replace("|", "") for _ in range(chance.randint(2, 30))
            ]
            return Block("table", "\n".join(["| a |", "| --- |", *(f"| {cell} |" for cell in cells)]))
    return text(words(chance, chance.choice([5, 60, 300])))


def squeezed(block: str) -> str:
    return "".join(block.split())


@pytest.mark.parametrize("seed", range(40))
def test_no_passage_is_too_long_and_no_text_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    sizes = chance.choice([SIZES, Sizes(400, 80), Sizes(80, 0), Sizes(41, 20)])
    blocks = tuple(random_block(chance) for _ in range(chance.randint(1, 10)))
    passages = chunk(document(*blocks), sizes)

    assert [each.position for each in passages] == list(range(len(passages)))
    assert len({each.id for each in passages}) == len(passages)
    assert all(0 < estimate_tokens(each.text) <= sizes.limit for each in passages)
    for before, after in pairwise(passages):
        assert before.text.endswith(after.text[: after.overlap_chars].rstrip())

    # fences and headers are repeated, so code and tables are looked for line by line
    joined = squeezed("".join(new_text(each) for each in passages))
    bare = squeezed("".join(each.text for each in passages).replace("```py", "").replace("```", ""))
    bare = bare.replace("|a||---|", "")
    for block in blocks:
        if block.kind in {"text", "list"}:
            assert squeezed(block.text) in joined
        elif block.kind == "heading":
            assert any(block.text in (*each.headings, each.text, each.title) for each in passages)
        else:
            inside = block.text.split("\n")[1:-1] if block.kind == "code" else block.text.split("\n")[2:]
            for row in inside:
                assert squeezed(row) in bare
