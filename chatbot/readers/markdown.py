"""Markdown: CommonMark with tables, front matter and what generators of manuals add to it."""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from ..errors import UnreadableDocument
from ..model import Block
from .anchors import Anchors
from .content import Content, Item, fenced, list_blocks, table
from .frontmatter import front_matter
from .html import read_fragment
from .prose import prose

_MOST_NESTING = 100  # of quotes and lists; what is deeper is left out by markdown-it

_OWN_ANCHOR = re.compile(r"\{:? ?#([^\s{}]+)[^{}]*\}$")
_ANCHOR_TAG = re.compile(r"""<a\s[^<>]*?\b(?:id|name)=["']?([^\s"'<>]+)""", re.IGNORECASE)
_IMPORT = re.compile(r"""import\b[^\n]*["'][^"'\n]+["'];?\s*""")
_EXPORT = re.compile(r"export\s+(?:const|default|let|var|function|async|class|\{|\*)")
_COMPONENT = re.compile(r"</?[A-Z][\w.]*(?P<attributes>(?:[^<>\"'{}]|\"[^\"]*\"|'[^']*'|\{[^{}]*\})*)>")
_COMPONENT_TITLE = re.compile(r"""\btitle=["']([^"'\n]+)["']""")
_MARKUP = re.compile(r"[\\`*_\[\]<>&!~]")
_ONLY_TAGS = re.compile(r"(?:\s++|<[^<>]*+>)*+")


def read_markdown(text: str, *, mdx: bool = False) -> Content:
    """
    Read Markdown.

    Args:
        mdx: Whether it may hold ``export`` and components of JSX, and no code by indentation.
    """
    front = front_matter(text)
    blocks = _Reading(mdx).blocks(text[front.end :])
    return Content(tuple(blocks), front.title or _first_heading(blocks), front.url, front.tags)


def _first_heading(blocks: Iterable[Block]) -> str:
    headings = [block for block in blocks if block.kind == "heading"]
    return next((block.text for block in headings if block.level == 1), headings[0].text if headings else "")


class _Reading:
    """One document: its link definitions and the anchors that were given."""

    def __init__(self, mdx: bool) -> None:
        self._mdx = mdx
        self._parser = MarkdownIt("commonmark", {"maxNesting": _MOST_NESTING}).enable("table")
        self._parser.disable(["inline", "code"] if mdx else "inline")  # inline: parsed for headings alone
        self._inline = MarkdownIt("commonmark")
        self._anchors = Anchors()
        self._env: dict[str, dict[str, dict[str, str]]] = {}

    def blocks(self, text: str) -> list[Block]:
        return self._children(SyntaxTreeNode(self._parser.parse(text, self._env)))

    def _children(self, node: SyntaxTreeNode, *, top: bool = True) -> list[Block]:
        return [block for child in node.children for block in self._node(child, top)]

    def _node(self, node: SyntaxTreeNode, top: bool) -> list[Block]:
        match node.type:
            case "heading":
                return self._heading(node) if top else self._text(f"**{_content(node)}**")
            case "paragraph":
                return [] if self._is_module_code(_content(node)) else self._text(_content(node))
            case "bullet_list" | "ordered_list":
                return list_blocks(self._item(item) for item in node.children)
            case "fence" | "code_block":
                return _code(node)
            case "table":
                return [self._table(node)]
            case "blockquote":
                return [_quoted(block) for block in self._children(node, top=False)]
            case "html_block":
                return self._html(node.content)
        return []

    def _text(self, source: str) -> list[Block]:
        text = prose(source, self._env.get("references", {}))
        return [Block("text", text)] if text else []

    def _heading(self, node: SyntaxTreeNode) -> list[Block]:
        source = _content(node)
        own = _OWN_ANCHOR.search(source)
        tag = _ANCHOR_TAG.search(source)
        text = self._words(source[: own.start()] if own else source)
        anchor = own[1] if own else tag[1] if tag else self._anchors.of(text)
        return [Block("heading", text, int(node.tag[1]), anchor)] if text else []

    def _words(self, source: str) -> str:
        if not _MARKUP.search(source):
            return " ".join(source.split())
        tokens = self._inline.parseInline(source, self._env)
        return " ".join(_plain(tokens[0].children or []).split())

    def _item(self, node: SyntaxTreeNode) -> Item:
        marker = f"{node.info}{node.markup}" if node.info else "-"
        return Item(marker, self._children(node, top=False))

    def _table(self, node: SyntaxTreeNode) -> Block:
        rows = [row for part in node.children for row in part.children]
        references = self._env.get("references", {})
        return Block(
            "table", table([[prose(_content(cell), references) for cell in row.children] for row in rows])
        )

    def _is_module_code(self, source: str) -> bool:
        if self._mdx and _EXPORT.match(source):
            return True
        return bool(source) and all(_IMPORT.fullmatch(line) for line in source.split("\n"))

    def _html(self, source: str) -> list[Block]:
        if _ONLY_TAGS.fullmatch(source) and "alt" not in source and "title" not in source:
            return []
        text = _COMPONENT.sub(_component_title, source)
        if text != source and not re.search(r"</?[a-z]", text):
            return self.blocks(text)  # what stands between the tags of components is Markdown
        try:
            return [
                Block("text", f"**{block.text}**") if block.kind == "heading" else block
                for block in read_fragment(text)
            ]
        except UnreadableDocument:
            return self._text(re.sub(r"<[^<>]*>", " ", source))


def _component_title(found: re.Match[str]) -> str:
    title = _COMPONENT_TITLE.search(found["attributes"])
    return f"\n\n**{title[1]}**\n\n" if title else "\n"


def _content(node: SyntaxTreeNode) -> str:
    return node.children[0].content if node.children else ""


def _code(node: SyntaxTreeNode) -> list[Block]:
    if not node.content.strip():
        return []
    return [Block("code", fenced(node.content, node.info.strip().replace("`", "")))]


def _quoted(block: Block) -> Block:
    if block.kind != "text":
        return block
    return Block("text", "> " + block.text.replace("\n", "\n> "))


def _plain(tokens: Iterable[Token]) -> str:
    """Return the words of inline tokens, without their markup."""
    words = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            words.append(token.content)
        elif token.type == "image":
            words.append(_plain(token.children or []))
        elif token.type in {"softbreak", "hardbreak"}:
            words.append(" ")
    return "".join(words)
