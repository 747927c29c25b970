"""Documents read as a file of that name would be."""

from chatbot.model import Block, Document, Source
from chatbot.readers import read


def document(name: str, content: str | bytes, *, url: str | None = None) -> Document:
    data = content.encode() if isinstance(content, str) else content
    return read(Source(f"docs/{name}", name, url), data)


def blocks(name: str, content: str | bytes, *, url: str | None = None) -> tuple[Block, ...]:
    return document(name, content, url=url).blocks


def texts(name: str, content: str | bytes, *, url: str | None = None) -> list[str]:
    return [block.text for block in blocks(name, content, url=url)]
