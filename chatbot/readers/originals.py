"""Files as documents to be indexed: known by the hash of their bytes before they are parsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnreadableDocument
from ..model import Document
from . import MOST_BYTES, content_hash, read
from .folders import Found, find


@dataclass(frozen=True, slots=True)
class Original:
    """`indexing.sync.Original` of a file; a file that cannot be opened says so when it is read."""

    found: Found
    content_hash: str

    @property
    def id(self) -> str:
        return self.found.source.id

    def read(self) -> Document:
        return read(self.found.source, read_bytes(self.found.path))


def originals(paths: Sequence[Path], *, base_url: str | None = None) -> list[Original]:
    """
    Return the documents in files and folders.

    Args:
        base_url: Where the folders are published.

    Raises:
        NotFound: A path does not exist.
        NoDocuments: There is nothing to read in them.
    """
    return [Original(found, hash_of(found)) for found in find(paths, base_url=base_url)]


def hash_of(found: Found) -> str:
    try:
        return content_hash(found.source, read_bytes(found.path))
    except UnreadableDocument:
        return ""


def read_bytes(path: Path) -> bytes:
    """Return the file's bytes; of one that is too large only as many as tell so."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableDocument(f"It cannot be opened: {error.strerror}.") from error
