"""An answer while it is written: its citations are resolved and its finished blocks rendered on the way."""

from collections.abc import Sequence

from ..errors import ModelInterrupted
from ..events import Block, Citation, Delta
from ..model import Hit
from ..ports import Emit, Renderer, SparseEncoder
from .citations import CitationStream

GROWTH = 1.25
"""How much longer the unrendered text must have become before it is looked at again: keeps the work linear."""

MOST_CHARS = 200_000


class AnswerWriter:
    """Takes the model's text in pieces of any length, and emits deltas, citations and blocks."""

    def __init__(self, hits: Sequence[Hit], sparse: SparseEncoder, renderer: Renderer, emit: Emit) -> None:
        self._citations = CitationStream(hits, sparse)
        self._renderer = renderer
        self._emit = emit
        self._numbers = range(1, len(hits) + 1)
        self._pending = ""
        self._rendered_chars = 0
        self._look_at_chars = 0

    async def write(self, text: str) -> None:
        """
        Take the next piece.

        Raises:
            ModelInterrupted: The answer became longer than any reader would want.
        """
        await self._show(*self._citations.feed(text))
        if "\n" in text and len(self._pending) >= self._look_at_chars:
            await self._render(self._renderer.finished(self._pending))
            self._look_at_chars = int(len(self._pending) * GROWTH)
        if self._rendered_chars + len(self._pending) > MOST_CHARS:
            raise ModelInterrupted("The answer became too long and was cut off.")

    async def end(self) -> None:
        """Show what was held back, and render the rest."""
        await self._show(*self._citations.end())
        await self._render(len(self._pending))

    async def _show(self, text: str, citations: Sequence[Citation]) -> None:
        if text:
            self._pending += text
            await self._emit(Delta(text))
        for citation in citations:
            await self._emit(citation)

    async def _render(self, chars: int) -> None:
        if not chars:
            return
        start, end = self._rendered_chars, self._rendered_chars + chars
        html = self._renderer.html(self._pending[:chars], self._numbers)
        self._pending, self._rendered_chars = self._pending[chars:], end
        await self._emit(Block(html, start, end))
