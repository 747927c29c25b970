"""The text of a Markdown paragraph, without what is not meant for readers."""

import re
from collections.abc import Mapping

# Lengths are bounded, so that a megabyte of openings that are never closed costs no more than its length.
_CODE = r"(?P<code>(?<!`)(?P<ticks>`{1,9})(?!`).{1,400}?(?<!`)(?P=ticks)(?!`))"
_COMMENT = r"(?P<comment><!--.{0,400}?-->|\{/\*.{0,400}?\*/\})"
_BREAK = r"(?P<break><br[ ]?/?>\n?)"
_TAG = (
    r"(?P<tag></?(?:a|abbr|b|big|cite|center|del|details|dfn|div|em|font|h[1-6]|i|img|ins|kbd|mark|nobr|p|q|s|samp"
    r"|small|span|strong|sub|summary|sup|tt|u|var|wbr)(?:\s[^<>]{0,1000})?/?>)"
)
_REFERENCE = r"(?P<reference>(?<!\\)\[(?P<text>[^\[\]]{1,300})\](?:\[(?P<label>[^\[\]]{0,300})\])?(?![(:\[]))"
_PARTS = re.compile("|".join((_CODE, _COMMENT, _BREAK, _TAG, _REFERENCE)), re.DOTALL | re.IGNORECASE)

References = Mapping[str, Mapping[str, str]]
"""Link definitions by normalised label, as markdown-it collects them."""


def prose(text: str, references: References) -> str:
    """
    Return Markdown without comments and HTML tags, reference links written out.

    Code stays as it is, and so does what only looks like a tag, such as ``<your-key>``.
    """

    def part(found: re.Match[str]) -> str:
        match found.lastgroup:
            case "comment" | "tag":
                return ""
            case "break":
                return "\n"
            case "reference":
                return _link(found, references)
        return found[0]

    return _PARTS.sub(part, text).strip()


def _link(found: re.Match[str], references: References) -> str:
    label = " ".join((found["label"] or found["text"]).split()).upper()
    target = references.get(label)
    return f"[{found['text']}]({target['href']})" if target else found[0]
