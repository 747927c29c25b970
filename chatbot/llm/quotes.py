"""What of a passage can be quoted on its own, and how a quote is set."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..model import Passage
from ..sentences import running
from ..structure import Block, blocks, closes, code_spans, lines

Terms = Callable[[str], frozenset[int]]

MOST_ITEM_WORDS = 60
MOST_CODE_LINES = 20
MOST_TABLE_ROWS = 8
MOST_ITEMS = 6

FENCED = re.compile(r"[ \t]*(`{3,}|~{3,})")
UNSPACED = re.compile("[\u0e00-\u1fff\u3005-\U0003ffff]")
MARK = re.compile(r"\[(?=[\^\d][\d ,;–-]{0,24}\])|【(?=\d)")


@dataclass(frozen=True, slots=True)
class Unit:
    """
    A sentence, a list item, a row of a table or a block of code.

    Attributes:
        block: Which block of the passage it stands in; headings count, so that they keep units apart.
        place: Its place among the units of the passage.
        start, end: Offsets into the passage's text.
        terms: The ids of its words; of a row: the header's too.
        header: Of a row: the span of the header and its rule, else empty.
    """

    kind: Literal["text", "item", "row", "code"]
    block: int
    place: int
    start: int
    end: int
    terms: frozenset[int]
    words: int
    header: tuple[int, int] = (0, 0)


def units(text: str, terms: Terms) -> list[Unit]:
    """Return what can be quoted, in order; headings and lines without words cannot."""
    found: list[Unit] = []
    for number, block in enumerate(blocks(text)):
        for kind, start, end, header in _pieces(text, block):
            words = terms(f"{text[slice(*header)]}\n{text[start:end]}")
            if words and (kind != "text" or count_words(text[start:end]) > 1):
                count = count_words(text[start:end])
                found.append(Unit(kind, number, len(found), start, end, words, count, header))
    return found


Piece = tuple[Literal["text", "item", "row", "code"], int, int, tuple[int, int]]


def _pieces(text: str, block: Block) -> Iterator[Piece]:
    if block.kind == "code":
        yield "code", block.start, block.end, (0, 0)
    elif block.kind == "table":
        yield from _rows(text, block)
    elif block.kind == "item" and count_words(text[block.start : block.end]) <= MOST_ITEM_WORDS:
        start = block.end - len(text[block.start : block.end].lstrip())
        yield "item", start, start + len(text[start : block.end].rstrip()), (0, 0)
    elif block.kind in ("item", "text"):
        yield from (("text", start, end, (0, 0)) for start, end in running(text, block.start, block.end))


def _rows(text: str, block: Block) -> Iterator[Piece]:
    rows = [(block.start + a, block.start + b) for a, b in lines(text[block.start : block.end])]
    header = (rows[0][0], rows[1][1]) if len(rows) > 2 else (0, 0)
    for start, end in rows[2:]:
        yield "row", start, end, header


def count_words(text: str) -> int:
    """Return about how many words there are; two characters of scripts without spaces count as one."""
    return len(text.split()) + (0 if text.isascii() else len(UNSPACED.findall(text)) // 2)


def companions(chosen: Unit, all_units: Sequence[Unit], text: str) -> list[Unit]:
    """Return what the unit makes no sense without: the code, list or table that it announces, or what announces it."""
    if announces(chosen, text):
        return list(_announced(chosen, all_units))
    before = all_units[: chosen.place]
    if chosen.kind == "item":
        before = [unit for unit in before if unit.kind != "item" or unit.block < chosen.block - MOST_ITEMS]
    near = before[-1:] if chosen.kind in ("item", "code", "row") else []
    return [unit for unit in near if announces(unit, text) and _touches(unit, chosen, all_units)]


def announces(unit: Unit, text: str) -> bool:
    return unit.kind in ("text", "item") and text[unit.start : unit.end].rstrip("*_ ").endswith((":", "："))


def _announced(chosen: Unit, all_units: Sequence[Unit]) -> Iterator[Unit]:
    kind, most = None, {"code": 1, "item": MOST_ITEMS, "row": MOST_TABLE_ROWS, "text": 3}
    for count, unit in enumerate(all_units[chosen.place + 1 :]):
        kind = kind or unit.kind
        is_near = unit.block <= chosen.block + 1 + (count if kind == "item" else 0)
        if unit.kind != kind or count >= most[kind] or not is_near:
            return
        yield unit


def _touches(before: Unit, chosen: Unit, all_units: Sequence[Unit]) -> bool:
    """Tell whether there is nothing but items of the same list between the two."""
    between = {unit.block for unit in all_units[before.place + 1 : chosen.place]}
    return before.block + len(between - {chosen.block, before.block}) + 1 >= chosen.block


def quote(chosen: Sequence[Unit], passage: Passage, n: int) -> str:
    """
    Return neighbouring units of a passage as a Markdown quote with its mark.

    Every line is a part of the passage's text as it is; only ``[`` of what would read as a citation is
    escaped, and code that was cut short gets the fence that closes it.
    """
    text, whole = passage.text, ""
    for last, unit in zip([None, *chosen], chosen, strict=False):
        whole = _joined(whole, last, unit, text)
    gap = " " if chosen[-1].kind in ("text", "item") else "\n\n"
    return "\n".join(f"> {line}".rstrip() for line in f"{whole}{gap}[{n}]".split("\n"))


def _joined(whole: str, last: Unit | None, unit: Unit, text: str) -> str:
    body = _code(text[unit.start : unit.end]) if unit.kind == "code" else escaped(text[unit.start : unit.end])
    starts_table = unit.kind == "row" and (last is None or last.header != unit.header)
    if starts_table:
        body = f"{escaped(text[slice(*unit.header)])}\n{body}"
    if last is None:
        return body
    if unit.block == last.block and unit.kind == "text":
        return whole + text[last.end : unit.start] + body
    keeps_on = unit.kind == last.kind and unit.kind in ("item", "row") and not starts_table
    return f"{whole}\n{body}" if keeps_on else f"{whole}\n\n{body}"


def _code(block: str) -> str:
    """Return the block, or its first lines when it is long, with a fence that closes it."""
    kept = block.split("\n")[: MOST_CODE_LINES + 1]
    fence = FENCED.match(kept[0])
    if fence and (len(kept) == 1 or not closes(kept[-1], fence[1])):
        kept.append(fence[0])
    return "\n".join(kept)


def escaped(text: str) -> str:
    """Return Markdown in which nothing outside code reads as a citation mark."""
    if not MARK.search(text):
        return text
    spans = code_spans(text)
    return MARK.sub(lambda m: m[0] if any(a < m.start() < b for a, b in spans) else "\\" + m[0], text)
