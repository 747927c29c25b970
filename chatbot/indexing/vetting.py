"""Whether a collection may be searched with what is configured: looked at once, at the first contact."""

from dataclasses import dataclass

from ..ports import Embedder, VectorStore
from .sync import require_current


@dataclass(slots=True)
class Vetting:
    """
    Checks the collection's fingerprint until that has succeeded; then it costs nothing.

    A store may be down when the service starts, and the collection may be mended while it runs.
    """

    store: VectorStore
    embedder: Embedder | None
    collection: str
    done: bool = False

    async def __call__(self) -> None:
        """
        Raise what stands against a search.

        Raises:
            FingerprintMismatch: The collection was built with something else.
            StoreError
        """
        if not self.done:
            require_current(await self.store.fingerprint(self.collection), self.embedder, self.collection)
            self.done = True
