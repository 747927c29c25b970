"""Where a growing Markdown text may be cut: after blocks that no later line can change."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 40})
_PARSER.enable("table").disable(["inline", "text_join", "reference"])

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r(?!\Z))")
_FENCE = re.compile(r"\s*?^ {0,3}(`{3,}(?=[^`\r\n]*$)|~{3,})", re.MULTILINE)
_MARKER = r"(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)"
_LIST = re.compile(rf"\s*?^ {{0,3}}{_MARKER}", re.MULTILINE)
_BESIDE_LIST = re.compile(rf"^(?!{_MARKER})(?=\S)|^ {{0,3}}[-*_](?:[ \t]*[-*_]){{2,}}[ \t]*$", re.MULTILINE)

_COMPLETE_AT_ONCE = {"heading_open", "hr"}
_COMPLETE_AT_BLANK_LINE = {"paragraph_open", "blockquote_open", "table_open"}


def finished(markdown: str) -> int:
    """
    Return how many of the first characters are complete top-level blocks, blank lines after them included.

    Whatever follows later, rendering these characters alone gives what rendering the whole text
    gives for them. A last line without its line break counts as not yet there.

    Args:
        markdown: The text from the end of the last finished block on.

    Returns:
        A number of code points, 0 if no block is complete.
    """
    lines = _LINE.findall(markdown)
    text = re.sub(r"\r\n?", "\n", "".join(lines))
    if not text.strip() or _surely_open(text):
        return 0
    blocks = [token for token in _PARSER.parse(text) if token.level == 0 and token.map]
    if not blocks:
        return 0
    last = blocks[-1]
    end = _start(last) if _may_go_on(last, lines) else len(lines)
    return sum(map(len, lines[:end])) if len(blocks) > 1 or end == len(lines) else 0


def _surely_open(text: str) -> bool:
    """Tell without parsing that the text is one open fence or list: long ones are asked about at each line."""
    fence = _FENCE.match(text)
    if fence:
        return not _closing(fence[1]).search(text, text.find("\n", fence.end()) + 1)
    listing = _LIST.match(text)
    return bool(listing and not _BESIDE_LIST.search(text, listing.end()))


def _may_go_on(block: Token, lines: list[str]) -> bool:
    """Tell whether later lines could still belong to the last block."""
    if block.type in _COMPLETE_AT_ONCE:
        return False
    if block.type in _COMPLETE_AT_BLANK_LINE:
        return bool(lines[-1].strip())
    return block.type != "fence" or not _is_closed(block, lines)


def _is_closed(fence: Token, lines: list[str]) -> bool:
    start, end = fence.map or (0, 0)
    return end - start > 1 and bool(_closing(fence.markup).match(lines[end - 1]))


def _closing(mark: str) -> re.Pattern[str]:
    return re.compile(rf"^ {{0,3}}{mark}{mark[0]}*[ \t]*[\r\n]*$", re.MULTILINE)


def _start(block: Token) -> int:
    return block.map[0] if block.map else 0
