"""Citation marks in an answer that is being written: found, checked against what was given out, set alike."""

import re
from dataclasses import dataclass

from .verbatim import Verbatim

MOST_CHARS = 32
"""No longer text is held back to see whether it becomes a mark."""

MOST_SPACES = 24
"""Longer gaps before a mark that is taken away stay in part."""

NUMBERS = r"\d{1,4}(?: ?[,;，、–-] ?\d{1,4}){0,15}"
MARK = re.compile(rf"\[\^? ?({NUMBERS}) ?\]|【 ?({NUMBERS}) ?(?:†[^】\n]{{0,24}})?】")
BEGINNING = re.compile(
    r"\[\^? ?(?:\d{1,4} ?[,;，、–-] ?){0,15}(?:\d{1,4} ?)?\Z"
    r"|【 ?(?:\d{1,4} ?[,;，、–-] ?){0,15}(?:\d{1,4} ?)?(?:(?<=[\d ])†[^】\n]{0,24})?\Z"
)
BRACKET = re.compile("[\\[【]")
SPECIAL = re.compile(r"[\[【`\n]|[ \t]\Z")
PART = re.compile(r"(\d+)(?: ?[–-] ?(\d+))?")
CLOSING = frozenset(".,;:!?)]}。，、；：！？）」』”’\n")


@dataclass(frozen=True, slots=True)
class Mark:
    """The numbers of one mark, ascending in a range, otherwise as written; each was given out."""

    numbers: tuple[int, ...]

    @property
    def text(self) -> str:
        return "".join(f"[{n}]" for n in self.numbers)


Piece = str | Mark


class MarkStream:
    """
    Cuts an answer into text and marks; joined, the pieces are the answer as it is shown.

    Marks are `[1]`, `[1, 2]`, `[1-3]`, `[^1]`, `【1】` and `【1†source】`. Left alone as text are: code;
    links `[1](...)`, `[text][1]` and definitions `[1]: ...`; `\\[1]`; indexes and intervals that count
    from nought, `items[0]` and `[0, 1]` (no passage has number 0). `word[1]` is a mark, since models
    often leave the space out. A mark whose numbers were never given out is taken away, with the space
    before it when another space, the end of the line or a closing mark follows.

    The same text gives the same pieces however it arrives. Held back are at most a gap and what may
    become a mark.
    """

    def __init__(self, given: int) -> None:
        """
        Args:
            given: How many passages were given out, as numbers 1 to `given`.
        """
        self._given = given
        self._verbatim = Verbatim()
        self._open = ""  # what may become a mark
        self._gap = ""  # spaces that go if the mark behind them goes
        self._removed = False  # a mark was taken away and nothing shown since
        self._before = "\n"  # the character before, "" behind a mark
        self._pieces: list[Piece] = []

    def passes(self, text: str) -> bool:
        """Take a piece if it can be shown as it is, and tell whether it can; most can."""
        if not text or self._gap or self._open or self._removed or SPECIAL.search(text):
            return False
        self._verbatim.go_on(text)
        self._before = text[-1]
        return True

    def feed(self, text: str) -> list[Piece]:
        """Return what is clear now, in order."""
        return self._read(self._open + text, final=False)

    def end(self) -> list[Piece]:
        """Return what was held back."""
        pieces = self._read(self._open, final=True)
        if self._gap and not self._removed:
            pieces.append(self._gap)
        self._gap = ""
        return pieces

    def _read(self, text: str, *, final: bool) -> list[Piece]:
        self._open, at = "", 0
        while found := BRACKET.search(text, at):
            self._plain(text[at : found.start()])
            at = found.start()
            mark = (
                None if self._verbatim.is_code or self._is_bound() else MARK.match(text, at, at + MOST_CHARS)
            )
            if not final and self._is_open(text, at, mark):
                self._open = text[at:]
                return self._taken()
            if mark and self._is_mark(mark, text[mark.end() : mark.end() + 1]):
                self._mark(mark)
                at = mark.end()
            else:
                self._plain(text[at])
                at += 1
        self._plain(text[at:])
        return self._taken()

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _is_bound(self) -> bool:
        """Tell whether a bracket here is escaped, or the second half of a link `[text][1]`."""
        return not self._gap and self._before in ("\\", "]")

    def _is_open(self, text: str, at: int, mark: re.Match[str] | None) -> bool:
        if mark:
            return mark.end() == len(text)  # what follows decides between a mark and a link
        if len(text) - at > MOST_CHARS or self._verbatim.is_code or self._is_bound():
            return False
        return BEGINNING.match(text, at) is not None

    def _is_mark(self, mark: re.Match[str], following: str) -> bool:
        if following == "(" and mark[0][0] == "[":
            return False
        if following == ":" and self._verbatim.at_line_start:
            return False
        numbers = mark[1] or mark[2]
        counts_from_nought = any(int(part) == 0 for part in re.findall(r"\d+", numbers))
        is_index = not self._gap and self._before.isalnum()
        return not counts_from_nought or (numbers.isdigit() and not is_index)

    def _mark(self, mark: re.Match[str]) -> None:
        self._verbatim.go_on(mark[0])
        numbers = self._numbers(mark[1] or mark[2])
        if not numbers:
            self._removed = True
            return
        if self._removed:
            self._gap = " " if self._gap and self._before != "\n" else ""
            self._removed = False
        if self._gap:
            self._pieces.append(self._gap)
        self._pieces.append(Mark(numbers))
        self._gap = self._before = ""

    def _numbers(self, written: str) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for first, last in PART.findall(written):
            low, high = int(first), min(int(last or first), self._given)
            found.update(dict.fromkeys(range(max(low, 1), high + 1)))
        return tuple(found)

    def _plain(self, text: str) -> None:
        if not text:
            return
        self._verbatim.feed(text)
        if self._removed:
            text = self._closed_up(text)
        text = self._gap + text
        shown = text.rstrip(" \t")
        shown = text[: max(len(shown), len(text) - MOST_SPACES)]
        self._gap = text[len(shown) :]
        if shown:
            self._pieces.append(shown)
            self._before = shown[-1]

    def _closed_up(self, text: str) -> str:
        """Return what follows a mark that was taken away, and leave one space between words at most."""
        rest = text.lstrip(" \t")
        gap = bool(self._gap) or len(rest) < len(text)
        self._gap = ""
        if not rest:
            self._gap = " "
            return ""
        self._removed = False
        return (" " if gap and rest[0] not in CLOSING and self._before != "\n" else "") + rest
