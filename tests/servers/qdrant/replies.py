"""What the engine found, as results of Qdrant's REST interface; gRPC replies are made of these."""

from typing import Any
from uuid import UUID

import qdrant_edge as edge

HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000, "max_indexing_threads": 0}
OPTIMIZERS = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "indexing_threshold": 10000,
    "flush_interval_sec": 5,
}
WAL = {"wal_capacity_mb": 32, "wal_segments_ahead": 0}
DONE = {"operation_id": 1, "status": "completed"}


def point_id(id: "edge.PointId") -> int | str:
    return str(id) if isinstance(id, UUID) else id


def record(found: edge.Record) -> dict[str, Any]:
    return {
        "id": point_id(found.id),
        "payload": found.payload,
        "vector": vectors(found.vector),
    }


def scored(found: edge.ScoredPoint) -> dict[str, Any]:
    return {
        "id": point_id(found.id),
        "version": found.version,
        "score": found.score,
        "payload": found.payload,
        "vector": vectors(found.vector),
    }


def vectors(found: Any) -> Any:
    if isinstance(found, edge.SparseVector):
        return {"indices": found.indices, "values": found.values}
    if isinstance(found, dict):
        return {name: vectors(each) for name, each in found.items()}
    return found


def facet(found: edge.FacetHit) -> dict[str, Any]:
    return {"value": facet_value(found.value), "count": found.count}


def facet_value(value: Any) -> Any:
    """The engine wraps it in its own types, against its stub."""
    return value if isinstance(value, str | int | bool) else getattr(value, "value", str(value))


def info(shard: edge.EdgeShard, body: dict[str, Any], indexes: dict[str, str]) -> dict[str, Any]:
    """
    Args:
        body: What created the collection.
        indexes: The schema type of each indexed field.
    """
    about = shard.info()
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": about.indexed_vectors_count,
        "points_count": about.points_count,
        "segments_count": about.segments_count,
        "config": {
            "params": {
                "vectors": body.get("vectors") or {},
                "sparse_vectors": body.get("sparse_vectors") or {},
                "shard_number": body.get("shard_number") or 1,
                "replication_factor": body.get("replication_factor") or 1,
                "write_consistency_factor": body.get("write_consistency_factor") or 1,
                "on_disk_payload": True,
            },
            "hnsw_config": HNSW | given(body.get("hnsw_config")),
            "optimizer_config": OPTIMIZERS | given(body.get("optimizers_config")),
            "wal_config": WAL | given(body.get("wal_config")),
            "quantization_config": body.get("quantization_config"),
            "metadata": body.get("metadata"),
        },
        "payload_schema": {
            field: {"data_type": kind, "points": about.payload_schema[field].points}
            for field, kind in indexes.items()
        },
    }


def given(settings: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (settings or {}).items() if value is not None}
