"""HTML: the content of a page without what surrounds it."""

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..model import Block
from .content import Content
from .elements import blocks_of
from .surroundings import surroundings
from .tags import strip

_MAIN = "main, [role=main]"
_SEPARATOR = re.compile(r"\s*[|–—·•:»-]\s*\S")


def read_html(text: str, url: str | None) -> Content:
    """
    Read a page.

    Args:
        url: Where it is published, for links that are relative; a canonical link in the page goes before.

    Raises:
        UnreadableDocument: It is nested too deep.
    """
    markup = strip(text)
    page = LexborHTMLParser(markup.html)
    own = _canonical(page, url)
    blocks = _blocks(page, _base(page, own or url))
    return Content(tuple(blocks), _title(markup.title, blocks), own, _keywords(page))


def read_fragment(text: str) -> list[Block]:
    """
    Return the blocks of HTML that stands inside of another document.

    Raises:
        UnreadableDocument: It is nested too deep.
    """
    body = LexborHTMLParser(strip(text).html).body
    return blocks_of(body, None) if body is not None else []


def _blocks(page: LexborHTMLParser, base: str | None) -> list[Block]:
    main = _main(page)
    if main is not None:
        return blocks_of(main, base)
    if page.body is None:
        return []
    return blocks_of(page.body, base, surroundings(page.body)) or blocks_of(page.body, base)


def _main(page: LexborHTMLParser) -> LexborNode | None:
    """Return the element that says it holds the content; several articles are a list, not a content."""
    mains = [node for node in page.css(_MAIN) if node.text(deep=True).strip()]
    articles = [] if mains else [node for node in page.css("article") if node.text(deep=True).strip()]
    if mains:
        return mains[0]
    return articles[0] if len(articles) == 1 else None


def _title(title: str, blocks: list[Block]) -> str:
    """Return the page's title without the site's name, if the first heading shows where that begins."""
    first = next((block.text for block in blocks if block.kind == "heading"), "")
    if not title:
        return first
    return first if first and title.startswith(first) and _SEPARATOR.match(title, len(first)) else title


def _canonical(page: LexborHTMLParser, url: str | None) -> str | None:
    link = page.css_first("link[rel~=canonical][href]")
    return _absolute(link.attributes.get("href") if link is not None else None, url)


def _base(page: LexborHTMLParser, url: str | None) -> str | None:
    base = page.css_first("base[href]")
    return _absolute(base.attributes.get("href") if base is not None else None, url) or url


def _absolute(href: str | None, url: str | None) -> str | None:
    try:
        target = urljoin(url or "", (href or "").strip())
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if href and parts.scheme in {"http", "https"} and parts.netloc else None


def _keywords(page: LexborHTMLParser) -> tuple[str, ...]:
    meta = page.css_first("meta[name=keywords i][content]")
    content = (meta.attributes.get("content") or "") if meta is not None else ""
    return tuple(dict.fromkeys(word.strip() for word in content.split(",") if word.strip()))
