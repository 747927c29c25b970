"""
The structure of Markdown by its lines and marks alone: blocks, and what no cut may go through.

Readers parse documents; this is for the text of passages and for answers that are still being written.
It is linear in the text, whatever the text is, and loses nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]
Kind = Literal["heading", "text", "item", "table", "code", "rule"]


@dataclass(frozen=True, slots=True)
class Block:
    """
    Lines that belong together.

    Attributes:
        kind: ``item`` is one list item, ``table`` and ``code`` hold all their lines (fences included),
            ``rule`` is a line without words: a thematic break, the underline of a heading.
        start, end: Code point offsets of whole lines, without the last line break.
    """

    kind: Kind
    start: int
    end: int


ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+(?=\S)")
HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
RULE = re.compile(r" {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,}|-+|=+)\s*$")
FENCE = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^`]*)$")
TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
INDENTED = re.compile(r"(?: {4}| {0,3}\t)[ \t]*\S")


def blocks(text: str) -> list[Block]:
    """Return the blocks of Markdown in order; between them there is only white space."""
    found: list[Block] = []
    fence, blank, in_list = "", True, False
    for start, end in lines(text):
        line = text[start:end]
        last = found[-1] if found else None
        if fence:
            found[-1] = Block("code", found[-1].start, end)
            if closes(line, fence):
                fence = ""
            blank = False
            continue
        if not line.strip():
            blank = True
            continue
        kind = _kind(line, last if not blank else None, in_list=in_list)
        opened = FENCE.match(line)
        if opened:
            kind, fence = "code", opened[1]
        joins = last is not None and not opened and _joins(text, last, kind, start, blank=blank)
        if joins and last is not None:
            # A delimiter row makes a table of the line above it.
            found[-1] = Block("table" if kind == "table" else last.kind, last.start, end)
        else:
            found.append(Block(kind, start, end))
        is_lazy = kind == "text" and not blank
        in_list = kind == "item" or (in_list and (is_lazy or line[0] in " \t"))
        blank = False
    return found


def closes(line: str, fence: str) -> bool:
    """Tell whether the line ends a block of code that the fence opened."""
    mark = line.strip(" \t>\r")
    return len(mark) >= len(fence) and not mark.strip(fence[0])


def _kind(line: str, above: Block | None, *, in_list: bool) -> Kind:
    if above is not None and above.kind == "table" and "|" in line:
        return "table"
    if line.lstrip().startswith("|") or ("|" in line and "-" in line and TABLE_RULE.match(line)):
        return "table"
    if HEADING.match(line):
        return "heading"
    if RULE.match(line):
        return "rule"
    if INDENTED.match(line) and not in_list and (above is None or above.kind == "code"):
        return "code"
    return "item" if ITEM.match(line) else "text"


def _joins(text: str, last: Block, kind: Kind, start: int, *, blank: bool) -> bool:
    """Tell whether a line goes on with the block above it."""
    if kind == "code":  # indented: blank lines inside it belong to it
        return last.kind == "code" and text[last.start] in " \t"
    if blank:
        return False
    if kind == "table":
        has_rule_below = last.kind == "text" and "\n" not in text[last.start : last.end]
        return last.kind == "table" or (has_rule_below and "|" in text[last.start : last.end])
    return kind == "text" and last.kind in ("text", "item")


def lines(text: str) -> Iterator[Span]:
    """Return the lines in order, without their breaks."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


# What no cut may go through

TICKS = re.compile(r"`+")
INLINE = re.compile(
    r"!?\[[^\[\]\n]{0,300}\](?:\([^()\s]{0,1000}(?:\s+\"[^\"\n]{0,200}\")?\)|\[[^\[\]\n]{0,80}\])"  # links
    r"|\*\*(?=\S)[^*\n]{1,500}(?<=\S)\*\*"
    r"|__(?=\S)[^_\n]{1,500}(?<=\S)__"
    r"|(?<![*\w])\*(?=[^\s*])[^*\n]{1,500}(?<=\S)\*(?![*\w])"
    r"|(?<![_\w])_(?=[^\s_])[^_\n]{1,500}(?<=\S)_(?![_\w])"
    r"|<[A-Za-z/!][^<>\n]{0,300}>"
)
# Every repeat has a bound, so that brackets and stars without a partner cost a constant each.
LINK_TARGET = re.compile(r"\]\([^()\s]{0,1000}(?:\s+\"[^\"\n]{0,200}\")?\)")


def without_link_targets(text: str) -> str:
    """Return the text with the words of its links alone: an address says nothing to a reader."""
    return LINK_TARGET.sub("]", text)


def protected(piece: str) -> list[Span]:
    """Return code spans, links, emphasis and tags, in order; they may overlap."""
    found = code_spans(piece)
    found += (m.span() for m in INLINE.finditer(piece))
    return sorted(found)


def code_spans(piece: str) -> list[Span]:
    """Return the code spans with their ticks: a run of ticks up to the next run of the same length."""
    runs = [m.span() for m in TICKS.finditer(piece)]
    partner, nearest = [-1] * len(runs), dict[int, int]()
    for at in reversed(range(len(runs))):
        length = runs[at][1] - runs[at][0]
        partner[at] = nearest.get(length, -1)
        nearest[length] = at
    found, at = [], 0
    while at < len(runs):
        if partner[at] >= 0:
            found.append((runs[at][0], runs[partner[at]][1]))
            at = partner[at]
        at += 1
    return found
