"""Qdrant's gRPC interface in front of the engine, on the stubs that the client brings."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from grpc import StatusCode, aio
from qdrant_client import grpc
from qdrant_client.conversions.conversion import GrpcToRest

from . import messages
from .engine import Engine
from .faults import Dropped, Gate
from .refusals import Refusal
from .relay import Relay

S = TypeVar("S", bound="Service")
Q = TypeVar("Q")
R = TypeVar("R")


class Rpc:
    """
    Attributes:
        port: On 127.0.0.1.
        faults: What the double itself did wrong.
    """

    def __init__(self, engine: Engine, gate: Gate, version: str, socket: Path) -> None:
        self.relay = Relay(socket)
        self.faults: list[Exception] = []
        self._engine = engine
        self._gate = gate
        self._version = version
        self._socket = socket
        self._server: aio.Server

    @property
    def port(self) -> int:
        return self.relay.port

    async def open(self) -> None:
        self._server = aio.server()
        about = (self._engine, self._gate, self.relay, self.faults)
        grpc.add_CollectionsServicer_to_server(Collections(*about), self._server)  # type: ignore[no-untyped-call] # generated
        grpc.add_PointsServicer_to_server(Points(*about), self._server)  # type: ignore[no-untyped-call] # generated
        root = Root(*about, version=self._version)
        grpc.add_QdrantServicer_to_server(root, self._server)  # type: ignore[no-untyped-call] # generated
        self._server.add_insecure_port(f"unix:{self._socket}")
        await self._server.start()
        await self.relay.open()

    async def close(self) -> None:
        await self.relay.close()
        await self._server.stop(None)


class Service:
    def __init__(
        self, engine: Engine, gate: Gate, relay: Relay, faults: list[Exception], version: str = ""
    ) -> None:
        self.engine = engine
        self.gate = gate
        self.relay = relay
        self.faults = faults
        self.version = version


def served(
    call: Callable[[S, Q], Awaitable[R]],
) -> Callable[[S, Q, Any], Awaitable[R]]:
    """Let the request pass the gate, and answer refusals with their codes."""

    @functools.wraps(call)
    async def answer(self: S, request: Q, context: Any) -> R:
        try:
            await self.gate.admit(dict(context.invocation_metadata()).get("api-key"))
            return await call(self, request)
        except Dropped:
            self.relay.reset()
            await context.abort(StatusCode.UNAVAILABLE, "reset")
        except Refusal as refusal:
            after = refusal.retry_after_s
            trailing = () if after is None else (("retry-after", str(after)),)
            await context.abort(refusal.code, str(refusal), trailing)
        except Exception as error:
            self.faults.append(error)
            raise
        raise AssertionError("abort raises")

    return answer


class Root(Service, grpc.QdrantServicer):
    @served
    async def HealthCheck(self, request: grpc.HealthCheckRequest) -> grpc.HealthCheckReply:  # noqa: N802
        return grpc.HealthCheckReply(title="qdrant - vector search engine", version=self.version)


class Collections(Service, grpc.CollectionsServicer):
    @served
    async def List(self, request: Any) -> grpc.ListCollectionsResponse:  # noqa: N802
        names = self.engine.names()
        return grpc.ListCollectionsResponse(
            collections=[grpc.CollectionDescription(name=name) for name in names]
        )

    @served
    async def Get(self, request: Any) -> grpc.GetCollectionInfoResponse:  # noqa: N802
        result = await self.engine.ask(request.collection_name, lambda found: found.info())
        return grpc.GetCollectionInfoResponse(result=messages.info(result))

    @served
    async def CollectionExists(self, request: Any) -> grpc.CollectionExistsResponse:  # noqa: N802
        there = request.collection_name in self.engine.names()
        return grpc.CollectionExistsResponse(result=grpc.CollectionExists(exists=there))

    @served
    async def Create(self, request: grpc.CreateCollection) -> grpc.CollectionOperationResponse:  # noqa: N802
        await self.engine.create(request.collection_name, messages.collection_body(request))
        return grpc.CollectionOperationResponse(result=True)

    @served
    async def Update(self, request: grpc.UpdateCollection) -> grpc.CollectionOperationResponse:  # noqa: N802
        body = messages.update_body(request)
        await self.engine.ask(request.collection_name, lambda found: found.update(body))
        return grpc.CollectionOperationResponse(result=True)

    @served
    async def Delete(self, request: Any) -> grpc.CollectionOperationResponse:  # noqa: N802
        return grpc.CollectionOperationResponse(result=await self.engine.delete(request.collection_name))


class Points(Service, grpc.PointsServicer):
    @served
    async def CreateFieldIndex(self, request: Any) -> grpc.PointsOperationResponse:  # noqa: N802
        kind = grpc.FieldType.Name(request.field_type).removeprefix("FieldType").lower()
        await self.engine.ask(request.collection_name, lambda found: found.index(request.field_name, kind))
        return grpc.PointsOperationResponse(result=messages.DONE)

    @served
    async def Upsert(self, request: grpc.UpsertPoints) -> grpc.PointsOperationResponse:  # noqa: N802
        points = [messages.point_body(each) for each in request.points]
        await self.engine.ask(request.collection_name, lambda found: found.upsert(points))
        return grpc.PointsOperationResponse(result=messages.DONE)

    @served
    async def Delete(self, request: grpc.DeletePoints) -> grpc.PointsOperationResponse:  # noqa: N802
        selector = messages.selector_body(request.points)
        await self.engine.ask(request.collection_name, lambda found: found.remove(selector))
        return grpc.PointsOperationResponse(result=messages.DONE)

    @served
    async def Get(self, request: grpc.GetPoints) -> grpc.GetResponse:  # noqa: N802
        ids = [GrpcToRest.convert_point_id(id) for id in request.ids]
        body = {"ids": ids, **messages.what_of(request)}
        result = await self.engine.ask(request.collection_name, lambda found: found.retrieve(body))
        return grpc.GetResponse(result=[messages.record(each) for each in result])

    @served
    async def Scroll(self, request: grpc.ScrollPoints) -> grpc.ScrollResponse:  # noqa: N802
        offset = GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None
        body = {"offset": offset, **messages.numbers(request, "limit"), **messages.what_of(request)}
        page = await self.engine.ask(request.collection_name, lambda found: found.scroll(body))
        following = page["next_page_offset"]
        return grpc.ScrollResponse(
            result=[messages.record(each) for each in page["points"]],
            next_page_offset=None if following is None else messages.point_id(following),
        )

    @served
    async def Count(self, request: grpc.CountPoints) -> grpc.CountResponse:  # noqa: N802
        body = {"filter": messages.filter_body(request), **messages.numbers(request, "exact")}
        count = await self.engine.ask(request.collection_name, lambda found: found.count(body))
        return grpc.CountResponse(result=grpc.CountResult(count=count))

    @served
    async def Facet(self, request: grpc.FacetCounts) -> grpc.FacetResponse:  # noqa: N802
        body = {
            "key": request.key,
            "filter": messages.filter_body(request),
            **messages.numbers(request, "limit", "exact"),
        }
        hits = await self.engine.ask(request.collection_name, lambda found: found.facet(body))
        return grpc.FacetResponse(hits=[messages.facet(each) for each in hits])

    @served
    async def Query(self, request: grpc.QueryPoints) -> grpc.QueryResponse:  # noqa: N802
        body = messages.query_body(request)
        [hits] = await self.engine.ask(request.collection_name, lambda found: found.query([body]))
        return grpc.QueryResponse(result=[messages.scored(each) for each in hits])

    @served
    async def QueryBatch(self, request: grpc.QueryBatchPoints) -> grpc.QueryBatchResponse:  # noqa: N802
        bodies = [messages.query_body(each) for each in request.query_points]
        found = await self.engine.ask(request.collection_name, lambda found: found.query(bodies))
        return grpc.QueryBatchResponse(
            result=[grpc.BatchResult(result=[messages.scored(each) for each in hits]) for hits in found]
        )
