"""gRPC requests as REST bodies, and REST results as gRPC messages; the client's own conversions in the other direction."""

from typing import Any

from qdrant_client import grpc, models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc

DONE = grpc.UpdateResult(operation_id=1, status=grpc.UpdateStatus.Completed)


def collection_body(message: grpc.CreateCollection) -> dict[str, Any]:
    body: dict[str, Any] = {"metadata": GrpcToRest.convert_payload(message.metadata) or None}
    if message.HasField("vectors_config"):
        body["vectors"] = plain(GrpcToRest.convert_vectors_config(message.vectors_config))
    if message.HasField("sparse_vectors_config"):
        body["sparse_vectors"] = plain(GrpcToRest.convert_sparse_vector_config(message.sparse_vectors_config))
    if message.HasField("hnsw_config"):
        body["hnsw_config"] = plain(GrpcToRest.convert_hnsw_config_diff(message.hnsw_config))
    return body


def update_body(message: grpc.UpdateCollection) -> dict[str, Any]:
    metadata = GrpcToRest.convert_payload(message.metadata) or None
    hnsw = message.HasField("hnsw_config") or None
    return {
        "metadata": metadata,
        "hnsw_config": hnsw and plain(GrpcToRest.convert_hnsw_config_diff(message.hnsw_config)),
    }


def point_body(message: grpc.PointStruct) -> dict[str, Any]:
    return {
        "id": GrpcToRest.convert_point_id(message.id),
        "vector": plain(GrpcToRest.convert_vectors(message.vectors)),
        "payload": GrpcToRest.convert_payload(message.payload),
    }


def selector_body(message: grpc.PointsSelector) -> dict[str, Any]:
    return plain(GrpcToRest.convert_points_selector(message))  # type: ignore[no-any-return] # JSON


def query_body(message: grpc.QueryPoints) -> dict[str, Any]:
    return {
        "prefetch": [plain(GrpcToRest.convert_prefetch_query(each)) for each in message.prefetch],
        "query": plain(GrpcToRest.convert_query(message.query)) if message.HasField("query") else None,
        **numbers(message, "using", "limit", "offset", "score_threshold"),
        **what_of(message),
    }


def what_of(message: Any) -> dict[str, Any]:
    """Return which points are meant and what is wanted of them."""
    body: dict[str, Any] = {}
    if "filter" in message.DESCRIPTOR.fields_by_name and message.HasField("filter"):
        body["filter"] = plain(GrpcToRest.convert_filter(message.filter))
    if message.HasField("with_payload"):
        body["with_payload"] = payload_fields(message.with_payload)
    if message.HasField("with_vectors"):
        chosen = message.with_vectors
        named = chosen.WhichOneof("selector_options") == "include"
        body["with_vector"] = list(chosen.include.names) if named else chosen.enable
    return body


def filter_body(message: Any) -> Any:
    return plain(GrpcToRest.convert_filter(message.filter)) if message.HasField("filter") else None


def numbers(message: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(message, name) for name in names if message.HasField(name)}


def payload_fields(selector: grpc.WithPayloadSelector) -> Any:
    match selector.WhichOneof("selector_options"):
        case "include":
            return list(selector.include.fields)
        case "exclude":
            return {"exclude": list(selector.exclude.fields)}
    return selector.enable


def plain(value: Any) -> Any:
    """Return models as JSON would hold them."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else value


def info(result: dict[str, Any]) -> grpc.CollectionInfo:
    return RestToGrpc.convert_collection_info(models.CollectionInfo(**result))


def record(result: dict[str, Any]) -> grpc.RetrievedPoint:
    return RestToGrpc.convert_record(models.Record(**with_payload(result)))


def scored(result: dict[str, Any]) -> grpc.ScoredPoint:
    return RestToGrpc.convert_scored_point(models.ScoredPoint(**with_payload(result)))


def with_payload(result: dict[str, Any]) -> dict[str, Any]:
    """No payload is an empty one in these messages."""
    return {**result, "payload": result["payload"] or {}}


def facet(result: dict[str, Any]) -> grpc.FacetHit:
    return RestToGrpc.convert_facet_value_hit(models.FacetValueHit(**result))


def point_id(id: int | str) -> grpc.PointId:
    return RestToGrpc.convert_extended_point_id(id)
