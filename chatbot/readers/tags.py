"""
What is safe to give to the parser of HTML.

The parser looks up through all open elements for each new one: 200,000 nested ``<div>`` (1 MB) take it
145 s. So the depth is bounded before. What is counted here must be what the parser will see; therefore
everything whose inside is read by rules of its own (scripts, drawings, comments) is cut out first. The
rules are those of https://html.spec.whatwg.org/multipage/parsing.html#tokenization.
"""

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape

from ..errors import UnreadableDocument

MOST_OPEN = 500
"""Elements that may be open at once; browsers nest no deeper than 512."""

_CUT = frozenset((
    "script", "style", "template", "svg", "noscript", "iframe", "noembed", "noframes", "xmp",
    "textarea", "select", "canvas", "object", "audio", "video", "plaintext", "title", "frameset",
))  # fmt: skip
_NEVER_OPEN = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input",
    "keygen", "link", "meta", "param", "source", "track", "wbr",
))  # fmt: skip
# so they nest only if something that is counted stands between
_CLOSED_BY_THE_NEXT = frozenset((
    "a", "body", "caption", "colgroup", "dd", "dt", "head", "html", "li", "nobr", "option", "p",
    "tbody", "td", "tfoot", "th", "thead", "tr",
))  # fmt: skip
_UNCOUNTED = _NEVER_OPEN | _CLOSED_BY_THE_NEXT

# Each alternative ends at the end of the input at the latest, so that no part is looked at twice.
_TOKEN = re.compile(
    r"""
    <!--(?:-?>|.*?(?:--!?>|\Z))                        # a comment
    |<(?:[!?]|/[^a-zA-Z])[^>]*+(?:>|\Z)                # a doctype, or what counts as a comment
    |<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)
      (?:[\s/]++
        |[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s"'>][^\s>]*+)?+)?+
      )*+(?:>|\Z)
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Markup:
    """
    HTML without scripts, drawings and comments.

    Attributes:
        html: ``<dt>`` and ``<dd>`` have become ``<li dt>`` and ``<li dd>``.
        title: The text of the first ``<title>``.
    """

    html: str
    title: str


def strip(html: str) -> Markup:
    """
    Cut out what holds no text of the page.

    Raises:
        UnreadableDocument: Elements are nested deeper than `MOST_OPEN`.
    """
    kept: list[str] = []
    title, position = "", 0
    opened = _Opened()
    while token := _TOKEN.search(html, position):
        kept.append(html[position : token.start()])
        position, name = token.end(), (token["name"] or "").lower()
        if name in _CUT and not token["close"]:
            position, inside = _skip(html, name, position)
            title = title or (unescape(inside).strip() if name == "title" else "")
        if name in _CUT or not name:
            kept.append(" ")  # not nothing: the sides must not grow together to a new tag
        else:
            opened.count(name, closing=bool(token["close"]))
            kept.append(_renamed(token, name))
    kept.append(html[position:])
    return Markup("".join(kept), " ".join(title.split()))


class _Opened:
    """How many elements are open; a tag that closes another kind of element closes nothing."""

    def __init__(self) -> None:
        self._of_name: Counter[str] = Counter()
        self._total = 0

    def count(self, name: str, *, closing: bool) -> None:
        if name in _UNCOUNTED or (closing and not self._of_name[name]):
            return
        step = -1 if closing else 1
        self._of_name[name] += step
        self._total += step
        if self._total > MOST_OPEN:
            raise UnreadableDocument(f"Its elements are nested more than {MOST_OPEN} deep.")


def _skip(html: str, name: str, position: int) -> tuple[int, str]:
    closing = re.compile(rf"</{name}(?=[\s/>])[^>]*+(?:>|\Z)", re.IGNORECASE).search(html, position)
    if closing is None or name == "plaintext":
        return len(html), html[position:]
    return closing.end(), html[position : closing.start()]


def _renamed(token: re.Match[str], name: str) -> str:
    if name == "math":  # inside of it other rules hold; as <span> its letters are read like any text
        return f"<{token['close']}span>"
    if name in {"dd", "dt"}:  # <li><dt><li><dt> nests without end, <li><li> does not
        return f"<{token['close']}li {name}{token[0][len(token['close']) + 3 :]}"
    return token[0]
