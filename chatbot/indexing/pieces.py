"""Blocks of a document in pieces that fit, divided where a reader would."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model import Block
from ..tokens import estimate_tokens

# From the best border to the worst; each takes what follows the border's mark along, so nothing is lost.
_SENTENCE = re.compile(
    r"""(?<=[.!?…])["'”’»)\]*_]*\s+(?=[^\sa-zà-ÿа-я])"""  # not before a small letter: e.g. an abbreviation
    r"""|(?<=[。！？｡])[”’」』）]*\s*(?![。！？｡”’」』）])"""
    r"""|(?<=[।؟])\s*"""
    r"""|\n{2,}"""
)
_LINE = re.compile(r"\n+")
_CLAUSE = re.compile(r"(?<=[,;:])\s+|(?<=[，、；：])\s*")
_WORD = re.compile(r"\s+")
_BORDERS = (_SENTENCE, _LINE, _CLAUSE, _WORD)

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


def divided(text: str, limit: int, borders: Sequence[re.Pattern[str]] = _BORDERS) -> list[str]:
    """Return text in parts of at most ``limit`` tokens; joined they are the text."""
    if _fits(text, limit):
        return [text]
    if not borders:
        return list(_characters(text, limit))
    return [part for piece in _split(text, borders[0]) for part in divided(piece, limit, borders[1:])]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the blanks after it."""
    return _split(text, _SENTENCE)


def _split(text: str, border: re.Pattern[str]) -> list[str]:
    ends = [found.end() for found in border.finditer(text)]
    return [
        part for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if (part := text[start:end])
    ]


def _fits(text: str, limit: int) -> bool:
    # the cheap half first: a megabyte need not be counted to see that it is too long
    return len(text) <= limit * _MOST_CHARS_PER_TOKEN * 4 and estimate_tokens(text.rstrip()) <= limit


def _characters(text: str, limit: int) -> Iterator[str]:
    while text:
        size = min(len(text), limit * _MOST_CHARS_PER_TOKEN)
        while (tokens := estimate_tokens(text[:size])) > limit:
            size = max(1, min(size - 1, size * limit // tokens))
            if size == 1:
                break
        size = _before_letter(text, size)
        yield text[:size]
        text = text[size:]


def _before_letter(text: str, size: int) -> int:
    """Return the nearest place at or before ``size`` that does not part a letter from its marks."""
    place = size
    while 0 < place < len(text) and (unicodedata.category(text[place])[0] == "M" or text[place] in _JOINERS):
        place -= 1
    return place or size


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
    return [part for item in _split(text, _ITEM) for part in divided(item, limit, _BORDERS[1:])]


def _code(text: str, limit: int) -> Iterator[str]:
    """Return fenced code in fenced parts, at line borders."""
    opening, *lines, closing = text.split("\n")
    room = limit - estimate_tokens(opening) - estimate_tokens(closing) - 2
    if room < limit // 2:  # an info string as long as a page
        yield from divided(text, limit)
        return
    for part in _grouped([part for line in lines for part in divided(line, room, (_WORD,)) or [line]], room):
        yield f"{opening}\n{part}\n{closing}"


def _table(text: str, limit: int) -> Iterator[str]:
    """Return a table in tables, each with the header."""
    header, line, *rows = text.split("\n")
    room = limit - estimate_tokens(header) - estimate_tokens(line) - 2
    if room < limit // 3:
        yield from (part.strip() for part in divided(text, limit, _BORDERS[1:]) if part.strip())
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
