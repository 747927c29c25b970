"""One collection of the double on disk: the engine's shard, and the body that created it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import qdrant_edge as edge

from . import replies, requests
from .refusals import Internal, WrongInput
from .requests import Body

ABOUT_VECTORS = ("dimension error", "Not existing vector name", "No appropriate index", "parse", "Conversion")


class Collection:
    """Every method blocks, raises `Refusal`, and may run beside the others in threads."""

    def __init__(self, folder: Path, shard: edge.EdgeShard, body: dict[str, Any]) -> None:
        self.folder = folder
        self.body = body
        self._shard = shard

    @classmethod
    def create(cls, folder: Path, name: str, body: Body) -> Self:
        folder.mkdir(parents=True)
        with refusing():
            shard = edge.EdgeShard.create(str(folder / "shard"), requests.configuration(body))
        made = cls(folder, shard, {**body, "name": name, "indexes": {}})
        made._save()
        return made

    @classmethod
    def load(cls, folder: Path) -> Self:
        body = json.loads((folder / "body.json").read_text())
        return cls(folder, edge.EdgeShard.load(str(folder / "shard")), body)

    def close(self) -> None:
        self._shard.flush()
        self._shard.close()

    def update(self, body: Body) -> None:
        """What is given takes the place of what was; of metadata, key by key."""
        metadata = {**(self.body.get("metadata") or {}), **(body.get("metadata") or {})}
        self.body |= {name: value for name, value in body.items() if value is not None}
        self.body["metadata"] = metadata or None
        self._save()

    def info(self) -> dict[str, Any]:
        with refusing():
            return replies.info(self._shard, self.body, self.body["indexes"])

    def index(self, field: str, schema: str | Body) -> None:
        kind = schema if isinstance(schema, str) else schema["type"]
        with refusing():
            self._shard.update(
                edge.UpdateOperation.create_field_index(
                    field, getattr(edge.PayloadSchemaType, kind.capitalize())
                )
            )
        self.body["indexes"][field] = kind
        self._save()

    def upsert(self, points: Sequence[Body]) -> None:
        with refusing():
            self._shard.update(edge.UpdateOperation.upsert_points([requests.point(each) for each in points]))

    def remove(self, selector: Body) -> None:
        with refusing():
            if selector.get("filter") is not None:
                gone = edge.UpdateOperation.delete_points_by_filter(requests.as_filter(selector["filter"]))
            else:
                gone = edge.UpdateOperation.delete_points(list(selector["points"]))
            self._shard.update(gone)

    def retrieve(self, body: Body) -> list[dict[str, Any]]:
        with refusing():
            found = self._shard.retrieve(
                list(body["ids"]),
                requests.payload_fields(body.get("with_payload"), default=True),
                body.get("with_vector") or False,
            )
            return [replies.record(each) for each in found]

    def scroll(self, body: Body) -> dict[str, Any]:
        with refusing():
            found, following = self._shard.scroll(
                edge.ScrollRequest(
                    offset=body.get("offset"),
                    limit=body.get("limit") or 10,
                    filter=requests.filter_of(body),
                    with_payload=requests.payload_fields(body.get("with_payload"), default=True),
                    with_vector=body.get("with_vector") or False,
                )
            )
        offset = None if following is None else replies.point_id(following)
        return {"points": [replies.record(each) for each in found], "next_page_offset": offset}

    def count(self, body: Body) -> int:
        with refusing():
            return self._shard.count(
                edge.CountRequest(exact=body.get("exact") is not False, filter=requests.filter_of(body))
            )

    def facet(self, body: Body) -> list[dict[str, Any]]:
        with refusing():
            found = self._shard.facet(
                edge.FacetRequest(
                    key=body["key"],
                    limit=body.get("limit") or 10,
                    exact=bool(body.get("exact")),
                    filter=requests.filter_of(body),
                )
            )
            return [replies.facet(each) for each in found.hits]

    def query(self, bodies: Sequence[Body]) -> list[list[dict[str, Any]]]:
        with refusing():
            found = self._shard.query_batch(edge.QueryBatchRequest([requests.query(each) for each in bodies]))
            return [[replies.scored(each) for each in hits] for hits in found]

    def _save(self) -> None:
        (self.folder / "body.json").write_text(json.dumps(self.body))


@contextmanager
def refusing() -> Iterator[None]:
    """The engine raises `ValueError` and bare `Exception`; the server's answer is told from its text."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise WrongInput(f"Wrong input: {error}") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        if any(part in str(error) for part in ABOUT_VECTORS):
            raise WrongInput(f"Wrong input: {error}") from error
        raise Internal(f"Service internal error: {error}") from error
