"""A chat model on real sockets: what it is asked, how its words arrive, how a reply ends."""

import asyncio
import time

import pytest
from openai import AsyncOpenAI

from chatbot.errors import ModelInterrupted, ModelRefused, ModelTimeout
from chatbot.llm.completions import OpenAIChat
from chatbot.llm.openai import open_client
from chatbot.model import Reply, Usage
from tests.servers.openai import Exchange, OpenAIServer, frames, scripts

from .conversation import MESSAGES, PROMPT, Listener

CHAT = "/v1/chat/completions"
PATIENCE_S = 5


async def test_a_reply_is_passed_on_whole_with_the_usage_the_server_counted(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.stream("Port", " 8000", " [1]."))
    said = Listener()

    reply = await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.text == "Port 8000 [1]."
    assert reply == Reply("done", Usage(prompt_tokens=11, completion_tokens=7))


async def test_the_server_is_sent_the_model_and_the_messages_and_the_key(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    await OpenAIChat(client, "some-model", max_tokens=99).reply(PROMPT, Listener())

    [body] = server.bodies(CHAT)
    assert body["model"] == "some-model"
    assert body["messages"] == [{"role": each.role, "content": each.content} for each in MESSAGES]
    assert body["max_tokens"] == 99
    assert server.log.requests[0].headers["authorization"] == "Bearer sk-test-7f3a"


async def test_without_a_key_none_is_sent(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    async with open_client(api_key=None, base_url=server.url) as client:
        await OpenAIChat(client, "m").reply(PROMPT, Listener())

    assert "authorization" not in server.log.requests[0].headers


async def test_tokens_of_one_network_read_are_emitted_in_one_call(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.events([b"".join(frames.stream(["one", " two", " three"]))]))
    said = Listener()

    await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.pieces == ["one two three"]


async def test_a_token_that_arrives_alone_is_emitted_before_the_next_is_sent(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    first, second = frames.choice({"content": "one"}), frames.choice({"content": " two"})
    server.chat.append(scripts.gated([first, second, frames.choice({}, "stop")], gates))
    said = Listener()

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        reply = group.create_task(OpenAIChat(client, "m").reply(PROMPT, said))
        assert await said.next() == "one"
        gates[0].set()
        assert await said.next() == " two"
        gates[1].set()

    assert reply.result().reason == "done"


async def test_a_letter_cut_between_two_network_reads_arrives_whole(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    content = b"".join(frames.stream(["grüße 日本 🙂"]))
    server.chat.append(scripts.events([content[at : at + 1] for at in range(len(content))]))
    said = Listener()

    await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.text == "grüße 日本 🙂"


async def test_connections_are_used_again(server: OpenAIServer, client: AsyncOpenAI) -> None:
    chat = OpenAIChat(client, "m")
    for _ in range(3):
        await chat.reply(PROMPT, Listener())

    assert len(server.log.requests) == 3
    assert server.log.accepted == 1


async def test_reasoning_is_not_shown(server: OpenAIServer, client: AsyncOpenAI) -> None:
    thoughts = [frames.choice({"reasoning_content": "hmm"}), frames.choice({"reasoning": "so"})]
    server.chat.append(scripts.events([*thoughts, *frames.stream(["Yes."])]))
    said = Listener()

    await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.text == "Yes."


async def test_a_reply_that_ran_into_its_limit_says_so(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.chat.append(scripts.stream("and", " then", finish="length"))

    assert (await OpenAIChat(client, "m").reply(PROMPT, Listener())).reason == "length"


@pytest.mark.parametrize("finish", ["content_filter", "tool_calls"])
async def test_a_model_that_does_not_answer_has_refused(
    server: OpenAIServer, client: AsyncOpenAI, finish: str
) -> None:
    server.chat.append(scripts.stream(finish=finish))

    with pytest.raises(ModelRefused, match=r"content filter|tool"):
        await OpenAIChat(client, "m").reply(PROMPT, Listener())


async def test_an_empty_reply_is_not_an_answer(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.chat.append(scripts.stream())

    with pytest.raises(ModelRefused, match="empty"):
        await OpenAIChat(client, "m").reply(PROMPT, Listener())


async def test_a_reply_that_ended_for_an_unknown_reason_is_not_complete(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.stream("half", finish="abort"))

    with pytest.raises(ModelInterrupted):
        await OpenAIChat(client, "m").reply(PROMPT, Listener())


@pytest.mark.parametrize("ending", ["end", "close", "reset", "stall"])
async def test_a_complete_reply_stays_complete_whatever_follows_it(
    server: OpenAIServer, client: AsyncOpenAI, ending: scripts.Ending
) -> None:
    parts = [frames.choice({"content": "whole"}), frames.choice({}, "stop")]
    server.chat.append(scripts.events(parts, ending))
    said = Listener()

    async with asyncio.timeout(PATIENCE_S):
        reply = await OpenAIChat(client, "m", between_tokens_s=60).reply(PROMPT, said)

    assert (said.text, reply.reason) == ("whole", "done")


async def test_words_after_the_end_are_not_part_of_the_reply(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    late = frames.choice({"content": " and more"})
    server.chat.append(scripts.events([*frames.stream(["whole"])[:-1], late, frames.DONE]))
    said = Listener()

    await OpenAIChat(client, "m").reply(PROMPT, said)

    assert said.text == "whole"


async def test_pings_after_a_complete_reply_do_not_hold_it(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.chat.append(scripts.repeating(b": ping\n\n", 0.01, before=frames.stream(["whole"])[:-1]))

    async with asyncio.timeout(PATIENCE_S):
        reply = await OpenAIChat(client, "m").reply(PROMPT, Listener())

    assert reply == Reply("done", Usage(11, 7))


async def test_leaving_stops_the_model_within_a_quarter_second(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.events([frames.choice({"content": "one"})], "stall"))
    said = Listener()
    reply = asyncio.create_task(OpenAIChat(client, "m").reply(PROMPT, said))
    await said.next()

    reply.cancel()
    left_at = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        await server.log.client_gone.wait()

    assert time.monotonic() - left_at < 0.25
    with pytest.raises(asyncio.CancelledError):
        await reply


async def test_leaving_before_the_first_token_stops_the_model(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    asked = asyncio.Event()

    async def think(exchange: Exchange) -> None:
        asked.set()
        await exchange.gone.wait()

    server.chat.append(think)
    reply = asyncio.create_task(OpenAIChat(client, "m").reply(PROMPT, Listener()))
    async with asyncio.timeout(PATIENCE_S):
        await asked.wait()

    reply.cancel()
    async with asyncio.timeout(0.25):
        await server.log.client_gone.wait()

    with pytest.raises(asyncio.CancelledError):
        await reply


async def test_what_the_listener_raises_is_its_own_and_stops_the_model(
    server: OpenAIServer, client: AsyncOpenAI
) -> None:
    server.chat.append(scripts.events([frames.choice({"content": "one"})], "stall"))

    async def broken(text: str) -> None:
        raise ConnectionResetError(text)

    with pytest.raises(ConnectionResetError, match="one"):
        await OpenAIChat(client, "m").reply(PROMPT, broken)
    async with asyncio.timeout(0.25):
        await server.log.client_gone.wait()


async def test_a_short_answer_comes_whole(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.chat.append(scripts.whole(frames.completion("Which port does the server use?")))

    answer = await OpenAIChat(client, "m").complete(MESSAGES, max_tokens=50, timeout_s=5)

    assert answer == "Which port does the server use?"
    [body] = server.bodies(CHAT)
    assert body["max_tokens"] == 50
    assert not body.get("stream")


@pytest.mark.parametrize("content", [b'{"choices":[]}', b'{"choices":[{"message":{"content":null}}]}'])
async def test_a_short_answer_may_be_empty(server: OpenAIServer, client: AsyncOpenAI, content: bytes) -> None:
    server.chat.append(scripts.whole(content))

    assert await OpenAIChat(client, "m").complete(MESSAGES, max_tokens=5, timeout_s=5) == ""


async def test_a_short_answer_has_a_deadline(server: OpenAIServer, client: AsyncOpenAI) -> None:
    server.chat.append(scripts.silence)

    with pytest.raises(ModelTimeout):
        await OpenAIChat(client, "m").complete(MESSAGES, max_tokens=5, timeout_s=0.05)


@pytest.mark.parametrize(
    "content", [b"<html>hello</html>", b"[]", b'{"choices":7}', b'{"choices":[{}]}', b"\xff\xfe"]
)
async def test_a_short_answer_of_another_shape_names_the_address(
    server: OpenAIServer, client: AsyncOpenAI, content: bytes
) -> None:
    server.chat.append(scripts.whole(content))

    with pytest.raises(ModelRefused, match="OPENAI_BASE_URL"):
        await OpenAIChat(client, "m").complete(MESSAGES, max_tokens=5, timeout_s=5)
