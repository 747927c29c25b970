"""The ids that GitHub and most generators of manuals give to headings in Markdown."""

import unicodedata


class Anchors:
    """The anchors of one document; a repeated one is numbered ``-1``, ``-2`` ..."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def of(self, heading: str) -> str:
        """Return the anchor of the next heading, from its words without markup."""
        anchor = slug = _slug(heading)
        while anchor in self._times:
            self._times[slug] += 1
            anchor = f"{slug}-{self._times[slug]}"
        self._times[anchor] = 0
        return anchor


def _slug(heading: str) -> str:
    kept = (
        char for char in heading.strip().lower() if char in " -_" or unicodedata.category(char)[0] in "LMN"
    )
    return "".join(kept).replace(" ", "-")
