"""Blocks of a document in pieces that fit, divided where a reader would."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model import Block
from ..sentences import running as sentence_spans
from ..tokens import estimate_tokens

# Within a sentence that does not fit, from the best border to the worst.
_LINE = re.compile(r"\n+")
_CLAUSE = re.compile(r"(?<=[,;:])\s+|(?<=[，、；：])\s*")
_WORD = re.compile(r"\s+")
_BORDERS = (_LINE, _CLAUSE, _WORD)

_ITEM = re.compile(r"\n(?=\S)")
_MOST_CHARS_PER_TOKEN = 8
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Piece:
    """
    What a passage is put together from.

    Attributes:
        text: Fits into a passage.
        before: What stands between it and a piece before it in the same passage.
        running: Whether it is running text, which may overlap.
        tokens: An estimate.
    """

    text: str
    before: str
    running: bool
    tokens: int

    @property
    def cost(self) -> int:
        """Tokens with what stands before."""
        return self.tokens + (0 if self.before in {"", " "} else estimate_tokens(self.before))


def pieces(block: Block, limit: int) -> list[Piece]:
    """Return a block whole if it fits into ``limit`` tokens, else in pieces that do."""
    tokens = estimate_tokens(block.text)
    running = block.kind == "text"
    if tokens <= limit:
        return [Piece(block.text, "\n\n", running, tokens)]
    match block.kind:
        case "code":
            texts = list(_code(block.text, limit))
        case "table":
            texts = list(_table(block.text, limit))
        case "list":
            return _spaced(_list(block.text, limit), running=False)
        case _:
            return _spaced(divided(block.text, limit), running=True)
    return [Piece(text, "\n\n", False, estimate_tokens(text)) for text in texts]


def divided(text: str, limit: int) -> list[str]:
    """Return text in parts of at most ``limit`` tokens, sentences if they fit; joined they are the text."""
    if _fits(text, limit):
        return [text]
    return [part for sentence in sentences(text) for part in _within(sentence, limit, _BORDERS)]


def sentences(text: str) -> list[str]:
    """Return the sentences of running text, each with the blanks after it."""
    starts = [start for start, _ in sentence_spans(text, 0, len(text))][1:]
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _within(text: str, limit: int, borders: Sequence[re.Pattern[str]]) -> list[str]:
    if _fits(text, limit):
        return [text]
    if not borders:
        return list(_characters(text, limit))
    return [part for piece in _split(text, borders[0]) for part in _within(piece, limit, borders[1:])]


def _split(text: str, border: re.Pattern[str]) -> list[str]:
    ends = [found.end() for found in border.finditer(text)]
    return [
        part for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if (part := text[start:end])
    ]


def _fits(text: str, limit: int) -> bool:
    # the cheap half first: a megabyte need not be counted to see that it is too long
    return len(text) <= limit * _MOST_CHARS_PER_TOKEN * 4 and estimate_tokens(text.rstrip()) <= limit


def _characters(text: str, limit: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        part = _longest(text[start : start + limit * _MOST_CHARS_PER_TOKEN], limit)
        end = _before_letter(text, start, start + len(part))
        yield text[start:end]
        start = end


def _longest(text: str, limit: int) -> str:
    """Return a beginning of the text, at least a character, that fits and is nearly as long as fits."""
    while len(text) > 1 and (tokens := estimate_tokens(text)) > limit:
        text = text[: max(1, min(len(text) - 1, len(text) * limit // tokens))]
    return text


def _before_letter(text: str, start: int, end: int) -> int:
    """Return the nearest place at or before ``end`` that does not part a letter from its marks."""
    place = end
    while start < place < len(text) and _is_mark(text[place]):
        place -= 1
    return place if start < place else end


def _is_mark(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char)[0] == "M"


def _spaced(parts: Sequence[str], *, running: bool) -> list[Piece]:
    """Return parts as pieces, the blanks after each as what stands before the next."""
    found: list[Piece] = []
    before = "\n\n"
    for part in parts:
        text = part.strip() if running else part.strip("\n").rstrip()  # an indent shows the level of an item
        if text:
            found.append(Piece(text, before, running, estimate_tokens(text)))
            before = part[len(part.rstrip()) :]
    return found


def _list(text: str, limit: int) -> list[str]:
    return [part for item in _split(text, _ITEM) for part in _within(item, limit, _BORDERS)]


def _code(text: str, limit: int) -> Iterator[str]:
    """Return fenced code in fenced parts, at line borders."""
    opening, *lines, closing = text.split("\n")
    room = limit - estimate_tokens(opening) - estimate_tokens(closing) - 2
    if room < limit // 2:  # an info string as long as a page
        yield from divided(text, limit)
        return
    for part in _grouped([part for line in lines for part in _within(line, room, (_WORD,)) or [line]], room):
        yield f"{opening}\n{part}\n{closing}"


def _table(text: str, limit: int) -> Iterator[str]:
    """Return a table in tables, each with the header."""
    header, line, *rows = text.split("\n")
    room = limit - estimate_tokens(header) - estimate_tokens(line) - 2
    if room < limit // 3:
        yield from (part.strip() for part in _within(text, limit, _BORDERS) if part.strip())
        return
    for part in _grouped(rows, room):
        if _fits(part, room):
            yield f"{header}\n{line}\n{part}"
        else:
            yield from (part.strip() for part in divided(part, limit) if part.strip())


def _grouped(lines: Sequence[str], limit: int) -> Iterator[str]:
    """Return lines joined to groups of at most ``limit`` tokens; a longer line is a group."""
    group: list[str] = []
    tokens = 0
    for line in lines:
        cost = estimate_tokens(line) + 1
        if group and tokens + cost > limit:
            yield "\n".join(group)
            group, tokens = [], 0
        group.append(line)
        tokens += cost
    if group:
        yield "\n".join(group)
