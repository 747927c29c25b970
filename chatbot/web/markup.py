"""
Markdown of models and of documents, made into HTML that is safe to show.

Neither is trusted: raw HTML is never parsed as such, links lead only where they may, images are not
loaded, and what comes out is sanitised once more. Parsers and sanitiser are built once and shared;
they keep no state between calls.
"""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from .blocks import finished
from .code import code_html

MAX_DEPTH = 40
"""Of nested blocks, and of nested emphasis: sanitisers take time quadratic in the depth of nesting."""

MAX_BRACKETS = 2_000
"""In one block; finding the links among more takes too long, so such a block is shown as plain text."""

_TAGS = {
    *("h3", "h4", "h5", "h6", "p", "hr", "br", "blockquote", "ul", "ol", "li", "div", "figure", "figcaption"),
    *("a", "em", "strong", "s", "span", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"class", "href", "data-n", "rel", "target", "aria-label"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "figure": {"class"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None
)


class Markup:
    """Implements the port `Renderer`, and renders passages of documents."""

    def __init__(self) -> None:
        self._answers = _parser().disable("reference")
        self._documents = _parser()

    def finished(self, markdown: str) -> int:
        """Return how many characters of a growing text are complete blocks; see `blocks.finished`."""
        return finished(markdown)

    def html(self, markdown: str, numbers: Collection[int]) -> str:
        """
        Return sanitised HTML of a part of an answer.

        A citation ``[3]`` becomes ``<a class="citation" href="#source-3" data-n="3">3</a>``; the page
        gives it a target of its own when it shows more than one answer.

        Args:
            markdown: Whole blocks; ``[n]`` marks are citations, except in code and in links.
            numbers: The numbers that were given out; others stay plain text.
        """
        return _render(self._answers, markdown, {"numbers": numbers})

    def passage(self, markdown: str, base: str) -> str:
        """
        Return sanitised HTML of a part of a document.

        Args:
            markdown: Whole blocks.
            base: Address of the document; its relative links are resolved against it.
        """
        return _render(self._documents, markdown, {"base": base})


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_DEPTH})
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.after("link", "citation", _citation)
    parser.core.ruler.push("harden", _harden)
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _render(parser: MarkdownIt, markdown: str, env: dict[str, Any]) -> str:
    if markdown.count("[") > MAX_BRACKETS:
        return _plain(markdown)
    tokens = parser.parse(markdown, env)
    # The parser leaves out what is nested deeper; words must not vanish
    if any(token.level >= MAX_DEPTH - 1 for token in tokens):
        return _plain(markdown)
    return _CLEANER.clean(parser.renderer.render(tokens, parser.options, env))


def _plain(markdown: str) -> str:
    return f'<p class="plain">{escapeHtml(markdown.strip())}</p>\n'


def _citation(state: StateInline, silent: bool) -> bool:
    end = state.src.find("]", state.pos, state.pos + 6)
    digits = state.src[state.pos + 1 : end] if state.src[state.pos] == "[" and end > 0 else ""
    # Silent means looking for the end of a link's label: a link wins over the marks within it
    if silent or state.linkLevel or not (digits.isascii() and digits.isdecimal()):
        return False
    if int(digits) not in state.env.get("numbers", ()):
        return False
    state.push("citation", "a", 0).content = str(int(digits))
    state.pos = end + 1
    return True


def _harden(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _hardened(token.children, state.env)


def _hardened(tokens: Sequence[Token], env: Any) -> list[Token]:
    kept: list[Token] = []
    linked = False
    for token in tokens:
        if token.type == "citation" and kept and kept[-1].type == "text":
            kept[-1].content = kept[-1].content.rstrip(" ")  # a raised number stands close to its word
        if token.type == "link_open":
            linked = _aim(token, str(token.attrGet("href") or ""), env)
        if token.type == "image":
            kept += _image(token, env, inside_link=linked)
        elif _stays(token, linked):
            kept.append(token)
        if token.type == "link_close":
            linked = False
    return kept


def _stays(token: Token, linked: bool) -> bool:
    if token.type in {"link_open", "link_close"}:
        return linked
    return not token.nesting or token.level < MAX_DEPTH


def _image(token: Token, env: Any, *, inside_link: bool) -> list[Token]:
    """Return a link to the picture: showing it would tell its host who reads."""
    alt = Token("text", "", 0, content=_words(token.children or []) or "picture")
    link = Token("link_open", "a", 1)
    if inside_link or not _aim(link, str(token.attrGet("src") or ""), env):
        return [alt]
    return [link, alt, Token("link_close", "a", -1)]


def _words(tokens: Sequence[Token]) -> str:
    return "".join(token.content or _words(token.children or []) for token in tokens).strip()


def _aim(link: Token, href: str, env: Any) -> bool:
    """Set the attributes of a link; False if it leads where a link must not lead."""
    base = env.get("base")
    if base and not href.startswith("#"):
        href = urljoin(base, href)
    external = href.lower().startswith(("http://", "https://", "mailto:"))
    if not external and not _is_local(href):
        return False
    link.attrs = {"href": href}
    if external or not base:
        link.attrs |= {"rel": "noopener noreferrer nofollow", "target": "_blank"}
    if href.startswith("#"):
        link.attrs = {"href": href}
    return True


def _is_local(href: str) -> bool:
    return href.startswith("#") or (href.startswith("/documents/") and "/../" not in href)


# How tokens are written. Headings start at h3: h1 is the page, h2 the question or the document's section.


def _write_citation(_: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: Any) -> str:
    n = tokens[i].content
    return f'<a class="citation" href="#source-{n}" data-n="{n}" aria-label="Source {n}">{n}</a>'


def _write_code(_: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: Any) -> str:
    return code_html(tokens[i].content, tokens[i].info)


def _write_heading(_: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: Any) -> str:
    level = min(int(tokens[i].tag[1]) + 2, 6)
    return f"<h{level}>" if tokens[i].nesting > 0 else f"</h{level}>\n"


def _write_table(_: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: Any) -> str:
    if tokens[i].nesting > 0:
        return '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n'
    return "</table></div>\n"


def _write_cell(_: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: Any) -> str:
    side = str(tokens[i].attrGet("style") or "").removeprefix("text-align:")
    # A class, because the page's policy forbids styles in markup
    return f'<{tokens[i].tag} class="{side}">' if side else f"<{tokens[i].tag}>"


_RULES = {
    "citation": _write_citation,
    "fence": _write_code,
    "code_block": _write_code,
    "heading_open": _write_heading,
    "heading_close": _write_heading,
    "table_open": _write_table,
    "table_close": _write_table,
    "th_open": _write_cell,
    "td_open": _write_cell,
}
