"""The pages of the manual, and what stands in them."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = ROOT / "README.md"


@cache
def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(name: str, heading: str) -> str:
    """Return what stands below a heading, down to the next of its level or above."""
    level = len(heading.partition(" ")[0])
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", page(name), re.MULTILINE | re.DOTALL
    )
    assert found, f"{name} has no heading {heading!r}"
    return found[1]


def headings(text: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


def tables(text: str) -> list[list[list[str]]]:
    """Return tables as rows of cells, without their headers."""
    found = re.findall(r"^\|.*\n\|[ :|-]+\|\n((?:\|.*\n)*)", text, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()] for rows in found
    ]


def names(table: Sequence[Sequence[str]]) -> list[str]:
    """Return what stands in backticks in the first column: its first word."""
    return [row[0].strip("`").split()[0] for row in table]


def fences(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
