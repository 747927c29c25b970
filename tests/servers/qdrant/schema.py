"""
Checks requests and replies against Qdrant's own OpenAPI description, when that file is there.

Stricter than the server in one way: fields that the description does not know are faults,
so that a misspelt one is found here and not in production.
"""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

DESCRIPTION = Path(__file__).parents[4] / "shared/data/qdrant-openapi-1.19.json"

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}

Schema = Mapping[str, Any]


@functools.cache
def description() -> dict[str, Any] | None:
    return json.loads(DESCRIPTION.read_text()) if DESCRIPTION.exists() else None


def request_fault(method: str, path: str, query: str, body: Any) -> str | None:
    """Return what is wrong with a request, or None."""
    if (operation := _operation(method, path)) is None:
        return None
    return next(_request_faults(operation, query, body), None)


def reply_fault(method: str, path: str, status: int, body: Any) -> str | None:
    """Return what is wrong with a reply, or None."""
    if (operation := _operation(method, path)) is None:
        return None
    replies = operation["responses"]
    reply = replies.get(str(status)) or replies.get(f"{status // 100}XX") or replies.get("default")
    content = (reply or {}).get("content", {}).get("application/json")
    return next(_faults(content["schema"], body, "reply"), None) if content else None


def _operation(method: str, path: str) -> dict[str, Any] | None:
    described = description()
    if described is None:
        return None
    exact = described["paths"].get(path)
    for template, operations in [(path, exact)] if exact else described["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operations[method.lower()]  # type: ignore[no-any-return] # JSON
    raise AssertionError(f"Qdrant has no {method} {path}")


def _request_faults(operation: Mapping[str, Any], query: str, body: Any) -> Iterator[str]:
    known = {each["name"]: each["schema"] for each in operation.get("parameters", [])}
    for name, value in parse_qsl(query):
        if name not in known:
            yield f"no parameter {name!r}"
        else:
            yield from _faults(known[name], _value(value), name)
    if "requestBody" in operation:
        yield from _faults(operation["requestBody"]["content"]["application/json"]["schema"], body, "body")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _faults(schema: Schema, value: Any, at: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _faults(_referred(schema["$ref"]), value, at)
    elif value is None:
        if not _nullable(schema):
            yield f"{at} is null"
    elif choices := schema.get("anyOf") or schema.get("oneOf"):
        found = [next(_faults(each, value, at), None) for each in choices if each != {"nullable": True}]
        if None not in found:
            yield f"{at} fits none: " + "; ".join(str(each) for each in found)
    else:
        yield from _plain_faults(schema, value, at)


def _nullable(schema: Schema) -> bool:
    if "$ref" in schema:
        return _nullable(_referred(schema["$ref"]))
    choices = schema.get("anyOf") or schema.get("oneOf") or []
    return bool(schema.get("nullable")) or not schema or any(_nullable(each) for each in choices)


def _plain_faults(schema: Schema, value: Any, at: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
        yield f"{at} is no {kind}: {value!r:.80}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}: {value!r:.80}"
    yield from _size_faults(schema, value, at)
    if isinstance(value, dict):
        yield from _field_faults(schema, value, at)
    if isinstance(value, list) and "items" in schema:
        for number, each in enumerate(value):
            yield from _faults(schema["items"], each, f"{at}[{number}]")


def _size_faults(schema: Schema, value: Any, at: str) -> Iterator[str]:
    size = value if isinstance(value, int | float) else len(value) if hasattr(value, "__len__") else 0
    for name in ("minimum", "minItems", "minLength"):
        if name in schema and size < schema[name]:
            yield f"{at} is less than {name} {schema[name]}"
    if "maximum" in schema and size > schema["maximum"]:
        yield f"{at} is more than {schema['maximum']}"


def _field_faults(schema: Schema, value: dict[str, Any], at: str) -> Iterator[str]:
    fields = schema.get("properties", {})
    others = schema.get("additionalProperties", not fields)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at} lacks {name!r}"
    for name, each in value.items():
        if name in fields:
            yield from _faults(fields[name], each, f"{at}.{name}")
        elif isinstance(others, Mapping):
            yield from _faults(others, each, f"{at}.{name}")
        elif not others:
            yield f"{at} has no {name!r}"


def _referred(reference: str) -> Schema:
    described = description()
    assert described is not None
    return described["components"]["schemas"][reference.rpartition("/")[2]]  # type: ignore[no-any-return] # JSON
