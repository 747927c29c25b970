"""Plain text: paragraphs, and headings where they are beyond doubt."""

import re
from collections.abc import Sequence

from ..model import Block
from .content import Content

_UNDERLINE = re.compile(r"([=\-~^\"'#*+.:_])\1{2,}")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?[ \t]+(?=\S*[^\W\d_])")
_ENDS_SENTENCE = (".", ",", ";", ":", "!", "?", "。", "、", "，", "；", "：", "！", "？")
_LONGEST_HEADING_CHARS = 80
_LONGEST_WRAPPED_CHARS = 200  # a longer line is a paragraph that was never wrapped


def read_text(text: str) -> Content:
    """
    Read plain text.

    A heading is a line that is underlined; or one that stands alone and is numbered ("2.1 Scope") or in
    capitals, followed by text that is neither.
    """
    paragraphs = _paragraphs(text)
    capitals_mean = text.upper() != text
    levels = _Levels()
    blocks: list[Block] = []
    for paragraph, following in zip(paragraphs, [*paragraphs[1:], []], strict=False):
        blocks += (
            levels.underlined(paragraph)
            or levels.alone(paragraph, following, capitals_mean)
            or _text(paragraph)
        )
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    return Content(tuple(blocks), title)


def _paragraphs(text: str) -> list[list[str]]:
    """Return paragraphs as lines, without their common indent."""
    paragraphs: list[list[str]] = [[]]
    for line in text.replace("\f", "\n\n").split("\n"):
        if not line.strip():
            paragraphs.append([])
        elif len(line) > _LONGEST_WRAPPED_CHARS:
            paragraphs += [[line], []]
        else:
            paragraphs[-1].append(line.rstrip())
    return [paragraph for paragraph in paragraphs if paragraph]


def _text(lines: Sequence[str]) -> list[Block]:
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    return [Block("text", "\n".join(line[indent:] for line in lines))]


class _Levels:
    """The levels of headings; a kind of underline has the level of its first appearance."""

    def __init__(self) -> None:
        self._marks: list[str] = []

    def underlined(self, lines: Sequence[str]) -> list[Block]:
        """Return the heading and the text right below it; empty if the first line is not underlined."""
        if len(lines) > 2 and _is_line(lines[0]) and lines[0].strip() == lines[2].strip():
            lines = lines[1:]  # a line above as well
        if len(lines) < 2 or not _is_line(lines[1]) or _is_line(lines[0]):
            return []
        words, line = lines[0].strip(), lines[1].strip()
        if not len(words) * 0.6 <= len(line) <= len(words) * 1.5 + 3 or not re.search(r"[^\W\d_]", words):
            return []
        if line[0] not in self._marks:
            self._marks.append(line[0])
        heading = Block("heading", words, min(self._marks.index(line[0]) + 1, 6))
        return [heading, *(_text(lines[2:]) if lines[2:] else [])]

    def alone(self, lines: Sequence[str], following: Sequence[str], capitals_mean: bool) -> list[Block]:
        """Return the heading that the only line of a paragraph is; empty if it is none."""
        line = lines[0].strip()
        if len(lines) > 1 or not _could_head(line) or not following:
            return []
        below = following[0].strip()
        numbered = _NUMBERED.match(line)
        if numbered and not _NUMBERED.match(below):
            return [Block("heading", line, min(numbered[1].count(".") + 1, 6))]
        if capitals_mean and _is_capitals(line) and not _is_capitals(below):
            return [Block("heading", line, 2 if self._marks else 1)]
        return []


def _is_line(line: str) -> bool:
    return bool(_UNDERLINE.fullmatch(line.strip()))


def _could_head(line: str) -> bool:
    return len(line) <= _LONGEST_HEADING_CHARS and not line.endswith(_ENDS_SENTENCE)


def _is_capitals(line: str) -> bool:
    return line.isupper() and len(re.findall(r"[^\W\d_]", line)) >= 4
