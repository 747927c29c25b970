"""What every reader returns, and Markdown that several of them write."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..model import Block


@dataclass(frozen=True, slots=True)
class Content:
    """
    What was read from a text.

    Attributes:
        title: As the document itself gives it; empty if it does not.
        url: Where it says it is published; None if it does not.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    url: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its marker, such as ``-`` or ``3.``, and what it holds."""

    marker: str
    blocks: Sequence[Block]


def fenced(code: str, language: str = "") -> str:
    """Return code as a fenced block; the fence is longer than any in the code."""
    longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first is its header, short ones are filled up."""
    width = max(len(row) for row in rows)
    lines = [_row([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def list_blocks(items: Iterable[Item]) -> list[Block]:
    """
    Return a list as Markdown.

    Code and tables inside of items become blocks of their own, so that they can be kept whole; the items
    around them stay lists.
    """
    parts = [part for item in items for part in _parts(item)]
    blocks: list[Block] = []
    for is_list, run in groupby(parts, key=lambda part: part.kind == "list"):
        if is_list:
            blocks.append(Block("list", "\n".join(part.text for part in run)))
        else:
            blocks += run
    return blocks


def _parts(item: Item) -> list[Block]:
    """Return an item's blocks; what belongs below its marker is indented, as long as nothing stands between."""
    parts: list[Block] = []
    indent = "\n" + " " * (len(item.marker) + 1)
    for block in item.blocks:
        if block.kind in {"code", "table"}:
            parts.append(block)
        elif not parts:
            parts.append(Block("list", f"{item.marker} " + block.text.replace("\n", indent)))
        elif all(part.kind == "list" for part in parts):
            parts.append(Block("list", indent[1:] + block.text.replace("\n", indent)))
        else:
            parts.append(block)
    return parts
