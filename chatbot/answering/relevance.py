"""Whether passages fit a question at all, or are merely the closest that there are."""

from collections.abc import Sequence

from ..model import Hit, SparseVector
from ..ports import SparseEncoder

BEST = 5
COVERED = 0.4
"""Least share of the question's words that one of the best passages must hold."""


def is_relevant(question: str, hits: Sequence[Hit], sparse: SparseEncoder) -> bool:
    """Return whether one of the best hits holds enough of the question's words."""
    asked = set(sparse.encode_query(question).indices)
    if not hits or not asked:
        return bool(hits)
    return (
        max(covered(asked, sparse.encode_passage(hit.passage.searched_text)) for hit in hits[:BEST])
        >= COVERED
    )


def covered(asked: set[int], vector: SparseVector) -> float:
    return len(asked.intersection(vector.indices)) / len(asked)
