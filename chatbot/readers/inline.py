"""Text, links and emphasis of HTML as Markdown."""

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

MOST_DEPTH = 200
"""Levels that are walked one by one; what is below counts as plain text."""

_DROPPED = frozenset(("nav", "footer", "button", "input", "datalist", "dialog", "map", "head"))
_NOTE = re.compile(r"note|tip|hint|info|warn|caution|danger|important|admonition|callout", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NUMBERING = frozenset(("lineno", "linenos", "line-number", "line-numbers", "gutter", "rouge-gutter"))
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
_OPENS_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, zero-width space, word joiner, BOM


def is_dropped(node: LexborNode) -> bool:
    """Return whether an element holds nothing of the content: controls, navigation, what is not shown."""
    attributes = node.attributes
    return (
        node.tag in _DROPPED
        or (node.tag == "aside" and not _is_note(attributes))
        or "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
        or not _NUMBERING.isdisjoint(classes(node))
    )


def _is_note(attributes: Mapping[str, str | None]) -> bool:
    # generators of manuals set notes and warnings, which are content, as <aside>
    return any(_NOTE.search(attributes.get(name) or "") for name in ("class", "role", "aria-label"))


def classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").lower().split()


def plain(text: str) -> str:
    """Return text so that Markdown shows it as it is; only what looks like a tag needs help."""
    return _OPENS_TAG.sub(r"\\<", _INVISIBLE.sub("", text))


def collapsed(text: str) -> str:
    """Return text with single blanks; line breaks that were put in on purpose (``<br>``) stay."""
    lines = (" ".join(line.split()) for line in text.split("\v"))
    return "\n".join(line for line in lines if line)


def inline(node: LexborNode, base: str | None, depth: int = 0) -> str:
    """
    Return what is inside of an element as Markdown; `collapsed` finishes it.

    Args:
        base: The page's address, for relative links.
    """
    if depth > MOST_DEPTH:
        return plain(node.text(deep=True))
    return "".join(inline_node(child, base, depth) for child in node.iter(include_text=True))


def inline_node(node: LexborNode, base: str | None, depth: int = 0) -> str:
    """Return one text or element as Markdown."""
    if node.is_text_node:
        return plain(node.text_content or "")
    if not node.is_element_node or is_dropped(node):
        return ""
    match node.tag:
        case "br":
            return "\v"
        case "img":
            return plain(node.attributes.get("alt") or "")
        case "code" | "tt" | "samp":
            return _code(node.text(deep=True))
        case "a":
            return _link(node, inline(node, base, depth + 1), base)
        case tag:
            return _marked(inline(node, base, depth + 1), _MARKS.get(tag or "", ""))


def _code(text: str) -> str:
    text = " ".join(_INVISIBLE.sub("", text).split())
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}" if text else ""


def _marked(text: str, mark: str) -> str:
    core = text.strip()
    if not mark or not core or mark in core or "\v" in core:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _link(node: LexborNode, text: str, base: str | None) -> str:
    target = address(node.attributes.get("href"), base)
    core = collapsed(text)
    if target is None or not core or "](" in core:
        return text
    return f"[{core}]({target})"


def address(href: str | None, base: str | None) -> str | None:
    """Return where a link leads, absolute if possible; None if nowhere that a reader could go."""
    if not href or (href.startswith("#") and base is None):
        return None
    try:
        target = urljoin(base or "", href.strip())
        scheme = urlsplit(target).scheme
    except ValueError:
        return None
    if scheme not in {"", "http", "https", "mailto"}:
        return None
    return re.sub(r"[\s()<>]", lambda found: f"%{ord(found[0]):02X}", target)
