"""The websocket, frame by frame, on a real one."""

import asyncio
from typing import Any

import pytest

from chatbot.errors import ModelInterrupted, StoreUnavailable
from tests.fakes import FakeChat
from tests.servers.websocket_client import Closed, Rejected, WebsocketClient, connect

from .conftest import Sites

ASK = {"type": "ask", "id": "t1", "question": "What do collections hold?", "conversation": None}


async def events(
    ws: WebsocketClient, *, until: tuple[str, ...] = ("finish", "error")
) -> list[dict[str, Any]]:
    """Return the events up to one of these types."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] not in until:
        found.append(await ws.receive_json())
    return found


def text_of(found: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in found if event["type"] == "delta")


def types_of(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in found]


async def test_a_question_is_answered_with_the_events_of_the_protocol(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        found = await events(ws)
    assert types_of(found)[:4] == ["start", "status", "sources", "status"]
    assert types_of(found)[-1] == "finish"
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert {event["id"] for event in found} == {"t1"}
    assert text_of(found) == "Collections hold points [1]."
    by_type = {event["type"]: event for event in found}
    [source] = [each for each in by_type["sources"]["sources"] if each["n"] == 1]
    assert source.keys() == {"n", "id", "title", "headings", "url", "text", "score", "collection"}
    assert source["url"] == "/documents/Collections.md?collection=documents#start"
    citation = by_type["citation"]
    assert (citation["n"], citation["supported"]) == (1, True)
    assert text_of(found)[citation["from"] : citation["to"]] == "Collections hold points [1]"
    assert by_type["block"]["from"] == 0
    assert by_type["block"]["to"] == len(text_of(found))
    assert by_type["finish"]["reason"] == "done"
    assert by_type["finish"]["usage"] == {"prompt_tokens": 0, "completion_tokens": 0}


async def test_a_follow_up_belongs_to_the_conversation(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        conversation = (await events(ws))[0]["conversation"]
        await ws.send_json(ASK | {"id": "t2", "question": "And points?", "conversation": conversation})
        assert (await events(ws))[0]["conversation"] == conversation
    assert [message.content for message in site.model.prompts[1].messages][1:3] == [
        "What do collections hold?",
        "Collections hold points.",
    ]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("no json", "cannot be understood"),
        ("[]", "cannot be understood"),
        ('{"type": "dance"}', "dance"),
        ('{"type": "ask", "id": "t"}', "question"),
        ('{"type": "ask", "id": "not an id!", "question": "q"}', "id"),
        ('{"type": "ask", "id": "t", "question": "q", "conversation": "short"}', "conversation"),
        ('{"type": "ask", "id": "t", "question": 7}', "question"),
        ('{"type": "resume", "id": "t", "after": -1}', "after"),
        ("", "cannot be understood"),
    ],
)
async def test_a_frame_that_is_not_of_the_protocol_is_answered_and_the_talk_goes_on(
    open_site: Sites, frame: str, reason: str
) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_text(frame)
        error = await ws.receive_json()
        assert (error["type"], error["code"], error["seq"]) == ("error", "invalid_frame", 0)
        assert reason in error["message"]
        await ws.send_json(ASK)
        assert types_of(await events(ws))[-1] == "finish"


async def test_a_binary_frame_is_answered_with_an_error(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_bytes(b"\x00\x01")
        assert (await ws.receive_json())["code"] == "invalid_frame"


@pytest.mark.parametrize("question", ["", "   ", "x" * 5000])
async def test_an_empty_or_over_long_question_is_refused_with_a_message(
    open_site: Sites, question: str
) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_json(ASK | {"question": question})
        error = await ws.receive_json()
    assert (error["type"], error["code"], error["id"]) == ("error", "invalid_question", "t1")


async def test_a_frame_over_the_limit_closes_the_socket_with_1009(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_json(ASK | {"question": "x" * 70_000})
        with pytest.raises(Closed) as closed:
            await ws.receive_json()
    assert closed.value.code == 1009


async def test_a_second_question_at_once_is_refused_and_the_first_goes_on(open_site: Sites) -> None:
    model = FakeChat("One ", "two")
    model.go_on.clear()
    site = await open_site(model)
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        await events(ws, until=("delta",))
        await ws.send_json(ASK | {"id": "t2"})
        error = await ws.receive_json()
        assert (error["id"], error["code"], error["retryable"]) == ("t2", "busy", True)
        model.go_on.set()
        assert (await events(ws))[-1]["type"] == "finish"


async def test_stop_ends_the_answer_and_keeps_what_was_written(open_site: Sites) -> None:
    model = FakeChat("Half ", "never")
    model.go_on.clear()
    site = await open_site(model)
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        begun = await events(ws, until=("delta",))
        await ws.send_json({"type": "stop", "id": "t1"})
        ended = await events(ws)
    assert text_of(begun + ended) == "Half "
    assert ended[-1]["reason"] == "stopped"
    assert "block" in types_of(ended)
    assert model.cancelled.is_set()


async def test_stopping_or_resuming_what_is_not_there_is_not_found(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        for frame in ({"type": "stop", "id": "no"}, {"type": "resume", "id": "no", "after": 0}):
            await ws.send_json(frame)
            error = await ws.receive_json()
            assert (error["code"], error["id"]) == ("not_found", "no")


async def test_leaving_the_page_stops_the_model(open_site: Sites) -> None:
    model = FakeChat("Half ", "never")
    model.go_on.clear()
    site = await open_site(model)
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        await events(ws, until=("delta",))
        await ws.close(1001)
        async with asyncio.timeout(0.25):
            await model.cancelled.wait()


async def test_a_lost_connection_is_resumed_without_a_word_lost_or_twice(open_site: Sites) -> None:
    model = FakeChat("One ", "two ", "three.")
    model.go_on.clear()
    site = await open_site(model)
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        before = await events(ws, until=("delta",))
        ws.abort()
    async with connect(site.ws) as ws:
        await ws.send_json({"type": "resume", "id": "t1", "after": before[-1]["seq"]})
        model.go_on.set()
        after = await events(ws)
    assert text_of(before + after) == "One two three."
    assert [event["seq"] for event in before + after] == list(range(1, len(before + after) + 1))
    assert after[-1]["reason"] == "done"


async def test_a_finished_answer_can_be_fetched_again(open_site: Sites) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        whole = await events(ws)
    async with connect(site.ws) as ws:
        await ws.send_json({"type": "resume", "id": "t1", "after": 0})
        assert await events(ws) == whole


async def test_an_answer_that_nobody_comes_back_for_is_stopped(open_site: Sites) -> None:
    model = FakeChat("Half ", "never")
    model.go_on.clear()
    site = await open_site(model, abandoned_s=0.05)
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        await events(ws, until=("delta",))
        ws.abort()
    await model.cancelled.wait()


async def test_an_outage_is_told_in_words_for_the_reader_and_the_next_question_works(
    open_site: Sites,
) -> None:
    site = await open_site()
    async with connect(site.ws) as ws:
        site.store.failure = StoreUnavailable("The index cannot be reached.")
        await ws.send_json(ASK)
        error = (await events(ws))[-1]
        assert (error["code"], error["retryable"]) == ("store_unavailable", True)
        assert error["message"] == "The index cannot be reached."
        site.store.failure = None
        await ws.send_json(ASK | {"id": "t2"})
        assert (await events(ws))[-1]["type"] == "finish"


async def test_a_model_that_fails_in_mid_answer_leaves_words_and_sources(open_site: Sites) -> None:
    site = await open_site(FakeChat("Half an answer", failure=ModelInterrupted("The model stopped.")))
    async with connect(site.ws) as ws:
        await ws.send_json(ASK)
        found = await events(ws)
    assert text_of(found) == "Half an answer"
    assert "sources" in types_of(found)
    assert found[-1]["type"] == "error"
    assert found[-1]["message"] == "The model stopped."


async def test_a_page_of_another_site_is_refused(open_site: Sites) -> None:
    site = await open_site(allowed_origins=("https://docs.example.com",))
    with pytest.raises(Rejected) as rejected:
        async with connect(site.ws, headers={"Origin": "https://evil.example"}):
            pass
    assert rejected.value.status == 403
    for origin in (site.url, "https://docs.example.com"):
        async with connect(site.ws, headers={"Origin": origin}) as ws:
            await ws.send_json(ASK | {"id": origin[-4:].strip("/:.")})
            assert (await events(ws))[-1]["type"] == "finish"


async def test_while_draining_no_new_question_is_taken_and_the_running_one_finishes(open_site: Sites) -> None:
    model = FakeChat("One ", "two.")
    model.go_on.clear()
    site = await open_site(model)
    async with connect(site.ws) as idle, connect(site.ws) as ws:
        await ws.send_json(ASK)
        begun = await events(ws, until=("delta",))
        draining = asyncio.create_task(site.drain.drain())
        with pytest.raises(Closed) as closed:
            await idle.receive_json()
        assert closed.value.code == 1012
        model.go_on.set()
        found = await events(ws)
        assert text_of(begun + found) == "One two."
        with pytest.raises(Closed) as closed:
            await ws.receive_json()
        assert closed.value.code == 1012
        await draining
