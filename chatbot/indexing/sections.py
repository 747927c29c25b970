"""A document as the sections that its headings make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..model import Block, Document
from ..tokens import estimate_tokens
from .pieces import Piece, pieces

LONGEST_HEADING_CHARS = 300
"""A heading is repeated in every passage below it; a longer one counts as text."""


@dataclass(frozen=True, slots=True)
class Section:
    """
    The text under a heading, up to the next.

    Attributes:
        headings: Outermost first, without the document's title.
        anchor: Of the nearest heading that has one.
    """

    headings: tuple[str, ...]
    anchor: str
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Outline:
    """The headings above the place that is being read, and what was read since the last."""

    title: str
    open: list[Block] = field(default_factory=list)
    read: list[Piece] = field(default_factory=list)

    def enter(self, heading: Block) -> None:
        while self.open and self.open[-1].level >= heading.level:
            self.open.pop()
        self.open.append(heading)
        self.read = []

    def section(self) -> Section:
        anchor = next((heading.anchor for heading in reversed(self.open) if heading.anchor), "")
        if self.read or not self.open:
            return Section(self._path(self.open), anchor, tuple(self.read))
        words = self.open[-1].text  # of a heading with nothing below it: to be found as text
        piece = Piece(words, "\n\n", False, estimate_tokens(words))
        return Section(self._path(self.open[:-1]), anchor, (piece,))

    def _path(self, headings: Sequence[Block]) -> tuple[str, ...]:
        shown = headings[1:] if headings and _same(headings[0].text, self.title) else headings
        return tuple(heading.text for heading in shown)


def sections(document: Document, limit: int) -> Iterator[Section]:
    """Return the sections that have text, in pieces of at most ``limit`` tokens."""
    outline = _Outline(document.title)
    for block in document.blocks:
        if block.kind != "heading" or len(block.text) > LONGEST_HEADING_CHARS:
            text = Block("text", block.text) if block.kind == "heading" else block
            outline.read += pieces(text, limit)
            continue
        if outline.read or (outline.open and block.level <= outline.open[-1].level):
            yield outline.section()
        outline.enter(block)
    if outline.read or outline.open:
        yield outline.section()


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
