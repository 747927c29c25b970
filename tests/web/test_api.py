"""The same over HTTP."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from chatbot.errors import StoreUnavailable
from tests.fakes import FakeChat

from .conftest import Site, Sites

QUESTION = {"question": "What do collections hold?"}


async def read_event(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """Return the next server-sent event, and check its frame."""
    fields: dict[str, str] = {}
    while line := (await response.content.readline()).decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
    event: dict[str, Any] = json.loads(fields["data"])
    assert (fields["id"], fields["event"]) == (str(event["seq"]), event["type"])
    return event


async def all_events(site: Site, body: object = QUESTION) -> list[dict[str, Any]]:
    async with site.http.post("/api/chat", json=body) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        found = [await read_event(response)]
        while found[-1]["type"] not in {"finish", "error"}:
            found.append(await read_event(response))
        assert await response.read() == b""
    return found


async def test_a_question_is_answered_as_server_sent_events(open_site: Sites) -> None:
    found = await all_events(await open_site())
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert (
        "".join(event["text"] for event in found if event["type"] == "delta")
        == "Collections hold points [1]."
    )
    assert found[-1]["reason"] == "done"


async def test_a_reader_who_leaves_stops_the_model(open_site: Sites) -> None:
    model = FakeChat("Half ", "never")
    model.go_on.clear()
    site = await open_site(model)
    async with site.http.post("/api/chat", json=QUESTION) as response:
        while (await read_event(response))["type"] != "delta":
            pass
        response.close()
    await model.cancelled.wait()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_frame"),
        (b"no json", "invalid_frame"),
        (b'{"question": 1}', "invalid_frame"),
        (b'{"question": ""}', "invalid_question"),
        (b'{"question": "' + b"x" * 5000 + b'"}', "invalid_question"),
    ],
)
async def test_a_faulty_request_gets_the_one_error_shape(open_site: Sites, body: bytes, code: str) -> None:
    site = await open_site()
    async with site.http.post("/api/chat", data=body) as response:
        assert response.status == 400
        error = (await response.json())["error"]
    assert (error["code"], error["retryable"]) == (code, False)
    assert error["message"]


async def test_a_body_over_the_limit_is_refused(open_site: Sites) -> None:
    site = await open_site()
    async with site.http.post("/api/chat", data=b"x" * 100_000) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "too_large"


async def test_a_search_gives_the_passages_alone(open_site: Sites) -> None:
    site = await open_site()
    async with site.http.get("/api/search", params={"q": "installed servers", "limit": "1"}) as response:
        found = await response.json()
    assert found["relevant"] is True
    assert [source["text"] for source in found["sources"]] == ["Servers are installed with pip."]
    assert site.model.prompts == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=x&limit=0", "?q=x&limit=many"])
async def test_a_faulty_search_is_refused(open_site: Sites, query: str) -> None:
    site = await open_site()
    async with site.http.get(f"/api/search{query}") as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] in {"invalid_question", "invalid_frame"}


async def test_an_outage_is_503_with_the_same_shape(open_site: Sites) -> None:
    site = await open_site()
    site.store.failure = StoreUnavailable("The index cannot be reached.")
    async with site.http.get("/api/search?q=collections") as response:
        assert response.status == 503
        assert (await response.json())["error"] == {
            "code": "store_unavailable",
            "message": "The index cannot be reached.",
            "retryable": True,
        }


async def test_a_page_of_another_site_can_neither_ask_nor_search(open_site: Sites) -> None:
    site = await open_site(allowed_origins=("https://docs.example.com",))
    foreign, known = {"Origin": "https://evil.example"}, {"Origin": "https://docs.example.com"}
    async with site.http.post("/api/chat", data=json.dumps(QUESTION), headers=foreign) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (403, "forbidden")
    async with site.http.get("/api/search?q=points", headers=foreign) as response:
        assert response.status == 403
    assert site.model.prompts == []
    async with site.http.get("/api/search?q=points", headers=known) as response:
        assert response.status == 200


async def test_an_unknown_address_and_method_have_the_same_shape(open_site: Sites) -> None:
    site = await open_site()
    async with site.http.get("/api/nothing") as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] == "not_found"
    async with site.http.get("/api/chat") as response:
        assert response.status == 405
        assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_a_fault_of_ours_shows_nothing_of_itself(
    open_site: Sites, caplog: pytest.LogCaptureFixture
) -> None:
    site = await open_site()
    site.store.failure = RuntimeError("secret detail")
    async with site.http.get("/api/search?q=collections") as response:
        assert response.status == 500
        assert "secret" not in await response.text()
    assert "secret detail" in caplog.text


async def test_health_is_always_well_and_ready_says_what_is_there(open_site: Sites) -> None:
    site = await open_site()
    async with site.http.get("/health") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
    async with site.http.get("/ready") as response:
        assert response.status == 200
        assert await response.json() == {
            "status": "ready",
            "model": "fake-chat",
            "passages": {"documents": 2},
        }


async def test_ready_says_why_it_is_not(open_site: Sites) -> None:
    site = await open_site()
    site.store.failure = StoreUnavailable("The index cannot be reached.")
    async with site.http.get("/ready") as response:
        assert response.status == 503
        assert (await response.json())["reason"] == "The index cannot be reached."
    async with site.http.get("/health") as response:
        assert response.status == 200


async def test_a_running_answer_finishes_while_draining_and_a_new_one_is_refused(open_site: Sites) -> None:
    model = FakeChat("One ", "two.")
    model.go_on.clear()
    site = await open_site(model)
    async with site.http.post("/api/chat", json=QUESTION) as response:
        while (await read_event(response))["type"] != "delta":
            pass
        draining = asyncio.create_task(site.drain.drain())
        await asyncio.sleep(0)
        async with site.http.get("/ready") as ready:
            assert (ready.status, await ready.json()) == (503, {"status": "draining"})
        async with site.http.post("/api/chat", json=QUESTION) as refused:
            assert refused.status == 503
            assert refused.headers["Retry-After"] == "2"
            assert (await refused.json())["error"]["code"] == "draining"
        model.go_on.set()
        while (event := await read_event(response))["type"] != "finish":
            pass
        assert event["reason"] == "done"
    await draining
