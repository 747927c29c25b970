"""What stands between ``---`` lines at the top of a Markdown file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_MOST_CHARS = 65_536
_BETWEEN = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^(title|url|canonical|tags|keywords)[ \t]*:[ \t]*(\S.*)$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """``url`` is absolute; ``end`` is where the text begins."""

    title: str = ""
    url: str | None = None
    tags: tuple[str, ...] = ()
    end: int = 0


def front_matter(text: str) -> FrontMatter:
    """Read the front matter; what is no YAML is read line by line, what is none at all stays text."""
    found = _BETWEEN.match(text[:_MOST_CHARS])
    values = _values(found[1]) if found else None
    if found is None or values is None:
        return FrontMatter()
    url = next(
        (url for name in ("canonical", "canonical_url", "url") if (url := _url(values.get(name)))), None
    )
    tags = [*_words(values.get("tags")), *_words(values.get("keywords"))]
    return FrontMatter(_word(values.get("title")), url, tuple(dict.fromkeys(tags)), found.end())


def _values(block: str) -> Mapping[str, Any] | None:
    try:
        values = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: the 31st of February
        values = {name: value.strip("\"' ") for name, value in _LINE.findall(block)} or None
    if values is None and not block.strip():
        return {}
    return {str(name).lower(): value for name, value in values.items()} if isinstance(values, dict) else None


def _word(value: object) -> str:
    # never a list or a mapping: a few lines of YAML that refer to one another write out to gigabytes
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return [word for part in value.split(",") if (word := part.strip())]
    return [word for each in value if (word := _word(each))] if isinstance(value, list) else []


def _url(value: object) -> str | None:
    return value if isinstance(value, str) and re.match(r"https?://[^\s/]", value) else None
