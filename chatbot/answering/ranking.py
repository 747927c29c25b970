"""Several rankings of the same passages, as one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ..model import Hit

K = 60
"""Of reciprocal rank fusion: Cormack et al. 2009, doi:10.1145/1571941.1572114."""


def fuse(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """
    Return all hits once, best first, by reciprocal rank fusion; a single ranking stays as it is.

    Args:
        rankings: Each best first; scores of different searches are not compared.
    """
    filled = [ranking for ranking in rankings if ranking]
    if len(filled) <= 1:
        return [hit for ranking in filled for hit in ranking]
    scores: dict[tuple[str, str], float] = defaultdict(float)
    hits: dict[tuple[str, str], Hit] = {}
    for ranking in filled:
        for rank, hit in enumerate(ranking, start=1):
            key = (hit.collection, hit.passage.id)
            scores[key] += 1 / (K + rank)
            hits.setdefault(key, hit)
    best = sorted(scores, key=lambda key: -scores[key])
    return [replace(hits[key], score=scores[key]) for key in best]
