"""Answers without a model: the sentences of the passages that fit the question best, quoted."""

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model import Hit, Prompt, Reply
from ..ports import EmitText, SparseEncoder
from ..structure import without_link_targets
from .quotes import Unit, companions, quote, units

MOST_SENTENCES = 5
MOST_WORDS = 120
LEAST_OF_BEST = 0.3
"""A sentence with less of the best one's score is not worth the reader's time."""

CONTEXT_WEIGHT = 0.7
"""What a word of the question is worth that stands only in the title or the headings."""

SAID_AGAIN = 0.4
"""What a word of the question is still worth once a quote has it."""

FEW_WORDS = 6
"""A sentence shorter than this seldom says anything without the others."""

RANK_DECAY = 0.8
ALIKE = 0.8

QUESTION = ("?", "？")
ENDS = re.compile(r"[.!:…。！：।۔។][\"'”’»)\]*_`]*$")

LEAD_IN = "No model is configured, so here is what the documents say, quoted word for word:"
NOTHING = "No model is configured, and there is nothing to quote."


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    Attributes:
        n: The number of its passage.
        above: The ids of the words of the passage's title and headings.
        quality: What speaks for it whatever the question, about 1.
    """

    n: int
    unit: Unit
    above: frozenset[int]
    quality: float


class ExtractiveModel:
    """A ChatModel that writes nothing of its own but one sentence that says so."""

    name = None

    def __init__(self, encoder: SparseEncoder) -> None:
        self._encoder = encoder

    async def reply(self, prompt: Prompt, emit: EmitText) -> Reply:
        """Emit the lead-in and then quote after quote, each a paragraph with its mark."""
        # A few milliseconds, longer for long passages: too long for the loop that streams to others.
        quotes = await asyncio.to_thread(self._quotes, prompt.question, prompt.passages)
        paragraphs = [LEAD_IN, *quotes] if quotes else [NOTHING]
        for paragraph in paragraphs[:-1]:
            await emit(f"{paragraph}\n\n")
        await emit(paragraphs[-1])
        return Reply()

    def _quotes(self, question: str, hits: Sequence[Hit]) -> list[str]:
        by_passage = [units(hit.passage.text, self._terms) for hit in hits]
        chosen = self._chosen(question, hits, by_passage)
        found = []
        for n, hit in enumerate(hits, start=1):
            in_order = sorted(chosen.get(n, ()), key=lambda unit: unit.place)
            found += [quote(run, hit.passage, n) for run in _runs(in_order)]
        return found

    def _chosen(
        self, question: str, hits: Sequence[Hit], by_passage: Sequence[Sequence[Unit]]
    ) -> Mapping[int, set[Unit]]:
        """Return the units to quote by the number of their passage."""
        worth = self._worth(question, by_passage)
        left = _with_words(worth, self._candidates(hits, by_passage))
        selection = Selection(worth)
        while left and len(selection.taken) < MOST_SENTENCES:
            scores = [selection.score(candidate) for candidate in left]
            best = max(range(len(left)), key=scores.__getitem__)
            if not selection.is_worth(scores[best]):
                break
            candidate = left.pop(best)
            inside, text = by_passage[candidate.n - 1], hits[candidate.n - 1].passage.text
            selection.take(candidate, [candidate.unit, *companions(candidate.unit, inside, text)])
        return selection.chosen

    def _candidates(self, hits: Sequence[Hit], by_passage: Sequence[Sequence[Unit]]) -> list[Candidate]:
        found = []
        for n, (hit, inside) in enumerate(zip(hits, by_passage, strict=True), start=1):
            above = self._terms(" ".join((hit.passage.title, *hit.passage.headings)))
            found += [Candidate(n, unit, above, _quality(unit, n, hit.passage.text)) for unit in inside]
        return found

    def _worth(self, question: str, by_passage: Sequence[Sequence[Unit]]) -> dict[int, float]:
        """Return what each word of the question is worth: the rarer in these passages, the more."""
        inside = [frozenset().union(*(unit.terms for unit in each)) for each in by_passage]
        worth = {}
        for term in self._terms(question):
            count = sum(term in each for each in inside)
            worth[term] = 0.2 + math.log(1 + (len(inside) - count + 0.5) / (count + 0.5))
        return worth

    def _terms(self, text: str) -> frozenset[int]:
        return frozenset(self._encoder.encode_query(without_link_targets(text)).indices)


class Selection:
    """What has been chosen so far, and what else is worth having beside it."""

    def __init__(self, worth: dict[int, float]) -> None:
        self.chosen: dict[int, set[Unit]] = {}
        self.taken: list[Unit] = []
        self._worth = worth
        self._best = 0.0

    def score(self, candidate: Candidate) -> float:
        terms, worth = candidate.unit.terms, self._worth
        own = sum(worth[term] for term in terms & worth.keys())
        above = sum(worth[term] for term in (candidate.above - terms) & worth.keys())
        near = any(abs(other.place - candidate.unit.place) == 1 for other in self.chosen.get(candidate.n, ()))
        return (own + CONTEXT_WEIGHT * above or 1.0) * candidate.quality * (1.15 if near else 1.0)

    def is_worth(self, score: float) -> bool:
        self._best = self._best or score
        return score >= LEAST_OF_BEST * self._best

    def take(self, candidate: Candidate, group: Sequence[Unit]) -> None:
        """Take the group unless it is there, says nothing new or is too long beside the others."""
        known = self.chosen.get(candidate.n, set())
        new = [unit for unit in group if unit not in known]
        if not new or self._says_again(candidate.unit) or self._is_too_long(new):
            return
        self.chosen[candidate.n] = known.union(new)
        self.taken += new
        for term in candidate.unit.terms & self._worth.keys():
            self._worth[term] *= SAID_AGAIN

    def _says_again(self, unit: Unit) -> bool:
        return any(_is_said_by(other, unit, self._worth) for other in self.taken)

    def _is_too_long(self, group: Sequence[Unit]) -> bool:
        """Tell whether it is; one is always taken, and code that belongs to a sentence is extra."""
        words = sum(unit.words for unit in [*self.taken, *group] if unit.kind != "code")
        return bool(self.taken) and words > MOST_WORDS


def _is_said_by(other: Unit, unit: Unit, worth: Mapping[int, float]) -> bool:
    """Tell whether the other is nearly the same, and has all words of the question that this one has."""
    shared = len(unit.terms & other.terms)
    nearly_same = shared >= ALIKE * min(len(unit.terms), len(other.terms))
    return nearly_same and other.terms >= unit.terms & worth.keys()


def _with_words(worth: Mapping[int, float], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those with a word of the question; if there is none, as with another language, the best beginning."""
    found = [each for each in candidates if worth.keys() & each.unit.terms]
    return found or [each for each in candidates if each.n == 1 and each.unit.place < 2]


def _quality(unit: Unit, n: int, text: str) -> float:
    quality = RANK_DECAY ** (n - 1) * {"text": 1.0, "item": 0.95, "row": 0.9, "code": 0.6}[unit.kind]
    quality *= 1.1 if unit.place == 0 else 1.0
    quality *= 0.8 if unit.words > 50 else 0.6 if unit.words < FEW_WORDS else 1.0
    if unit.kind != "text":
        return quality
    if text[unit.start : unit.end].endswith(QUESTION):
        return quality * 0.6
    is_whole = bool(ENDS.search(text, unit.start, unit.end)) or text[unit.start] > "\u0e00"
    return quality * (1.0 if is_whole else 0.6)  # labels and menus rather than sentences


def _runs(chosen: Sequence[Unit]) -> list[list[Unit]]:
    """Return neighbours together."""
    runs: list[list[Unit]] = []
    for unit in chosen:
        if runs and _follows(runs[-1][-1], unit):
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return runs


def _follows(last: Unit, unit: Unit) -> bool:
    same_table = unit.kind == "row" and last.header == unit.header
    return same_table or (unit.place == last.place + 1 and unit.block <= last.block + 1)
