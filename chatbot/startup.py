"""The `serve` command: index, open, serve, close."""

import gc
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from . import library, logs, terminal
from .app import create_app
from .errors import ModelError, StoreError, StoreFull
from .indexing.sync import Report
from .llm.discovery import suggestion
from .server import serve
from .services import Index, Services, open_index, open_services
from .serving import Limits
from .serving.listening import listen
from .settings import Settings
from .web.drain import Drain
from .web.markup import Markup
from .web.resources import MANUAL

log = logging.getLogger(__name__)


async def serving(settings: Settings, paths: Sequence[Path]) -> None:
    """
    Bring the index up to date, then serve until a signal ends it.

    Raises:
        ChatbotError: The index or the address cannot be used.
    """
    logs.configure(settings.log_level)
    # Before an index is built that nobody could then be served from
    listen(settings.host, settings.port, Limits()).close()
    async with open_index(settings) as index:
        collection = await prepare(index, paths)
        index.sparse.warm_up()
        async with open_services(index, collection, Markup()) as services:
            drain = Drain()
            # What the start made stays: to look through it again and again would hold the loop for 80 ms each time.
            gc.freeze()
            mode = await described(services)
            await serve(
                create_app(services, drain),
                drain,
                host=settings.host,
                port=settings.port,
                trusted_hops=settings.trusted_hops,
                on_bound=lambda address: announce(address, collection, mode),
            )


async def prepare(index: Index, paths: Sequence[Path]) -> str:
    """Return the collection to answer from, brought up to date."""
    with terminal.reporting(verbose=False) as report:
        if not paths:
            return await searched(index, report)
        collection = index.settings.qdrant_collection
        try:
            tally = await library.index_paths(index, paths, collection, report, prune=True)
        except (ModelError, StoreFull) as error:
            if not await library.has_passages(index, collection):
                raise
            click.echo(f"Serving what is indexed already, without the latest changes: {error}", err=True)
            return collection
    click.echo(terminal.summary(tally, collection), err=True)
    return collection


async def searched(index: Index, report: Report) -> str:
    """Return the collection to answer from; the configured one if the store is down, until it comes back."""
    try:
        return await library.collection_to_search(index, MANUAL, report)
    except StoreError as error:
        if not index.may_return(error):
            raise
        click.echo(f"Serving all the same: {error}", err=True)
        return index.settings.qdrant_collection


async def described(services: Services) -> str:
    """Say who writes the answers; if nobody does, what would change that."""
    if services.mode:
        return f"Answers are written by {services.mode}."
    return f"No model is configured, answers are quoted. {await suggestion()}"


def announce(address: str, collection: str, mode: str) -> None:
    click.echo(f"Serving the collection {collection} on {address} (Ctrl-C ends it). {mode}", err=True)
