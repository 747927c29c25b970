"""Vectors out of a reply to a request for embeddings: base64 of little-endian floats, or lists."""

import base64
import binascii
import math
import sys
from array import array
from collections.abc import Sequence

import msgspec

from ..model import Vector


class Unusable(Exception):
    """A reply that does not hold one finite vector for each text."""


class _Embedding(msgspec.Struct, gc=False):
    index: int
    embedding: str | list[float]


class _Embeddings(msgspec.Struct):
    data: list[_Embedding]


_decode = msgspec.json.Decoder(_Embeddings).decode


def vectors(content: bytes, count: int) -> list[Vector]:
    """
    Return the vectors in the order of the texts, whatever order they came in.

    They are arrays of 32-bit floats, an eighth of the memory of lists.

    Raises:
        Unusable
    """
    try:
        embeddings = _decode(content).data
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusable("is no list of embeddings") from error
    if sorted(each.index for each in embeddings) != list(range(count)):
        raise Unusable(f"holds {len(embeddings)} vectors for {count} texts")
    embeddings.sort(key=lambda each: each.index)
    return [_finite(_floats(each.embedding)) for each in embeddings]


def _floats(embedding: str | Sequence[float]) -> "array[float]":
    if not isinstance(embedding, str):
        return array("f", embedding)
    floats = array("f")
    try:
        floats.frombytes(base64.b64decode(embedding, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unusable("holds a vector that is not base64 of floats") from error
    if sys.byteorder == "big":
        floats.byteswap()
    return floats


def _finite(floats: "array[float]") -> Vector:
    if not floats:
        raise Unusable("holds an empty vector")
    # a sum of 32-bit floats cannot overflow a double: it is finite if, and only if, they all are
    if not math.isfinite(sum(floats)):
        raise Unusable("holds numbers that are not finite")
    return floats
