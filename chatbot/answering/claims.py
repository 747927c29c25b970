"""What a citation mark claims: the sentence that it stands in or right behind."""

import re
from dataclasses import dataclass

from ..sentences import running
from ..structure import Block, blocks

MOST_CHARS = 1000
"""No claim begins further back: bounds the work for each mark."""

MARKS = re.compile(r"[ \t]?\[\d{1,4}\]")
QUOTED = re.compile(r"^ {0,3}>[ \t]?", re.MULTILINE)
LEAD = re.compile(r"(?:[ \t]*>)*[ \t]*(?:(?:[-*+•]|\d{1,9}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class Claim:
    """
    Attributes:
        start: Where it begins in the answer.
        text: Its words up to the mark, without other marks.
        own: The part of them that follows the mark before; the same as `text` if there is none.
    """

    start: int
    text: str
    own: str


class ClaimFinder:
    """Keeps as much of the answer as a claim may need."""

    def __init__(self) -> None:
        self.length = 0
        self._parts: list[str] = []
        self._kept_from = 0
        self._sentence = 0  # where the last claim's sentence begins
        self._last_mark = 0  # where the last mark ends
        self._last: Claim | None = None

    def add(self, text: str) -> None:
        """Take text as it is shown."""
        self._parts.append(text)
        self.length += len(text)

    def add_mark(self, text: str) -> None:
        self.add(text)
        self._last_mark = self.length

    def claim(self) -> Claim:
        """Return what a mark at the end of the text so far claims."""
        answer = self._tail()
        since = answer[max(0, self._last_mark - self._kept_from) :]
        if self._last and not since.strip():
            return self._last
        begin = max(self._sentence, self.length - MOST_CHARS) - self._kept_from
        start = begin + _sentence_start(answer[begin:])
        self._sentence = self._kept_from + start
        start += len(_lead(answer[start:]))
        own = answer[max(start, self._last_mark - self._kept_from) :]
        self._last = Claim(self._kept_from + start, MARKS.sub("", answer[start:]), MARKS.sub("", own))
        return self._last

    def _tail(self) -> str:
        answer = "".join(self._parts)
        cut = max(0, len(answer) - 2 * MOST_CHARS)
        self._kept_from += cut
        self._parts = [answer[cut:]]
        return answer[cut:]


def _lead(text: str) -> str:
    found = LEAD.match(text)
    return found[0] if found else ""


def _sentence_start(text: str) -> int:
    """Return where the last sentence begins; of a mark below code or a table: where that begins."""
    body = QUOTED.sub(_blank, text.rstrip(" \t\n>"))
    found = blocks(body)
    if not found:
        return 0
    last = found[-1]
    if last.kind in ("code", "table") and "\n" in text[len(body) :]:
        return last.start
    return _in_block(body, last)


def _blank(prefix: re.Match[str]) -> str:
    """Return as many spaces: what is quoted has the structure of what is not."""
    return " " * len(prefix[0])


def _in_block(text: str, block: Block) -> int:
    if block.kind == "table":
        return text.rfind("\n", block.start, block.end) + 1 or block.start
    inside = running(text, block.start, block.end)
    return inside[-1][0] if inside else block.start
