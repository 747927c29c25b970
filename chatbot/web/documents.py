"""A document put together again from its passages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model import Passage


@dataclass(frozen=True, slots=True)
class Section:
    """
    A piece of a document under one heading.

    Attributes:
        headings: The headings that begin here, outermost first, with their levels: 1 is the document's own.
        anchor: The id of the last of them; empty if it has none.
        text: Markdown, every character of the document once.
    """

    headings: tuple[tuple[int, str], ...]
    anchor: str
    text: str


def sections(passages: Sequence[Passage]) -> Iterator[Section]:
    """
    Yield the sections of a document.

    Args:
        passages: All of its passages in order.
    """
    above: tuple[str, ...] = ()
    anchors: set[str] = set()
    for run in _runs(passages):
        first = run[0]
        headings = first.headings
        shared = _shared(above, headings)
        # The same title again at another anchor is another section
        begun = headings[min(shared, len(headings) - 1) :] if headings else ()
        anchor = "" if first.anchor in anchors else first.anchor
        anchors.add(first.anchor)
        depth = len(headings) - len(begun)
        levels = tuple((depth + i + 1, title) for i, title in enumerate(begun))
        yield Section(levels, anchor, _joined(run))
        above = headings


def _runs(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Yield the passages that stand under the same heading."""
    run: list[Passage] = []
    for passage in passages:
        if run and (passage.headings, passage.anchor) != (run[-1].headings, run[-1].anchor):
            yield run
            run = []
        run.append(passage)
    if run:
        yield run


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _joined(run: Sequence[Passage]) -> str:
    text = run[0].text
    for passage in run[1:]:
        repeated, rest = passage.text[: passage.overlap_chars], passage.text[passage.overlap_chars :]
        # What continues a paragraph follows its last word; anything else is a block of its own
        text += rest if repeated and text.endswith(repeated) else f"\n\n{rest.lstrip()}"
    return text
