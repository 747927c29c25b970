"""What an OpenAI-compatible server says: events of a streamed completion, vectors, errors."""

import base64
import json
import math
import re
import zlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

MODEL = "double-chat"
EMBEDDING_MODEL = "double-embedding"
DIMENSIONS = 64

DONE = b"data: [DONE]\n\n"
_WORDS = re.compile(r"\w+")


def event(payload: object) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"


def choice(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Return the event of one piece of a reply, with the fields that the real server sends."""
    return event(
        {
            "id": "chatcmpl-9f2c4be1a7d04c5c",
            "object": "chat.completion.chunk",
            "created": 1763640000,
            "model": MODEL,
            "system_fingerprint": "fp_1a2b3c4d5e",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }
    )


def usage(prompt_tokens: int, completion_tokens: int) -> bytes:
    """Return the last event of a stream that was asked for its usage: without choices."""
    total = prompt_tokens + completion_tokens
    counts = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
    return event({"object": "chat.completion.chunk", "choices": [], "usage": counts})


def stream(
    tokens: Iterable[str], *, finish: str | None = "stop", counts: tuple[int, int] | None = (11, 7)
) -> list[bytes]:
    """Return the events of a whole reply, in order."""
    events = [choice({"role": "assistant", "content": ""})]
    events += [choice({"content": token}) for token in tokens]
    events += [choice({}, finish)] if finish else []
    events += [usage(*counts)] if counts else []
    return [*events, DONE]


def completion(text: str, finish: str = "stop") -> bytes:
    """Return a reply that is not streamed."""
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return json.dumps({"object": "chat.completion", "model": MODEL, "choices": choices}).encode()


def error(message: str, **fields: object) -> bytes:
    """Return the body of a refusal."""
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", **fields}}).encode()


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a hashed bag of words, of length 1: texts that share words are near each other."""
    values = [0.0] * dimensions
    for word in _WORDS.findall(text.lower()):
        mark = zlib.crc32(word[:6].encode())
        values[mark % dimensions] += 1.0 if mark & 0x10000 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]


def embeddings(vectors: Sequence[Sequence[float]], encoding: str = "float") -> bytes:
    """Return vectors as the server sends them, as lists or as base64 of little-endian floats."""
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _encoded(each) if encoding == "base64" else list(each),
        }
        for index, each in enumerate(vectors)
    ]
    return json.dumps({"object": "list", "model": EMBEDDING_MODEL, "data": data}).encode()


def _encoded(values: Sequence[float]) -> str:
    return base64.b64encode(array("f", values).tobytes()).decode()
