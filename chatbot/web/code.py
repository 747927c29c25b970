"""Code in answers and documents: highlighted when its language is named and known."""

from functools import cache, lru_cache

from markdown_it.common.utils import escapeHtml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name

MAX_HIGHLIGHTED_CHARS = 20_000
"""Highlighting takes about 2 us a character and holds the event loop."""

_FORMATTER = HtmlFormatter[str](nowrap=True)
_PLAIN = {"", "text", "plain", "plaintext", "txt"}


def code_html(code: str, info: str) -> str:
    """
    Return a figure with the code, its language as caption.

    Args:
        code: As it stands between the fences.
        info: What follows the opening fence; its first word names the language.
    """
    language = (info.split() or [""])[0].strip("{}.").lower()[:30]
    caption = "" if language in _PLAIN else f"<figcaption>{escapeHtml(language)}</figcaption>"
    return f'<figure class="code">{caption}<pre tabindex="0"><code>{_body(code, language)}</code></pre></figure>\n'


def _body(code: str, language: str) -> str:
    lexer = _lexer(language) if language in _known() else None
    if lexer is None or language in _PLAIN or len(code) > MAX_HIGHLIGHTED_CHARS:
        return escapeHtml(code)
    return highlight(code, lexer, _FORMATTER)


@cache
def _known() -> frozenset[str]:
    # Asking for an unknown name would search the installed packages for plugins, at each question
    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False)
