"""Which reader a text needs, from the text itself; its file's name decides only where that leaves it open."""

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["markdown", "mdx", "html", "text"]

HTML_SUFFIXES = frozenset((".html", ".htm", ".xhtml"))
MARKDOWN_SUFFIXES = frozenset((".md", ".markdown", ".mdx"))
TEXT_SUFFIXES = frozenset((".txt", ".text", ".rst"))

_LOOKED_AT_CHARS = 20_000
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*|<!--.{0,2000}?-->\s*){0,3}<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_STARTS_WITH_TAG = re.compile(r"\s*<[a-z!/]", re.IGNORECASE)
_BLOCK_TAG = re.compile(
    r"</?(?:p|div|h[1-6]|ul|ol|li|table|tr|td|pre|section|article|br|title)\b[^<>]*>", re.IGNORECASE
)
_SIGNS = (
    re.compile(r"^#{1,6} +\S", re.MULTILINE),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"\]\((?:https?:|[./#])"),
    re.compile(r"^\|?[ ]?:?-{3,}:?[ ]?\|", re.MULTILINE),
    re.compile(r"^[-*] +\S", re.MULTILINE),
)


def kind_of(name: str, text: str) -> Kind:
    """Return how to read a text; ``name`` is the file's."""
    start = text[:_LOOKED_AT_CHARS]
    suffix = PurePosixPath(name.lower()).suffix
    if _PAGE.match(start):
        return "html"
    if suffix in MARKDOWN_SUFFIXES:
        return "mdx" if suffix == ".mdx" else "markdown"
    if suffix in HTML_SUFFIXES:
        return _without_page(start)
    return "markdown" if suffix != ".rst" and _signs(start) > 1 else "text"


def _without_page(start: str) -> Kind:
    """Return the kind of a file that is called HTML but does not begin like a page."""
    if _STARTS_WITH_TAG.match(start):
        return "html"
    if _signs(start) and _signs(start) >= len(_BLOCK_TAG.findall(start)):
        return "markdown"
    return "html" if _BLOCK_TAG.search(start) else "markdown" if _signs(start) else "text"


def _signs(start: str) -> int:
    """Return how many kinds of Markdown's marks there are."""
    return sum(1 for sign in _SIGNS if sign.search(start))
