"""The `serve` command: index, open, serve, close."""

import logging
from collections.abc import Sequence
from pathlib import Path

import click

from . import library, logs, terminal
from .app import create_app
from .server import serve
from .services import Index, open_index, open_services
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
    async with open_index(settings) as index:
        collection = await prepare(index, paths)
        index.sparse.warm_up()
        async with open_services(index, collection, Markup()) as services:
            drain = Drain()
            await serve(
                create_app(services, drain),
                drain,
                host=settings.host,
                port=settings.port,
                trusted_hops=settings.trusted_hops,
                on_bound=lambda address: announce(address, services.mode, collection),
            )


async def prepare(index: Index, paths: Sequence[Path]) -> str:
    """Return the collection to answer from, brought up to date."""
    with terminal.reporting(verbose=False) as report:
        if not paths:
            return await library.collection_to_search(index, MANUAL, report)
        collection = index.settings.qdrant_collection
        tally = await library.index_paths(index, paths, collection, report, prune=True)
    click.echo(terminal.summary(tally, collection), err=True)
    return collection


def announce(address: str, mode: str | None, collection: str) -> None:
    answers = f"answers are written by {mode}" if mode else "answers are quoted: no model is configured"
    click.echo(f"Serving the collection {collection} on {address} ({answers}). Ctrl-C ends it.", err=True)
