"""Elements of HTML to blocks, in reading order."""

import re
from collections.abc import Container

from selectolax.lexbor import LexborNode

from ..model import Block
from .content import Item, fenced, list_blocks, table
from .inline import MOST_DEPTH, classes, collapsed, inline, inline_node, is_dropped

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "output", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
_HOLDS_BLOCKS = "p, div, ul, ol, dl, pre, table, blockquote, section, h1, h2, h3, h4, h5, h6"
_HOLDS_PARTS = "table, pre, h1, h2, h3, h4, h5, h6"
_LANGUAGE = re.compile(r"(?:language|lang|highlight|highlight-source|brush:?)-?([a-z][\w+#.-]*)$")
_NO_LANGUAGES = frozenset(("default", "none", "notranslate", "text", "plaintext"))
_ANCHOR_SIGNS = frozenset(("", "#", "¶", "§", "🔗", "permalink", "link"))


def blocks_of(node: LexborNode, base: str | None, without: Container[int] = ()) -> list[Block]:
    """
    Return the blocks inside of an element.

    Args:
        base: The page's address, for relative links.
        without: The ``mem_id`` of elements that are left out with all that is in them.
    """
    walk = _Walk(base, without)
    walk.children(node, 0)
    return walk.finish()


class _Walk:
    def __init__(self, base: str | None, without: Container[int]) -> None:
        self._base = base
        self._without = without
        self._blocks: list[Block] = []
        self._line: list[str] = []

    def finish(self) -> list[Block]:
        text = collapsed("".join(self._line))
        self._line.clear()
        if text:
            self._blocks.append(Block("text", text))
        return self._blocks

    def children(self, node: LexborNode, depth: int) -> None:
        if depth > MOST_DEPTH:
            self._line.append(inline(node, self._base, depth))
            return
        for child in node.iter(include_text=True):
            self._child(child, depth + 1)

    def _child(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if node.is_text_node or (tag in _INLINE and node.css_first(_HOLDS_BLOCKS) is None):
            self._line.append(inline_node(node, self._base, depth))
        elif node.is_element_node and not is_dropped(node) and node.mem_id not in self._without:
            self._element(node, tag, depth)

    def _element(self, node: LexborNode, tag: str, depth: int) -> None:
        if tag in _INLINE:  # around blocks, such as a link around a whole card
            self.children(node, depth)
            return
        self.finish()
        if tag in HEADINGS:
            self._blocks += _heading(node)
        elif tag == "pre":
            self._blocks += _code(node)
        elif tag in {"ul", "ol", "menu", "dl"}:
            self._blocks += list_blocks(self._items(node, tag, depth))
        elif tag == "table" and not _is_layout(node):
            self._blocks += _table(node, self._base)
        elif tag == "blockquote":
            self._blocks += [_quoted(block) for block in self._inside(node, depth)]
        else:
            self.children(node, depth)
        self.finish()

    def _inside(self, node: LexborNode, depth: int) -> list[Block]:
        walk = _Walk(self._base, self._without)
        walk.children(node, depth)
        return walk.finish()

    def _items(self, node: LexborNode, tag: str, depth: int) -> list[Item]:
        items: list[Item] = []
        for child in node.iter():
            blocks = [] if is_dropped(child) else self._item(child, depth + 1)
            if blocks and items and "dd" in child.attributes:  # stands below the term it explains
                items[-1] = Item("-", [*items[-1].blocks, *blocks])
            elif blocks:
                items.append(Item(f"{_start(node) + len(items)}." if tag == "ol" else "-", blocks))
        return items

    def _item(self, node: LexborNode, depth: int) -> list[Block]:
        blocks = self._inside(node, depth)
        if "dt" in node.attributes and blocks and blocks[0].kind == "text":
            return [_bold(blocks[0]), *blocks[1:]]
        return [_bold(block) if block.kind == "heading" else block for block in blocks]


def _is_layout(node: LexborNode) -> bool:
    """Return whether a table arranges a page instead of holding data."""
    return any(found.mem_id != node.mem_id for found in node.css(_HOLDS_PARTS))


def _start(node: LexborNode) -> int:
    start = node.attributes.get("start") or "1"
    return int(start) if start.isdecimal() and len(start) < 8 else 1


def _bold(block: Block) -> Block:
    return Block("text", f"**{block.text}**")


def _quoted(block: Block) -> Block:
    if block.kind != "text":
        return block
    return Block("text", "> " + block.text.replace("\n", "\n> "))


def _heading(node: LexborNode) -> list[Block]:
    text = " ".join(_words(node).split())
    return [Block("heading", text, int((node.tag or "h6")[1]), _anchor(node))] if text else []


def _words(node: LexborNode, depth: int = 0) -> str:
    if depth > MOST_DEPTH:
        return node.text(deep=True)
    words = []
    for child in node.iter(include_text=True):
        if child.is_text_node:
            words.append(child.text_content or "")
        elif child.tag == "img":
            words.append(child.attributes.get("alt") or "")
        elif child.tag == "br":
            words.append(" ")
        elif not is_dropped(child) and not _is_anchor_sign(child):
            words.append(_words(child, depth + 1))
    return "".join(words)


def _is_anchor_sign(node: LexborNode) -> bool:
    href = node.attributes.get("href") or ""
    signs = node.tag == "a" and "#" in href
    return signs and node.text(deep=True).strip().lower() in _ANCHOR_SIGNS


def _anchor(node: LexborNode) -> str:
    return node.id or _inner_anchor(node) or _section_anchor(node)


def _inner_anchor(node: LexborNode) -> str:
    for inner in node.css("[id], a[name], a[href^='#']"):
        found = inner.attributes
        anchor = found.get("id") or found.get("name") or (found.get("href") or "")[1:]
        if anchor and not is_dropped(inner):
            return anchor
    return ""


def _section_anchor(node: LexborNode) -> str:
    """Return the id of the section that the heading opens."""
    child, parent = node, node.parent
    while parent is not None and parent.tag in {"section", "div", "header", "hgroup", "article"}:
        if any(before.tag in HEADINGS for before in _before(child)):
            return ""
        if parent.id:
            return parent.id
        child, parent = parent, parent.parent
    return ""


def _before(node: LexborNode) -> list[LexborNode]:
    siblings: list[LexborNode] = []
    sibling = node.prev
    while sibling is not None and len(siblings) < 8:  # the heading of a section stands near its top
        siblings.append(sibling)
        sibling = sibling.prev
    return siblings


def _code(node: LexborNode) -> list[Block]:
    code = _verbatim(node).replace("\u00a0", " ")
    return [Block("code", fenced(code, _language(node)))] if code.strip() else []


def _verbatim(node: LexborNode, depth: int = 0) -> str:
    parts = []
    for child in node.iter(include_text=True):
        if child.is_text_node:
            parts.append(child.text_content or "")
        elif child.tag == "br":
            parts.append("\n")
        elif not is_dropped(child):
            if child.tag == "code" and "".join(parts[-1:]).strip():
                parts.append("\n")  # the same in two languages, one of them shown at a time
            deep = depth > MOST_DEPTH
            parts.append(child.text(deep=True) if deep else _verbatim(child, depth + 1))
    return "".join(parts)


def _language(node: LexborNode) -> str:
    """Return the language of code, as highlighters of many kinds note it in classes."""
    nodes = [node.css_first("code"), node, node.parent, node.parent and node.parent.parent]
    for name in (name for each in nodes if each is not None for name in classes(each)):
        found = _LANGUAGE.match(name)
        if found and found[1] not in _NO_LANGUAGES:
            return found[1]
    return ""


def _table(node: LexborNode, base: str | None) -> list[Block]:
    rows = []
    for row in node.css("tr"):
        cells = [collapsed(inline(cell, base)) for cell in row.iter() if cell.tag in {"td", "th"}]
        if any(cells):
            rows.append(cells)
    caption = node.css_first("caption")
    text = collapsed(inline(caption, base)) if caption is not None else ""
    before = [Block("text", text)] if text else []
    return [*before, Block("table", table(rows))] if rows else before
