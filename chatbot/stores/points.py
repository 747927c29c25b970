"""Our words in Qdrant's models, and back."""

from collections.abc import Sequence
from typing import Any

from qdrant_client import models

from ..model import Fingerprint, Hit, Passage, Point, Query, SparseVector
from . import payloads
from .fusion import LEG_FACTOR, RRF_K
from .payloads import BM25, DENSE, INDEXED

INDEXES = {field: models.PayloadSchemaType[kind.upper()] for field, kind in INDEXED.items()}
FIRST = models.FieldCondition(key="position", match=models.MatchValue(value=0))


def vectors(fingerprint: Fingerprint) -> dict[str, models.VectorParams]:
    size = fingerprint.dimensions
    return {DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE)} if size else {}


def sparse_vectors() -> dict[str, models.SparseVectorParams]:
    return {BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)}


def to_point(point: Point) -> models.PointStruct:
    vector: dict[str, Any] = {BM25: to_sparse(point.sparse)}
    if point.dense is not None:
        vector[DENSE] = list(point.dense)
    # validated by pydantic, a vector of 1,536 numbers would hold the loop for as long as it takes to send it
    return models.PointStruct.model_construct(
        id=point.passage.id, vector=vector, payload=payloads.to_payload(point.passage)
    )


def to_sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def to_request(query: Query) -> models.QueryRequest:
    """Two legs are fused by the engine, each with more candidates than are asked for."""
    legs: list[tuple[Any, str]] = []
    if query.dense is not None:
        legs.append((models.NearestQuery(nearest=list(query.dense)), DENSE))
    if query.sparse is not None:
        legs.append((models.NearestQuery(nearest=to_sparse(query.sparse)), BM25))
    if len(legs) == 1:
        [(leg, using)] = legs
        return models.QueryRequest(
            query=leg, using=using, limit=query.limit, with_payload=payloads.FIELDS, with_vector=False
        )
    return models.QueryRequest(
        prefetch=[
            models.Prefetch(query=leg, using=using, limit=query.limit * LEG_FACTOR) for leg, using in legs
        ],
        query=models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
        limit=query.limit,
        with_payload=payloads.FIELDS,
        with_vector=False,
    )


def to_hits(found: Sequence[models.ScoredPoint], collection: str) -> list[Hit]:
    return [Hit(payloads.to_passage(str(each.id), each.payload), each.score, collection) for each in found]


def to_passages(found: Sequence[models.Record]) -> list[Passage]:
    return [payloads.to_passage(str(each.id), each.payload) for each in found]


def of_document(document: str, *, must_not: Sequence[Any] = ()) -> models.Filter:
    ours = models.FieldCondition(key="document", match=models.MatchValue(value=document))
    return models.Filter(must=[ours], must_not=list(must_not) or None)
