"""Bodies of Qdrant's REST interface as requests to the engine; gRPC requests become such bodies first."""

from collections.abc import Mapping, Sequence
from typing import Any

import qdrant_edge as edge

from .refusals import NotServed

Body = Mapping[str, Any]
Fields = edge.PayloadSelector | list[str] | bool


def configuration(body: Body) -> edge.EdgeConfig:
    """Return how a collection is stored, of the body that creates it."""
    dense = body.get("vectors") or {}
    unnamed = {"": dense} if "size" in dense else dense
    sparse = body.get("sparse_vectors") or {}
    return edge.EdgeConfig(
        vectors={
            name: edge.EdgeVectorParams(each["size"], getattr(edge.Distance, each["distance"]))
            for name, each in unnamed.items()
        }
        or None,
        sparse_vectors={
            name: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if (each or {}).get("modifier") == "idf" else None
            )
            for name, each in sparse.items()
        }
        or None,
        wal_enabled=False,  # `Collection.close` flushes, and nothing here has to outlive a kill
    )


def point(body: Body) -> edge.Point:
    return edge.Point(body["id"], vectors(body["vector"]), body.get("payload") or {})


def vectors(given: Any) -> Any:
    if isinstance(given, Mapping) and "indices" not in given:
        return {name: vector(each) for name, each in given.items()}
    return vector(given)


def vector(given: Any) -> Any:
    if isinstance(given, Mapping):
        return edge.SparseVector(list(given["indices"]), list(given["values"]))
    return given


def query(body: Body) -> edge.QueryRequest:
    return edge.QueryRequest(
        prefetches=[prefetch(each) for each in several(body.get("prefetch"))],
        query=scoring(body),
        filter=filter_of(body),
        limit=body.get("limit") or 10,
        offset=body.get("offset") or 0,
        score_threshold=body.get("score_threshold"),
        with_payload=payload_fields(body.get("with_payload"), default=False),
        with_vector=body.get("with_vector") or False,
    )


def prefetch(body: Body) -> edge.Prefetch:
    return edge.Prefetch(
        prefetches=[prefetch(each) for each in several(body.get("prefetch"))],
        query=scoring(body),
        filter=filter_of(body),
        limit=body.get("limit") or 10,
        score_threshold=body.get("score_threshold"),
    )


def scoring(body: Body) -> Any:
    asked = body.get("query")
    if asked is None:
        return None
    if isinstance(asked, list) or "indices" in asked:
        return edge.Query.Nearest(vector(asked), using=body.get("using"))
    match asked:
        case {"nearest": nearest, **rest} if not rest.get("mmr"):
            return edge.Query.Nearest(vector(nearest), using=body.get("using"))
        case {"fusion": "rrf"}:
            return edge.Fusion.Rrf(k=2)
        case {"fusion": "dbsf"}:
            return edge.Fusion.Dbsf()
        case {"rrf": parameters}:
            return edge.Fusion.Rrf(k=parameters.get("k") or 2, weights=parameters.get("weights"))
    raise NotServed(f"The double knows no query {asked}")


def payload_fields(asked: Any, *, default: bool) -> Fields:
    match asked:
        case None:
            return default
        case {"include": included}:
            return list(included)
        case {"exclude": excluded}:
            return edge.PayloadSelector.Exclude(list(excluded))
    return asked  # type: ignore[no-any-return] # a list of names, or whether at all


def filter_of(body: Body) -> edge.Filter | None:
    return as_filter(body["filter"]) if body.get("filter") else None


def as_filter(body: Body) -> edge.Filter:
    unknown = set(body) - {"must", "should", "must_not"}
    if any(body[name] for name in unknown):
        raise NotServed(f"The double knows no {unknown} in filters")
    must, should, must_not = (
        [condition(each) for each in several(body.get(name))] or None
        for name in ("must", "should", "must_not")
    )
    return edge.Filter(must, should, must_not)


def condition(body: Body) -> "edge.ConditionType":
    match {name: value for name, value in body.items() if value is not None}:
        case {"key": key, "match": match}:
            return edge.FieldCondition(key, match=matching(match))
        case {"key": key, "range": limits}:
            return edge.FieldCondition(key, range=limits_of(limits))
        case {"has_id": ids}:
            return edge.HasIdCondition(set(ids))
        case {"is_empty": {"key": key}}:
            return edge.IsEmptyCondition(key)
        case {"is_null": {"key": key}}:
            return edge.IsNullCondition(key)
        case {"nested": {"key": key, "filter": inner}}:
            return edge.NestedCondition(key, as_filter(inner))
        case {"must": _} | {"should": _} | {"must_not": _}:
            return as_filter(body)
    raise NotServed(f"The double knows no condition {body}")


def matching(body: Body) -> "edge.MatchType":
    [(kind, value)] = [(kind, value) for kind, value in body.items() if value is not None]
    match kind:
        case "value":
            return edge.MatchValue(value)
        case "any":
            return edge.MatchAny(value)
        case "except":
            return edge.MatchExcept(value)
        case "text":
            return edge.MatchText(value)
        case "phrase":
            return edge.MatchPhrase(value)
    raise NotServed(f"The double knows no match {body}")


def limits_of(limits: Body) -> edge.RangeFloat | edge.RangeDateTime:
    given = {name: value for name, value in limits.items() if value is not None}
    if any(isinstance(value, str) for value in given.values()):
        return edge.RangeDateTime(**given)
    return edge.RangeFloat(**given)


def several(given: Any) -> Sequence[Any]:
    """One thing may stand where a list may."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
