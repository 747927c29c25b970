"""Qdrant's REST interface in front of the engine."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

import numpy as np

from tests.servers.openai.wire import Exchange, Request, Server

from . import replies, schema
from .engine import Engine
from .faults import Dropped, Gate
from .refusals import NotServed, Refusal, WrongInput

OPEN_TO_ALL = {"/", "/healthz", "/livez", "/readyz"}


class Rest(Server):
    """
    Args:
        version: What ``/`` says.
    """

    def __init__(self, engine: Engine, gate: Gate, version: str) -> None:
        super().__init__()
        self._engine = engine
        self._gate = gate
        self._version = version

    async def answer(self, exchange: Exchange) -> None:
        path, _, query = exchange.request.path.partition("?")
        try:
            await self._gate.admit(key_of(exchange.request), is_open=path in OPEN_TO_ALL)
            await self._answer(exchange, path, query)
        except Dropped:
            exchange.reset()
        except Refusal as refusal:
            refuse(exchange, path, refusal)

    async def _answer(self, exchange: Exchange, path: str, query: str) -> None:
        method = exchange.request.method
        if path == "/":
            send(exchange, path, 200, {"title": "qdrant - vector search engine", "version": self._version})
        elif path in OPEN_TO_ALL:
            exchange.whole(200, f"{path[1:]} check passed".encode(), content_type="text/plain")
        else:
            body = json.loads(exchange.request.body) if exchange.request.body else None
            if fault := schema.request_fault(method, path, query, body):
                raise WrongInput(f"Format error in JSON body: {fault}")
            result = await self._result(method, path, body)
            send(exchange, path, 200, {"time": 0.0, "status": "ok", "result": result})

    async def _result(self, method: str, path: str, body: Any) -> Any:
        first, name, rest = [*path[1:].split("/", 2), "", ""][:3]
        where = f"{method} {first}" + ("/*" if name else "") + (f"/{rest}" if rest else "")
        if where not in ROUTES:
            raise NotServed(f"The double does not serve {where}")
        return await ROUTES[where](self._engine, unquote(name), body)


def key_of(request: Request) -> str | None:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("api-key") or bearer or None


def refuse(exchange: Exchange, path: str, refusal: Refusal) -> None:
    if refusal.status == 401:
        exchange.whole(401, str(refusal).encode(), content_type="text/plain")
        return
    after = {} if refusal.retry_after_s is None else {"retry_after": str(refusal.retry_after_s)}
    send(exchange, path, refusal.status, {"time": 0.0, "status": {"error": str(refusal)}}, **after)


def send(exchange: Exchange, path: str, status: int, body: Any, **headers: str) -> None:
    if status < 500 and (fault := schema.reply_fault(exchange.request.method, path, status, body)):
        raise AssertionError(f"the double's reply to {exchange.request.method} {path}: {fault}")
    written = json.dumps(body, ensure_ascii=False).encode()
    exchange.whole(status, written, content_type="application/json", **headers)


Route = Callable[[Engine, str, Any], Awaitable[Any]]


async def listed(engine: Engine, name: str, body: Any) -> Any:
    return {"collections": [{"name": each} for each in engine.names()]}


async def exists(engine: Engine, name: str, body: Any) -> Any:
    return {"exists": name in engine.names()}


async def create(engine: Engine, name: str, body: Any) -> Any:
    await engine.create(name, body or {})
    return True


async def delete(engine: Engine, name: str, body: Any) -> Any:
    return await engine.delete(name)


async def update(engine: Engine, name: str, body: Any) -> Any:
    await engine.ask(name, lambda found: found.update(body))
    return True


async def info(engine: Engine, name: str, body: Any) -> Any:
    return await engine.ask(name, lambda found: found.info())


async def index(engine: Engine, name: str, body: Any) -> Any:
    await engine.ask(name, lambda found: found.index(body["field_name"], body["field_schema"]))
    return replies.DONE


async def upsert(engine: Engine, name: str, body: Any) -> Any:
    if "points" not in body:
        raise NotServed("The double knows points, not batches")
    await engine.ask(name, lambda found: found.upsert(body["points"]))
    return replies.DONE


async def remove(engine: Engine, name: str, body: Any) -> Any:
    await engine.ask(name, lambda found: found.remove(body))
    return replies.DONE


async def retrieve(engine: Engine, name: str, body: Any) -> Any:
    return [shown(each) for each in await engine.ask(name, lambda found: found.retrieve(body))]


async def scroll(engine: Engine, name: str, body: Any) -> Any:
    page = await engine.ask(name, lambda found: found.scroll(body))
    return {**page, "points": [shown(each) for each in page["points"]]}


async def count(engine: Engine, name: str, body: Any) -> Any:
    return {"count": await engine.ask(name, lambda found: found.count(body))}


async def facet(engine: Engine, name: str, body: Any) -> Any:
    return {"hits": await engine.ask(name, lambda found: found.facet(body))}


async def query(engine: Engine, name: str, body: Any) -> Any:
    [hits] = await engine.ask(name, lambda found: found.query([body]))
    return {"points": [shown(each) for each in hits]}


async def query_batch(engine: Engine, name: str, body: Any) -> Any:
    found = await engine.ask(name, lambda found: found.query(body["searches"]))
    return [{"points": [shown(each) for each in hits]} for hits in found]


ROUTES: Mapping[str, Route] = {
    "GET collections": listed,
    "GET collections/*": info,
    "PUT collections/*": create,
    "PATCH collections/*": update,
    "DELETE collections/*": delete,
    "GET collections/*/exists": exists,
    "PUT collections/*/index": index,
    "PUT collections/*/points": upsert,
    "POST collections/*/points": retrieve,
    "POST collections/*/points/delete": remove,
    "POST collections/*/points/scroll": scroll,
    "POST collections/*/points/count": count,
    "POST collections/*/points/query": query,
    "POST collections/*/points/query/batch": query_batch,
    "POST collections/*/facet": facet,
}


def shown(point: dict[str, Any]) -> dict[str, Any]:
    """Return the point with its 32-bit numbers in their shortest form, as the server writes them."""
    short = {name: shortest(point[name]) for name in ("score", "vector") if name in point}
    return {name: value for name, value in (point | short).items() if value is not None}


def shortest(value: Any) -> Any:
    match value:
        case float():
            return float(str(np.float32(value)))
        case list():
            return [shortest(each) for each in value]
        case dict():
            return {name: shortest(each) for name, each in value.items()}
    return value
