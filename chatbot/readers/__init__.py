"""Bytes to documents: Markdown, HTML and plain text, in any encoding."""

import hashlib
from pathlib import PurePosixPath

from ..errors import UnreadableDocument
from ..model import Document, Source
from .content import Content
from .encoding import decode
from .html import read_html
from .kinds import kind_of
from .markdown import read_markdown
from .text import read_text

READERS = "readers-1"
"""Changes whenever the same bytes give another document, so that it is indexed again."""

MOST_BYTES = 10_000_000

_MOST_TITLE_CHARS = 300  # it is stored and encoded with every passage, as are the tags
_MOST_TAGS = 50
_MOST_TAG_CHARS = 100

_FORMATS = {b"%PDF-": "PDF", b"PK\x03\x04": "ZIP or Office", b"\xd0\xcf\x11\xe0": "old Office"}

__all__ = ["MOST_BYTES", "READERS", "content_hash", "read"]


def content_hash(source: Source, data: bytes) -> str:
    """Return a SHA-256, hexadecimal, of the bytes and of all else that decides what `read` makes of them."""
    digest = hashlib.sha256(f"{READERS}\0{source.id}\0{source.name}\0{source.url or ''}\0".encode())
    digest.update(data)
    return digest.hexdigest()


def read(source: Source, data: bytes) -> Document:
    """
    Parse a document; CPU-bound, about 1 s for a megabyte.

    Raises:
        UnreadableDocument: It is too large, binary, empty, in an unknown encoding or nested too deep.
    """
    _check(data)
    try:
        content = _content(source, decode(data, markup=True))
    except RecursionError as error:
        raise UnreadableDocument("It is nested too deep.") from error
    if not content.blocks:
        raise UnreadableDocument("It holds no text.")
    return Document(
        id=source.id,
        title=(content.title or PurePosixPath(source.name).stem or source.id)[:_MOST_TITLE_CHARS],
        blocks=content.blocks,
        content_hash=content_hash(source, data),
        url=content.url or source.url,
        tags=tuple(tag for tag in content.tags if len(tag) <= _MOST_TAG_CHARS)[:_MOST_TAGS],
    )


def _check(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise UnreadableDocument(f"It is larger than {MOST_BYTES // 1_000_000} MB.")
    if not data.strip():
        raise UnreadableDocument("It holds no text.")
    for start, name in _FORMATS.items():
        if data.startswith(start):
            raise UnreadableDocument(f"It is a file in {name} format, which is not read.")


def _content(source: Source, text: str) -> Content:
    match kind_of(source.name, text):
        case "html":
            return read_html(text, source.url)
        case "text":
            return read_text(text)
        case kind:
            return read_markdown(text, mdx=kind == "mdx")
