"""
Shards of Qdrant Edge on disk: what is done with them in a thread, and our words in the engine's.

A collection is a folder with the engine's files in `shard/` and our `collection.json`.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import qdrant_edge as edge

from ..errors import CollectionNotFound, StoreFull
from ..model import Fingerprint, Hit, Passage, Point, Query, SparseVector, Vector
from . import payloads
from .fusion import LEG_FACTOR, RRF_K
from .payloads import BM25, DENSE, INDEXED, is_uuid

PAGE = 1000
BATCH = 100
MOST_DOCUMENTS = 10_000_000
ROOM_BYTES = 64 * 2**20  # the engine maps its files: a full disk is SIGBUS, not an error


def create(folder: Path, fingerprint: Fingerprint) -> None:
    """Make the collection beside its place and move it there whole, so that a kill leaves nothing by half."""
    if (folder / "collection.json").exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    require_room(folder.parent)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    shard = edge.EdgeShard.create(str(unfinished / "shard"), configuration(fingerprint))
    for field, kind in INDEXED.items():
        shard.update(edge.UpdateOperation.create_field_index(field, getattr(edge.PayloadSchemaType, kind)))
    shard.close()
    (unfinished / "collection.json").write_text(json.dumps(asdict(fingerprint), indent=2) + "\n")
    unfinished.rename(folder)


def names(folder: Path) -> list[str]:
    found = (path.parent.name for path in folder.glob("*/collection.json"))
    return sorted(name for name in found if not name.startswith("."))


def remove(folder: Path) -> None:
    """Take it from its place in one step, so that a kill leaves nothing by half."""
    gone = folder.with_name(f".{folder.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone)


def configuration(fingerprint: Fingerprint) -> edge.EdgeConfig:
    dense = edge.EdgeVectorParams(size=fingerprint.dimensions, distance=edge.Distance.Cosine)
    return edge.EdgeConfig(
        vectors={DENSE: dense} if fingerprint.dimensions else None,
        sparse_vectors={BM25: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
    )


def read_fingerprint(folder: Path) -> Fingerprint:
    require_collection(folder)
    return Fingerprint(**json.loads((folder / "collection.json").read_text()))


def load(folder: Path) -> edge.EdgeShard:
    require_collection(folder)
    return edge.EdgeShard.load(str(folder / "shard"))


def require_collection(folder: Path) -> None:
    if not (folder / "collection.json").exists():
        raise CollectionNotFound(
            f"There is no collection {folder.name!r} yet: `chatbot index PATH --collection {folder.name}` makes it."
        )


def require_room(folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < ROOM_BYTES:
        raise StoreFull(
            f"The disk of {folder.parent} is full ({free_bytes // 2**20} MiB free, {ROOM_BYTES // 2**20} needed): "
            "what is indexed stays. Make room, or set DATA_DIR to another disk."
        )


def replace(shard: edge.EdgeShard, folder: Path, document: str, points: Sequence[Point]) -> None:
    """Write the first passage last: its content hash says that the others are there."""
    require_room(folder)
    first, rest = points[0], points[1:]
    for at in range(0, len(rest), BATCH):
        upsert(shard, rest[at : at + BATCH])
    ours = edge.HasIdCondition({point.passage.id for point in points})
    at_start = edge.FieldCondition("position", match=edge.MatchValue(0))
    shard.update(
        edge.UpdateOperation.delete_points_by_filter(of_document(document, must_not=[ours, at_start]))
    )
    upsert(shard, [first])
    shard.update(edge.UpdateOperation.delete_points_by_filter(of_document(document, must_not=[ours])))


def upsert(shard: edge.EdgeShard, points: Sequence[Point]) -> None:
    shard.update(edge.UpdateOperation.upsert_points([to_point(point) for point in points]))


def scroll(shard: edge.EdgeShard, filter: edge.Filter, fields: Sequence[str]) -> Iterator[edge.Record]:
    offset = None
    while True:
        page, offset = shard.scroll(
            edge.ScrollRequest(offset=offset, limit=PAGE, filter=filter, with_payload=list(fields))
        )
        yield from page
        if offset is None:
            return


def documents(shard: edge.EdgeShard) -> dict[str, str]:
    """Two first passages are two versions, none is a part of one: such a document is not complete."""
    everything = shard.facet(edge.FacetRequest(key="document", limit=MOST_DOCUMENTS, exact=True))
    hashes: dict[str, set[str]] = {str(hit.value): set() for hit in everything.hits if hit.count}
    firsts = edge.Filter(must=[edge.FieldCondition("position", match=edge.MatchValue(0))])
    for each in scroll(shard, firsts, ["document", "content_hash"]):
        payload = each.payload or {}
        hashes[payload["document"]].add(payload["content_hash"])
    return {document: found.pop() if len(found) == 1 else "" for document, found in hashes.items()}


def of_document(document: str, must_not: "Sequence[edge.ConditionType]" = ()) -> edge.Filter:
    return edge.Filter(
        must=[edge.FieldCondition("document", match=edge.MatchValue(document))],
        must_not=list(must_not) or None,
    )


def to_point(point: Point) -> edge.Point:
    vector: dict[str, edge.NamedVector] = {BM25: to_sparse(point.sparse)}
    if point.dense is not None:
        vector[DENSE] = list(point.dense)
    return edge.Point(point.passage.id, vector, payloads.to_payload(point.passage))


def to_request(query: Query) -> edge.QueryRequest:
    """Two legs are fused by the engine, each with more candidates than are asked for."""
    legs: list[edge.Query] = []
    if query.dense is not None:
        legs.append(edge.Query.Nearest(list(query.dense), using=DENSE))
    if query.sparse is not None:
        legs.append(edge.Query.Nearest(to_sparse(query.sparse), using=BM25))
    if len(legs) == 1:
        return edge.QueryRequest(query=legs[0], limit=query.limit, with_payload=payloads.FIELDS)
    return edge.QueryRequest(
        prefetches=[edge.Prefetch(query=leg, limit=query.limit * LEG_FACTOR) for leg in legs],
        query=edge.Fusion.Rrf(k=RRF_K),  # type: ignore[arg-type] # the stub lacks the subclass
        limit=query.limit,
        with_payload=payloads.FIELDS,
    )


def to_sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(list(vector.indices), list(vector.values))


def to_hits(found: Sequence[edge.ScoredPoint], collection: str) -> list[Hit]:
    return [Hit(payloads.to_passage(str(each.id), each.payload), each.score, collection) for each in found]


def optimize(shard: edge.EdgeShard, folder: Path) -> None:
    require_room(folder)
    shard.optimize()
    shard.flush()


def retrieve(shard: edge.EdgeShard, ids: Sequence[str]) -> dict[str, Passage]:
    """Return passages by id; what is no UUID is not there."""
    asked: list[edge.PointId] = [id for id in ids if is_uuid(id)]
    found = shard.retrieve(asked, with_payload=payloads.FIELDS, with_vector=False)
    return {str(each.id): payloads.to_passage(str(each.id), each.payload) for each in found}


def dense_vectors(shard: edge.EdgeShard, ids: Sequence[str]) -> dict[str, Vector]:
    found = shard.retrieve(list(ids), with_payload=False, with_vector=[DENSE])
    return {
        str(each.id): cast(list[float], each.vector[DENSE])
        for each in found
        if isinstance(each.vector, dict) and DENSE in each.vector
    }
