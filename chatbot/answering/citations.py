"""The citations of an answer, resolved while it is written."""

from collections.abc import Sequence

from ..events import Citation
from ..model import Hit
from ..ports import SparseEncoder
from .claims import ClaimFinder
from .marks import Mark, MarkStream
from .support import Support


class CitationStream:
    """
    Follows an answer while it is written: takes away marks that refer to nothing, resolves the others.

    What counts as a mark: `marks.MarkStream`. What a mark claims: `claims.ClaimFinder`. What makes a
    claim supported: `support.Support`. The same text gives the same result however it is cut into
    pieces; text without brackets passes at once, but for a gap at its end.
    """

    def __init__(self, hits: Sequence[Hit], encoder: SparseEncoder) -> None:
        """
        Args:
            hits: The passages that were given out; the first is number 1.
        """
        self._marks = MarkStream(len(hits))
        self._claims = ClaimFinder()
        self._support = Support([hit.passage for hit in hits], encoder)

    def feed(self, text: str) -> tuple[str, list[Citation]]:
        """
        Take the next piece of any length.

        Returns:
            Text that may be shown now, and the citations that it completed; their spans are offsets
            into all text returned so far.
        """
        if self._marks.passes(text):
            self._claims.add(text)
            return text, []
        return self._resolved(self._marks.feed(text))

    def end(self) -> tuple[str, list[Citation]]:
        """Return what was held back."""
        return self._resolved(self._marks.end())

    def _resolved(self, pieces: Sequence[str | Mark]) -> tuple[str, list[Citation]]:
        shown: list[str] = []
        citations: list[Citation] = []
        for piece in pieces:
            if isinstance(piece, Mark):
                citations += self._citations(piece)
                shown.append(piece.text)
            else:
                self._claims.add(piece)
                shown.append(piece)
        return "".join(shown), citations

    def _citations(self, mark: Mark) -> list[Citation]:
        claim = self._claims.claim()
        found = []
        for n in mark.numbers:
            self._claims.add_mark(f"[{n}]")
            quote = self._support.quote(n, claim)
            found.append(Citation(n, claim.start, self._claims.length, bool(quote), quote))
        return found
