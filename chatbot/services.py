"""The composition root: opens what the settings ask for, and closes it in reverse."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from .answering.assistant import Assistant
from .answering.retrieval import Retriever
from .answering.rewriting import Completer, Rewriter
from .chats.history import History
from .chats.turns import Turns
from .errors import StoreError
from .indexing.vetting import Vetting
from .llm.bm25 import Bm25Encoder
from .llm.extractive import ExtractiveModel
from .ports import ChatModel, Clock, Embedder, Renderer, SparseEncoder, VectorStore
from .settings import Settings
from .stores.edge import open_edge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Index:
    """
    What it takes to write and to search an index.

    Attributes:
        server: Tells which server holds it, with its version; None if a folder does.
    """

    settings: Settings
    store: VectorStore
    sparse: SparseEncoder
    embedder: Embedder | None
    server: Callable[[], Awaitable[str]] | None = None

    def may_return(self, error: StoreError) -> bool:
        """Whether to wait for the store: a server comes back by itself, a folder does not."""
        return self.server is not None and error.retryable


@dataclass(frozen=True, slots=True)
class Services:
    """
    All that answers questions.

    Attributes:
        mode: The chat model's name, or None if answers are quoted.
    """

    settings: Settings
    store: VectorStore
    retriever: Retriever
    assistant: Assistant
    turns: Turns
    clock: Clock = time.monotonic

    @property
    def collection(self) -> str:
        """The collection that answers come from."""
        return self.retriever.collections[0]

    @property
    def mode(self) -> str | None:
        return self.assistant.model.name


@asynccontextmanager
async def open_index(settings: Settings) -> AsyncIterator[Index]:
    """
    Open the store and the embedder that the settings ask for.

    Raises:
        StoreLocked, StoreUnavailable
    """
    async with AsyncExitStack() as stack:
        store, server = await open_store(settings, stack)
        yield Index(settings, store, Bm25Encoder(), await open_embedder(settings, stack), server)


@asynccontextmanager
async def open_services(index: Index, collection: str, renderer: Renderer) -> AsyncIterator[Services]:
    """
    Open what answers questions from a collection of the index.

    A server that does not answer yet is no hindrance: the collection is looked at when it does.

    Raises:
        CollectionNotFound: There is no such collection.
        FingerprintMismatch: It was built with another embedding model or chunker.
    """
    settings = index.settings
    vetting = Vetting(index.store, index.embedder, collection)
    try:
        await vetting()
    except StoreError as error:
        if not index.may_return(error):
            raise
        log.warning("the store does not answer yet", extra={"error": type(error).__name__})
    async with AsyncExitStack() as stack:
        model, completer = await open_model(settings, index.sparse, stack)
        retriever = Retriever(
            index.store, (collection,), index.sparse, index.embedder, Rewriter(completer), vetting
        )
        assistant = Assistant(retriever, model, index.sparse, renderer)
        turns = await stack.enter_async_context(Turns(assistant.answer, History()))
        yield Services(settings, index.store, retriever, assistant, turns)


async def open_store(
    settings: Settings, stack: AsyncExitStack
) -> tuple[VectorStore, Callable[[], Awaitable[str]] | None]:
    if not settings.qdrant_url:
        return await stack.enter_async_context(open_edge(settings.data_dir)), None
    from .stores.qdrant import open_qdrant  # 0.7 s and 83 MB, for those who configured it

    store = await stack.enter_async_context(
        open_qdrant(
            settings.qdrant_url,
            settings.qdrant_api_key,
            settings.qdrant_prefer_grpc,
            settings.qdrant_timeout_s,
            grpc_port=settings.qdrant_grpc_port,
        )
    )
    return store, store.described


async def open_embedder(settings: Settings, stack: AsyncExitStack) -> Embedder | None:
    if not settings.embedding:
        return None
    from .llm.embeddings import OpenAIEmbedder  # 0.6 s and 49 MB, for those who configured it
    from .llm.openai import open_client

    key, url = settings.embedding.api_key, settings.embedding.base_url
    client = await stack.enter_async_context(open_client(api_key=key, base_url=url))
    return OpenAIEmbedder(client, settings.embedding.model, dimensions=settings.embedding_dimensions)


async def open_model(
    settings: Settings, sparse: SparseEncoder, stack: AsyncExitStack
) -> tuple[ChatModel, Completer | None]:
    if not settings.has_chat_model:
        return ExtractiveModel(sparse), None
    from .llm.completions import OpenAIChat
    from .llm.openai import open_client

    client = await stack.enter_async_context(
        open_client(api_key=settings.openai_api_key, base_url=settings.openai_base_url)
    )
    model = OpenAIChat(client, settings.chat_model)
    return model, model
