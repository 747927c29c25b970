"""The things this project talks about: frozen, and without any library."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .structure import without_link_targets

Vector = Sequence[float]
"""An embedding, shape (dimensions,)."""


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Token ids and their weights, of equal length; ids ascending, each once."""

    indices: Sequence[int]
    values: Sequence[float]


# Documents, as readers give them


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where the bytes of a document come from.

    Attributes:
        id: The document's name within its collection: the path below the given folder, with ``/``.
        name: The name of the file, for its suffix.
        url: Where a visitor can open the document, if it is published somewhere.
    """

    id: str
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """
    One piece of a document in reading order.

    Attributes:
        kind: What it is; decides how it may be divided.
        text: Its text, as Markdown. Of a heading: the plain words.
        level: Of a heading: 1 to 6; otherwise 0.
        anchor: Of a heading: the id that ``url#anchor`` jumps to.
    """

    kind: Literal["heading", "text", "list", "code", "table"]
    text: str
    level: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """
    What a reader makes of bytes.

    Attributes:
        id: As in ``Source``.
        title: From front matter, ``<title>``, the first heading or the file's name; never empty.
        url: From the document itself (front matter, ``<link rel=canonical>``) or from its source.
        content_hash: Of the bytes and of what else decides the passages, hexadecimal.
        tags: From front matter or ``<meta name=keywords>``.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]
    content_hash: str
    url: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """
    A piece of a document that is found and cited as one.

    Attributes:
        id: A UUID made from the document's id, the headings and the text: same bytes, same id.
        text: Markdown, without the headings above it.
        headings: The titles of the sections it stands in, outermost first, without the document's title.
        anchor: Of the nearest heading that has one, else empty.
        document: The id of its document.
        position: Its place in the document: 0, 1, 2 ...
        overlap_chars: How many of its first characters repeat the end of the passage before it.
        content_hash: Of its document.
    """

    id: str
    text: str
    title: str
    headings: tuple[str, ...]
    url: str | None
    anchor: str
    document: str
    position: int
    content_hash: str
    tags: tuple[str, ...] = ()
    overlap_chars: int = 0

    @property
    def searched_text(self) -> str:
        """What is embedded and indexed: the passage's place in words, and its text."""
        return "\n".join([self.title, *self.headings, without_link_targets(self.text)])


# The store


@dataclass(frozen=True, slots=True)
class Point:
    """A passage with its vectors, as it is written."""

    passage: Passage
    sparse: SparseVector
    dense: Vector | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """
    One search: by meaning, by words, or by both, fused in the engine.

    Attributes:
        dense: The question's embedding, of the collection's model.
        sparse: The question's BM25 weights.
        limit: Most hits to return.
    """

    dense: Vector | None = None
    sparse: SparseVector | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """
    A passage that was found.

    Attributes:
        score: Cosine similarity in [-1, 1] for a dense query, BM25 in [0, inf) for a sparse one,
            reciprocal rank fusion in (0, 1] for both.
        collection: The name of the collection it was found in.
    """

    passage: Passage
    score: float
    collection: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """
    What an index was built with; searching it with anything else would find nonsense.

    Attributes:
        embedding_model: Its name, or None when there is no dense vector.
        dimensions: The length of dense vectors, 0 without them.
        chunker: Name and version of the chunker, with its sizes.
    """

    embedding_model: str | None
    dimensions: int
    chunker: str


# A conversation


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """
    All that an answer is written from.

    Attributes:
        question: In the visitor's words, or as rewriting understood it from the conversation.
        passages: In the order of their numbers: the first is ``[1]``.
        messages: The same for a chat model: instructions, history, passages, question.
    """

    question: str
    passages: tuple[Hit, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the model's server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """
    How a model's reply ended.

    Attributes:
        reason: ``done``, or ``length`` when the model ran into its limit.
    """

    reason: Literal["done", "length"] = "done"
    usage: Usage = field(default_factory=Usage)
