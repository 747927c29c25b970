"""What an operator wants to know first: does everything that is configured answer?"""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from . import __version__
from .errors import ChatbotError, StoreLocked
from .indexing.sync import require_current
from .llm.bm25 import Bm25Encoder
from .llm.discovery import suggestion
from .model import Message
from .services import Index, open_index, open_model
from .settings import Settings

DEADLINE_S = 20.0
PACKAGES = ("quart", "hypercorn", "qdrant-client", "qdrant-edge-py", "openai")


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    status: Literal["ok", "note", "FAIL"]
    finding: str


async def examine(settings: Settings) -> list[Check]:
    """Return one finding for each part of the installation; none of them raises."""
    checks = [Check("versions", "ok", versions())]
    checks.append(await checked("model", lambda: model(settings)))
    checks.extend(await examine_index(settings))
    return checks


async def examine_index(settings: Settings) -> list[Check]:
    try:
        async with open_index(settings) as index:
            embedder = await checked("embedding", lambda: embedding(index))
            return [embedder, await checked("index", lambda: collection(index))]
    except StoreLocked as error:
        return [Check("index", "note", f"{error} If that is the running server, ask its /ready.")]
    except ChatbotError as error:
        return [Check("index", "FAIL", str(error))]


async def checked(name: str, find: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await find()
    except ChatbotError as error:
        return Check(name, "FAIL", str(error))
    except TimeoutError:
        return Check(name, "FAIL", f"No answer within {DEADLINE_S:.0f} s.")


def versions() -> str:
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"chatbot {__version__}, Python {platform.python_version()}, {found}"


async def model(settings: Settings) -> Check:
    async with AsyncExitStack() as stack:
        _, completer = await open_model(settings, Bm25Encoder(), stack)
        if completer is None:
            return Check("model", "note", f"None is configured, answers are quoted. {await suggestion()}")
        answer = await completer.complete(
            [Message("user", "Answer with the word: ready")], max_tokens=200, timeout_s=DEADLINE_S
        )
    return Check("model", "ok", f"{settings.chat_model} answers ({len(answer)} characters)")


async def embedding(index: Index) -> Check:
    if index.embedder is None:
        return Check("embedding", "note", "None is configured, words alone are searched.")
    return Check("embedding", "ok", f"{index.embedder.model}, {await index.embedder.dimensions()} dimensions")


async def collection(index: Index) -> Check:
    """Check every collection of a folder; on a server, which may hold those of others, the configured one."""
    place = await index.server() if index.server else str(index.settings.data_dir)
    names = await index.store.collections()
    if index.server:
        names = [name for name in names if name == index.settings.qdrant_collection]
    if not names:
        return Check("index", "note", f"{place} holds none of ours: `chatbot index PATH` fills it.")
    found: list[str] = []
    for name in names:
        require_current(await index.store.fingerprint(name), index.embedder, name)
        found.append(f"{name} ({await index.store.count(name)} passages)")
    return Check("index", "ok", f"{place}: {', '.join(found)}")
