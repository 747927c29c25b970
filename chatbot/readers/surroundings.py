"""What stands around the content of a page that does not say where its content is."""

import re
from collections import Counter

from selectolax.lexbor import LexborNode

_AROUND = (
    "body > header, body > div > header, [role=navigation], [role=banner], [role=contentinfo], [role=search],"
    " [role=complementary]"
)
_CONTAINERS = frozenset(("div", "ul", "ol", "section", "table", "td", "p"))
_NAMES = frozenset((
    "nav", "navbar", "navigation", "sidebar", "menu", "breadcrumb", "breadcrumbs", "footer", "toc",
    "table-of-contents", "cookie-banner", "cookie-consent", "skip-link", "pagination",
))  # fmt: skip
_FEWEST_LINKS = 4
_SHARE_OF_LINKS = 0.75  # of the characters of a container, from which on it is a menu
_CLIMBED = 12  # levels from a link up to its menu; bounds the work on deep pages


def surroundings(body: LexborNode) -> frozenset[int]:
    """Return the ``mem_id`` of headers, menus and the like; links among paragraphs are content."""
    found = {node.mem_id for node in body.css(_AROUND)}
    found |= {node.mem_id for node in body.css("[class], [id]") if _is_named(node)}
    return frozenset(found | _menus(body))


def _is_named(node: LexborNode) -> bool:
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
    return node.tag in _CONTAINERS and not _NAMES.isdisjoint(names.lower().split())


def _menus(body: LexborNode) -> set[int]:
    links, chars = Counter[int](), Counter[int]()
    containers: dict[int, LexborNode] = {}
    for link in body.css("a[href]"):
        length = len(_letters(link))
        for node in _containers_above(link):
            containers[node.mem_id] = node
            links[node.mem_id] += 1
            chars[node.mem_id] += length
    return {
        key
        for key, node in containers.items()
        if links[key] >= _FEWEST_LINKS
        and chars[key] >= _SHARE_OF_LINKS * len(_letters(node))
        and not _among_text(node)
    }


def _containers_above(link: LexborNode) -> list[LexborNode]:
    found: list[LexborNode] = []
    node = link.parent
    for _ in range(_CLIMBED):
        if node is None or node.tag == "body":
            break
        if node.tag in _CONTAINERS:
            found.append(node)
        node = node.parent
    return found


def _among_text(node: LexborNode) -> bool:
    return node.parent is None or any(
        sibling.tag in {"p", "h1", "h2", "h3", "h4", "h5", "h6"} for sibling in node.parent.iter()
    )


def _letters(node: LexborNode) -> str:
    return re.sub(r"\s+", "", node.text(deep=True))
