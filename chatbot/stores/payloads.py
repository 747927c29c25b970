"""Passages as the payload of points, and the names that a collection uses."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final
from uuid import UUID

from ..model import Passage

DENSE: Final = "dense"
BM25: Final = "bm25"

FIELDS: Final = [field.name for field in fields(Passage) if field.name != "id"]
"""The payload fields to ask for: all of a passage."""

INDEXED: Final = {"document": "Keyword", "position": "Integer", "tags": "Keyword"}
"""What is filtered, and the schema type of its payload index."""


def to_payload(passage: Passage) -> dict[str, Any]:
    """Return the payload of a passage; its id is the point's."""
    payload = {name: getattr(passage, name) for name in FIELDS}
    return payload | {"headings": list(passage.headings), "tags": list(passage.tags)}


def to_passage(id: str, payload: Mapping[str, Any] | None) -> Passage:
    """Return the passage of a payload; absent fields have their empty value."""
    found = payload or {}
    return Passage(
        id=id,
        text=found.get("text", ""),
        title=found.get("title", ""),
        headings=tuple(found.get("headings", ())),
        url=found.get("url"),
        anchor=found.get("anchor", ""),
        document=found.get("document", ""),
        position=found.get("position", 0),
        content_hash=found.get("content_hash", ""),
        tags=tuple(found.get("tags", ())),
        overlap_chars=found.get("overlap_chars", 0),
    )


def is_uuid(text: str) -> bool:
    """Return whether a point can have this id; what is no UUID is not there."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
