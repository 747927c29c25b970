"""
Documents to passages, along their structure.

A passage lies in one section. It never cuts a code block or a table that fits, and running text that goes on
in the next passage repeats its last sentences there.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..model import Document, Passage
from ..tokens import estimate_tokens
from .pieces import Piece, sentences
from .sections import Section, sections


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How long passages are, in tokens as `estimate_tokens` counts them.

    Attributes:
        limit: No passage is longer.
        overlap: Most that running text repeats of the passage before it.
    """

    limit: int = 320
    overlap: int = 40


SIZES = Sizes()
# Measured with BM25: recall of the answer in the first five passages rises with their length (0.89 at 200
# tokens, 0.92 at 320, 0.93 at 400), the ranking of pages does not (nDCG@10 0.92 to 0.93 up to 320, then
# less), and a prompt pays for each token. Overlap adds 0.01 of recall; joining short sections added nothing.

CHUNKER = f"structure-1/{SIZES.limit}/{SIZES.overlap}"
"""Name, version, most tokens and overlap; an index is built with one chunker."""

_IDS = uuid.UUID("5b1d3c52-6a0e-5c1f-9a53-0c8f5c0f7a11")


@dataclass(slots=True)
class _Draft:
    """A passage in the making: the repeated end of the one before, then pieces."""

    overlap: str = ""
    pieces: list[Piece] = field(default_factory=list)
    tokens: int = 0

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.tokens += piece.cost

    @property
    def overlap_chars(self) -> int:
        return len(self.overlap + self.pieces[0].before) if self.overlap else 0

    @property
    def text(self) -> str:
        texts = [piece.before + piece.text for piece in self.pieces]
        return self.overlap + "".join(texts) if self.overlap else "".join(texts)[len(self.pieces[0].before) :]


def chunk(document: Document, sizes: Sizes = SIZES) -> list[Passage]:
    """
    Divide a document into passages; the same document always into the same, with the same ids.

    Returns:
        In the order of the text. Joined without their overlaps they hold all of it; a table that is divided
        repeats its header, code its fence. Empty if the document has no text.
    """
    times: Counter[str] = Counter()
    return [
        _passage(document, section, draft, position, times)
        for position, (section, draft) in enumerate(_all_drafts(document, sizes))
    ]


def _all_drafts(document: Document, sizes: Sizes) -> Iterator[tuple[Section, _Draft]]:
    for section in sections(document, sizes.limit):
        for draft in _drafts(section.pieces, sizes):
            yield section, draft


def _passage(
    document: Document, section: Section, draft: _Draft, position: int, times: Counter[str]
) -> Passage:
    name = json.dumps([document.id, section.headings, draft.text])
    times[name] += 1
    return Passage(
        id=str(uuid.uuid5(_IDS, f"{name}{times[name]}")),
        text=draft.text,
        title=document.title,
        headings=section.headings,
        url=document.url,
        anchor=section.anchor,
        document=document.id,
        position=position,
        content_hash=document.content_hash,
        tags=document.tags,
        overlap_chars=draft.overlap_chars,
    )


def _drafts(pieces: Iterable[Piece], sizes: Sizes) -> Iterator[_Draft]:
    draft = _Draft()
    for piece in pieces:
        if draft.pieces and draft.tokens + piece.cost > sizes.limit:
            following = _following(draft, piece, sizes)
            yield draft
            draft = following
        draft.add(piece)
    if draft.pieces:
        yield draft


def _following(draft: _Draft, piece: Piece, sizes: Sizes) -> _Draft:
    """Return how the passage after a full one begins, which is before ``piece``."""
    last = draft.pieces[-1]
    if _announces(last, piece) and len(draft.pieces) > 1 and last.cost + piece.cost <= sizes.limit:
        draft.pieces.pop()
        return _Draft(pieces=[last], tokens=last.cost)
    if not (last.running and piece.running):
        return _Draft()
    overlap = _end(draft, min(sizes.overlap, sizes.limit - piece.cost))
    return _Draft(overlap, tokens=estimate_tokens(overlap))


def _announces(one: Piece, other: Piece) -> bool:
    """Return whether a line such as "For example:" stands before a list, code or a table."""
    return one.running and not other.running and one.text.endswith((":", "："))


def _end(draft: _Draft, tokens: int) -> str:
    """Return the last sentences of a passage, of at most so many tokens, never all of it."""
    last = sentences(draft.pieces[-1].text)
    kept = ""
    while last and estimate_tokens(last[-1] + kept) <= tokens:
        kept = last.pop() + kept
    return kept if last or len(draft.pieces) > 1 else ""
