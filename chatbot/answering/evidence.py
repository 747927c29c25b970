"""What a passage can be quoted with: its sentences and their words, looked up once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..model import Passage
from ..sentences import running
from ..structure import Block, blocks, lines
from . import figures

Terms = Callable[[str], frozenset[int]]

MOST_SENTENCES = 3
MOST_QUOTE_CHARS = 300
QUOTE_PREFIX = re.compile(r"(?:[ \t]*>)+[ \t]?")
WORD = re.compile(r"\w")
STOPS = ".!?。！？"


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    A sentence, a row or a line of code.

    Attributes:
        header: Of a row: what stands above it in its table.
        stands_alone: Whether its neighbours are about something else, as in a table.
    """

    start: int
    end: int
    header: str = ""
    stands_alone: bool = False


class Evidence:
    """A passage taken apart."""

    def __init__(self, passage: Passage, terms: Terms) -> None:
        self.text = passage.text
        above = " ".join((passage.title, *passage.headings))
        self._everything = f"{passage.text}\n{above}".lower()
        self.context = terms(above)
        self.context_numbers = figures.all_numbers(above)
        self.sentences = [each for block in blocks(self.text) for each in _sentences(self.text, block)]
        self._terms = terms
        whole = [self.text[each.start : each.end] for each in self.sentences]
        whole += [self.text[a:b].strip() for a, b in lines(self.text)]
        # a claim's mark may stand before its full stop
        self._whole = {each.rstrip(STOPS): each for each in whole} | {each: each for each in whole}
        self.windows = tuple(self._windows())
        """Each run of one to three neighbouring sentences, first and last + 1; the shorter runs come first."""

    @cached_property
    def terms(self) -> list[frozenset[int]]:
        """For each sentence the ids of its words; of a row: the header's too."""
        return [
            self._terms(self.text[each.start : each.end])
            | (self._terms(each.header) if each.header else frozenset())
            for each in self.sentences
        ]

    def _windows(self) -> Iterator[tuple[int, int]]:
        for length in range(1, MOST_SENTENCES + 1):
            for at in range(len(self.sentences) - length + 1):
                if length == 1 or not any(each.stands_alone for each in self.sentences[at : at + length]):
                    yield at, at + length

    def words(self, first: int, last: int) -> str:
        """Return the text of these sentences and of what lies between them."""
        return self.text[self.sentences[first].start : self.sentences[last - 1].end]

    def mentions(self, name: str) -> bool:
        """Tell whether the passage or its headings have this name, given in small letters."""
        return figures.mentions(self._everything, name)

    def verbatim(self, claim: str) -> str:
        """Return the claim's own words if it is made of whole sentences or lines of the passage, else ""."""
        found = [QUOTE_PREFIX.sub("", claim[a:b], count=1).strip() for a, b in lines(claim)]
        found = [line for line in found if line]
        if not any(map(WORD.search, found)) or not self._whole.keys() >= set(found):
            return ""
        found = [self._whole[line] for line in found]
        joined = "\n".join(found)
        return shortened(joined if joined in self.text else max(found, key=len))


def _sentences(text: str, block: Block) -> Iterator[Sentence]:
    if block.kind not in ("table", "code"):
        for start, end in running(text, block.start, block.end):
            yield Sentence(start, end)
        return
    rows = [(block.start + a, block.start + b) for a, b in lines(text[block.start : block.end])]
    rows = [(a, b) for a, b in rows if WORD.search(text, a, b)]
    header = text[slice(*rows[0])] if rows and block.kind == "table" else ""
    for start, end in rows:
        line = text[start:end]
        start += len(line) - len(line.lstrip())
        yield Sentence(start, start + len(line.strip()), header, block.kind == "table")


def shortened(quote: str) -> str:
    """Return the quote's beginning, cut between words; at most 300 characters."""
    quote = quote.strip()
    if len(quote) <= MOST_QUOTE_CHARS:
        return quote
    cut = quote.rfind(" ", MOST_QUOTE_CHARS // 2, MOST_QUOTE_CHARS + 1)
    return quote[: cut if cut > 0 else MOST_QUOTE_CHARS].rstrip()
