"""Documents that nobody wrote: the same at every run, with the word frequencies of running text."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

WORDS = 8000
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "zo",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "lu",
    "ster",
    "tion",
    "gral",
    "pend",
    "mark",
    "lent",
]


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    paragraphs: tuple[str, ...]


class Corpus:
    """Makes titles, sections and questions of invented words."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        words = dict.fromkeys(self._word() for _ in range(2 * WORDS))
        self._words = list(words)[:WORDS]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def title(self) -> str:
        """Return three of the rarer words: a question with them finds little else."""
        return " ".join(self._random.sample(self._words[WORDS // 10 :], 3)).capitalize()

    def section(self, paragraphs: int) -> Section:
        return Section(self.title(), tuple(self.paragraph(4) for _ in range(paragraphs)))

    def paragraph(self, sentences: int) -> str:
        return " ".join(self.sentence() for _ in range(sentences))

    def sentence(self) -> str:
        count = self._random.randint(7, 18)
        return " ".join(self.words(count)).capitalize() + "."

    def words(self, count: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)

    def vector(self, dimensions: int, near: Sequence[float] | None = None) -> list[float]:
        """Return a direction, anywhere or about as near to another as texts of one subject are."""
        anywhere = [byte - 127.5 for byte in self._random.randbytes(dimensions)]
        return [one + other for one, other in zip(anywhere, near, strict=True)] if near else anywhere

    def _word(self) -> str:
        return "".join(self._random.choices(SYLLABLES, k=self._random.randint(2, 4)))


def question(title: str) -> str:
    """Return a question whose answer is in the section of this title."""
    return f"How do I use {title.lower()}?"


def write(folder: Path, documents: int, sections: int = 4) -> Sequence[str]:
    """Write Markdown files; return questions about their sections."""
    corpus = Corpus()
    questions = []
    for number in range(documents):
        parts = [corpus.section(paragraphs=3) for _ in range(sections)]
        body = "\n\n".join("\n\n".join([f"## {each.heading}", *each.paragraphs]) for each in parts)
        (folder / f"{number:04}.md").write_text(f"# {corpus.title()}\n\n{body}\n")
        questions += [question(each.heading) for each in parts]
    return questions
