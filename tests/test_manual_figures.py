"""The figures that the manual states are the program's."""

import pytest

from chatbot.answering import prompt, relevance, retrieval, rewriting, support, writer
from chatbot.app import MOST_BODY_BYTES
from chatbot.chats import history, turns
from chatbot.indexing.chunking import SIZES
from chatbot.llm import extractive
from chatbot.readers import MOST_BYTES
from chatbot.serving import Limits
from chatbot.settings import DEFAULT_EMBEDDING_MODEL, Settings
from chatbot.stores.shards import ROOM_BYTES

from .manual import ROOT, page

LIMITS = Limits()


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("documents.md", f"at most {SIZES.limit} tokens"),
        ("documents.md", f"up to {SIZES.overlap} tokens"),
        ("documents.md", f"larger than {MOST_BYTES // 1_000_000} MB"),
        ("page.md", f"up to {turns.MOST_QUESTION_CHARS:,} characters"),
        ("page.md", f"for {turns.ABANDONED_S:g} seconds without you"),
        ("protocol.md", f"| a question | {turns.MOST_QUESTION_CHARS:,} characters |"),
        ("protocol.md", f"all fragments together | {LIMITS.message_bytes // 1024} KiB |"),
        ("protocol.md", f"| {LIMITS.frames} at once and {LIMITS.frames_per_s:g} a second"),
        ("protocol.md", f"| {LIMITS.header_bytes // 1024} KiB and {MOST_BODY_BYTES // 1024} KiB |"),
        ("protocol.md", f"{turns.MOST_TURNS:,} for the server"),
        ("protocol.md", f"| {writer.MOST_CHARS:,} characters |"),
        ("protocol.md", f"| a turn that has ended | {turns.KEPT_S:g} s |"),
        ("protocol.md", f"sends nothing for {LIMITS.silence_s:g} seconds"),
        ("protocol.md", f"reads nothing for {LIMITS.stalled_s:g} seconds"),
        ("deployment.md", f"for up to {LIMITS.busy_s:g} seconds"),
        ("deployment.md", f"a ping every {LIMITS.ping_s:g} seconds"),
        ("deployment.md", f"at most {LIMITS.sockets:,} connections"),
        ("deployment.md", f"{ROOM_BYTES // 2**20} MiB of free disk"),
        ("deployment.md", (ROOT / "Procfile").read_text("utf-8").strip()),
        ("models.md", f"{prompt.PASSAGES_TOKENS:,} tokens of passages"),
        ("models.md", f"{prompt.HISTORY_TOKENS:,} tokens of the conversation"),
        ("models.md", f"| {rewriting.DEADLINE_S:g} s, then it is left out |"),
        ("models.md", f"| {retrieval.EMBEDDING_DEADLINE_S:g} s, then words alone are searched |"),
        ("models.md", f"`{Settings().chat_model}`"),
        ("models.md", f"`{DEFAULT_EMBEDDING_MODEL}`"),
        ("answers.md", f"at least {relevance.COVERED * 100:g} percent of the question"),
        ("answers.md", f"at least {support.LEAST_SHARE * 100:g} percent of the claim"),
        ("answers.md", f"but {support.LEAST_OWN_SHARE * 100:g} percent must stand"),
        ("answers.md", f"at most about {extractive.MOST_WORDS} words"),
        ("answers.md", f"the last {history.MOST_MESSAGES} messages"),
        ("answers.md", f"the last {history.MOST_CONVERSATIONS:,} conversations"),
    ],
)
def test_a_figure_of_the_manual_is_the_programs(name: str, phrase: str) -> None:
    assert phrase in page(name)
