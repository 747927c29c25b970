"""Where sentences begin and end in Markdown, in any script; linear in the text."""

import re
from itertools import pairwise

from .structure import Block, Span, blocks, lines, protected


def spans(text: str) -> list[Span]:
    """
    Return the sentences in order.

    Returns:
        Code point offsets, trimmed; between them there is only white space. A list item, a heading,
        a row of a table and a line of code are units of their own; marks such as ``[1]`` behind a
        full stop belong to the sentence before them.
    """
    found: list[Span] = []
    for block in blocks(text):
        if block.kind in ("table", "code"):
            found += (_trimmed(text, block.start + a, block.start + b) for a, b in _rows(text, block))
        elif block.kind in ("heading", "rule"):
            found.append(_trimmed(text, block.start, block.end))
        else:
            found += running(text, block.start, block.end)
    return found


def _rows(text: str, block: Block) -> list[Span]:
    content = text[block.start : block.end]
    return [(a, b) for a, b in lines(content) if content[a:b].strip()]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


# Sentences within running text

END = re.compile(
    r"""
    (?: [.!?…]+ [\"'”’»)\]}*_`]* (?= \s | \[\^?\d | 【 | $ )  # only before a gap: 3.5, example.com, v1.2.3
      | [。！？｡।॥۔؟။។]+ [」』”’）)\]*_`]*                # scripts that leave no gap
    )
    (?: [ \t]? (?: \[\^?\d[\d,;\s–-]{0,16}\] | 【\d[^】\n]{0,16}】 ) )*
    """,
    re.VERBOSE,
)
NEXT = re.compile(r"[\s\"'“‘«(\[*_]*(.?)", re.DOTALL)
WORD_BEFORE = re.compile(r"[^\s(\[\"'“„*_]*\Z")


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


NEVER_LAST = _words(
    "dr mr mrs ms prof st messrs mme hon gen sen rep gov capt lt col sgt rev e.g i.e cf vs viz al approx resp "
    "z.b d.h u.a u.u o.g o.ä i.d.r ca bzw vgl evtl ggf inkl sog hr fr dipl ing dr.-ing"
)
"""Abbreviations that a sentence goes on behind; etc., Inc., usw. may end one where a capital follows."""

BEFORE_NUMBERS = _words("no nr fig figs abb tab eq p pp s ch sec art vol bd kap ver v §")
MONTHS = _words(
    "januar februar märz april mai juni juli august september oktober november dezember jahrhundert"
)

THAI = re.compile("(?<=[\u0e00-\u0e7f])[ \t\u00a0]+(?=[\u0e00-\u0e7f])")
THAI_LEAST_CHARS = 40
"""A Thai space ends a sentence or a phrase; shorter pieces are joined to the next."""


def running(text: str, start: int, end: int) -> list[Span]:
    """Return the sentences of running text between the offsets."""
    piece = text[start:end]
    cuts = _cuts(piece)
    if cuts:
        cuts = _outside(cuts, protected(piece))
    found = []
    for a, b in zip([0, *cuts], [*cuts, len(piece)], strict=True):
        a, b = _trimmed(piece, a, b)
        if a < b:
            found.append((start + a, start + b))
    return found


def _cuts(piece: str) -> list[int]:
    cuts = [m.end() for m in END.finditer(piece) if _is_end(piece, m)]
    cuts += _line_cuts(piece)
    if max(piece, default="") >= "\u0e00" and THAI.search(piece):
        cuts = _with_thai(piece, sorted(cuts))
    return sorted(set(cuts))


def _is_end(piece: str, mark: re.Match[str]) -> bool:
    if mark[0][0] not in ".…!?":
        return True
    found = NEXT.match(piece, mark.end())
    after = found[1] if found else ""
    is_cited = mark[0][-1] in "]】"  # who cites has finished: a small letter may open the next sentence
    if after.islower() and not is_cited:
        return False
    return mark[0][0] != "." or mark[0][1:2] == "." or not _is_abbreviation(piece, mark, after)


def _is_abbreviation(piece: str, mark: re.Match[str], after: str) -> bool:
    near = piece[max(0, mark.start() - 40) : mark.start()]
    found = WORD_BEFORE.search(near)
    word = found[0] if found else ""
    low = word.lower()
    if low in NEVER_LAST or (len(word) == 1 and word.isupper() and word.isalpha() and word != "I"):
        return True
    if low in BEFORE_NUMBERS:
        return after.isdigit()
    if word.isdigit():  # "1. Install", "am 3. Oktober"
        following = piece[mark.end() : mark.end() + 20].split()
        opens = not piece[: mark.start() - len(word)].strip(" \t>") if mark.start() < 40 else False
        return opens or (len(word) < 3 and bool(following) and following[0].strip(",.").lower() in MONTHS)
    return False


def _line_cuts(piece: str) -> list[int]:
    """
    Return the line breaks that end a sentence without a mark.

    A line is wrapped when the next word would not have fitted into the widest line of the paragraph;
    where it would have, the author broke the line on purpose. A small letter goes on with the sentence.
    """
    breaks = list(lines(piece))
    widest = max((b - a for a, b in breaks), default=0)
    cuts = []
    for (a, b), (c, d) in pairwise(breaks):
        word = piece[c : min(d, c + 30)].split()[:1]
        fits = bool(word) and b - a + 1 + len(word[0]) <= widest
        if fits and not word[0][0].islower():
            cuts.append(b)
    return cuts


def _with_thai(piece: str, cuts: list[int]) -> list[int]:
    found, last, ahead = [], 0, [*cuts, len(piece)]
    at = 0
    for gap in THAI.finditer(piece):
        while ahead[at] < gap.start():
            last = ahead[at]
            at += 1
        if gap.start() - last >= THAI_LEAST_CHARS and ahead[at] - gap.end() >= THAI_LEAST_CHARS // 2:
            found.append(gap.start())
            last = gap.end()
    return cuts + found


def _outside(cuts: list[int], taken: list[Span]) -> list[int]:
    found, at, reach = [], 0, 0
    for cut in cuts:
        while at < len(taken) and taken[at][0] < cut:
            reach = max(reach, taken[at][1])
            at += 1
        if cut >= reach:
            found.append(cut)
    return found
