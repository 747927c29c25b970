"""Whether the words of a passage carry a claim: a deterministic comparison, without a model."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from ..model import Passage
from ..ports import SparseEncoder
from ..structure import without_link_targets
from . import figures
from .claims import Claim
from .evidence import Evidence, shortened
from .polarity import contradicts

LEAST_SHARE = 0.55
"""Share of a claim's words, by weight, that its evidence must have; set with tests/answering/claims.jsonl."""

LEAST_OWN_SHARE = 0.3
"""The part of it that must stand in the quote itself; title and headings may give the rest."""

LEAST_TERMS = 2
"""A part of a sentence with fewer words is judged with the whole sentence."""

LENGTH_COST = 0.04
"""What one more sentence must add to the share for the longer quote to be better."""

COMMON_WEIGHT = 0.5
NAME_WEIGHT = 2.5
"""A missing name weighs more than a missing word, which may have been said in another way."""

NAME = re.compile(r"(?<=[a-z0-9,] )[A-Z][\w-]+")
GERMAN = re.compile(r"\b(?:der|die|das|und|ist|ein|eine|den|dem|wird|werden|mit|für|nicht|im|zu)\b")


class Support:
    """Compares claims with the passages that were given out; what it learns of a passage is kept."""

    def __init__(self, passages: Sequence[Passage], encoder: SparseEncoder) -> None:
        self._passages = passages
        self._encoder = encoder
        self._evidence: dict[int, Evidence] = {}
        self._passages_with: Counter[int] = Counter()

    def quote(self, n: int, claim: Claim) -> str:
        """
        Return the words of passage `n` that carry the claim, an exact part of its text, or "".

        They are one to three neighbouring sentences with the most of the claim's words. All its numbers
        and all its names of code must be there, and neither side may deny the other.
        """
        evidence = self._of(n)
        if verbatim := evidence.verbatim(claim.own):
            return verbatim
        text = without_link_targets(claim.own)
        if len(self._terms(text)) < LEAST_TERMS:
            text = without_link_targets(claim.text)
        if not all(evidence.mentions(name) for name in figures.code(text)):
            return ""
        words = self._best_words(evidence, text)
        return "" if not words or contradicts(text, words, self._terms) else shortened(words)

    def _best_words(self, evidence: Evidence, claim: str) -> str:
        """Return the window with the most of the claim, or "" if none has enough."""
        weights = self._weights(claim)
        held = [terms & weights.keys() for terms in evidence.terms]
        above = evidence.context & weights.keys()
        best, found = 0.0, ""
        for first, last in evidence.windows:
            share = _share(weights, frozenset().union(*held[first:last]), above)
            score = share - LENGTH_COST * (last - first - 1)
            if share < LEAST_SHARE or score <= best:
                continue
            words = evidence.words(first, last)
            if _numbers_hold(claim, words, evidence.context_numbers):
                best, found = score, words
        return found

    def _weights(self, claim: str) -> dict[int, float]:
        """Return the weight of each of the claim's words: the rarer among the passages, the more."""
        passages_with, total = self._counts(), len(self._passages)
        weights = {}
        for term in self._terms(claim):
            count = max(1, passages_with[term])
            weights[term] = COMMON_WEIGHT + math.log(1 + (total - count + 0.5) / (count + 0.5))
        for term in self._names(claim) & weights.keys():
            weights[term] *= NAME_WEIGHT
        return weights

    def _names(self, claim: str) -> frozenset[int]:
        """Return the words with a capital inside a sentence; of German they would be all nouns."""
        return frozenset() if GERMAN.search(claim) else self._terms(" ".join(NAME.findall(claim)))

    def _terms(self, text: str) -> frozenset[int]:
        return frozenset(self._encoder.encode_query(text).indices)

    def _of(self, n: int) -> Evidence:
        if n not in self._evidence:
            self._evidence[n] = Evidence(self._passages[n - 1], self._terms)
        return self._evidence[n]

    def _counts(self) -> Counter[int]:
        if not self._passages_with:
            for passage in self._passages:
                self._passages_with.update(self._terms(passage.text))
        return self._passages_with


def _share(weights: dict[int, float], held: frozenset[int], above: frozenset[int]) -> float:
    """
    Return the share of the claim's words, by weight, that some sentences and what stands above them have.

    Args:
        held: The claim's words in the sentences; with too few of them the share is 0.
        above: Those in the title and the headings.
    """
    # fsum: windows with the same words tie, in whatever order their words come
    total, own = math.fsum(weights.values()), math.fsum(weights[term] for term in held)
    if not total or own < LEAST_OWN_SHARE * total:
        return 0.0
    return (own + math.fsum(weights[term] for term in above - held)) / total


def _numbers_hold(claim: str, words: str, above: frozenset[str]) -> bool:
    """Tell whether the claim's numbers stand in the words or above them, and with the units they have there."""
    needed = figures.numbers(claim) - above
    if not needed:
        return True
    there = figures.by_unit(words)
    agree = all(found <= there.get(unit, found) | above for unit, found in figures.by_unit(claim).items())
    return agree and needed <= figures.all_numbers(words)
