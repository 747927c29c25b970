"""The commands."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from . import __version__, library, logs, terminal
from .answering.retrieval import Found
from .answering.timings import Timings
from .chats.turns import validated
from .errors import ChatbotError
from .events import Error
from .services import Services, open_index, open_services
from .settings import Fault, Settings, collection_name
from .web.markup import Markup
from .web.resources import MANUAL

log = logging.getLogger(__name__)

PATHS = click.Path(path_type=Path)


def fail(message: str) -> NoReturn:
    """Say what went wrong, a line for each fault, and end with status 1."""
    for fault in message.splitlines():
        click.echo(f"chatbot: {fault}", err=True)
    sys.exit(1)


class Group(click.Group):
    """Says what went wrong in one line, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ChatbotError as error:
            fail(str(error))
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            log.debug("a command failed", exc_info=error)
            fail(f"Something went wrong that should not have: {type(error).__name__}: {error}")


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command the settings; they are read when it runs, so that help is given whatever they are."""

    @wraps(command)
    def run(**arguments: Any) -> None:
        settings = Settings.from_environment(os.environ)
        logs.configure("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
        command(settings, **arguments)

    return run


def named(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Check the name of a collection."""
    try:
        return None if value is None else collection_name(value)
    except Fault as fault:
        raise click.BadParameter(f"expected {fault}") from fault


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Answer questions from your own documents, with citations."""


@main.command()
@click.argument("paths", nargs=-1, type=PATHS)
@with_settings
def serve(settings: Settings, paths: tuple[Path, ...]) -> None:
    """Index the PATHS and serve the chat page; without any, what is indexed already, or the manual."""
    from .server import run
    from .startup import serving  # the web server, for those who serve

    sys.exit(run(serving(settings, paths)))


@main.command()
@click.argument("paths", nargs=-1, type=PATHS, required=True)
@click.option(
    "--collection",
    metavar="NAME",
    callback=named,
    help="The collection to write; default: QDRANT_COLLECTION.",
)
@click.option("--prune", is_flag=True, help="Remove documents that are not in the PATHS.")
@click.option("--rebuild", is_flag=True, help="Begin with an empty collection.")
@click.option("--verbose", is_flag=True, help="Print a line for each document.")
@with_settings
def index(
    settings: Settings,
    paths: tuple[Path, ...],
    collection: str | None,
    prune: bool,
    rebuild: bool,
    verbose: bool,
) -> None:
    """Bring the collection up to date with the documents in the PATHS."""

    async def run() -> None:
        name = collection or settings.qdrant_collection
        with terminal.reporting(verbose=verbose) as report:
            async with open_index(settings) as opened:
                tally = await library.index_paths(opened, paths, name, report, prune=prune, rebuild=rebuild)
        click.echo(terminal.summary(tally, name))

    asyncio.run(run())


@main.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print one event per line.")
@with_settings
def ask(settings: Settings, question: str, as_json: bool) -> None:
    """Answer a QUESTION once."""

    async def run() -> Error | None:
        async with opened(settings) as services:
            turn = services.turns.start("ask", question)
            answer = terminal.Answer(as_json=as_json)
            await turn.follow(0, answer.show)
        return answer.error

    error = asyncio.run(run())
    if error is not None:
        after = f" Try again in {error.retry_after_s:.0f} s." if error.retry_after_s else ""
        raise ChatbotError(error.message + after)


@main.command()
@click.argument("question")
@click.option(
    "--limit", default=8, show_default=True, type=click.IntRange(1, 100), help="Most passages to print."
)
@click.option("--json", "as_json", is_flag=True, help="Print one passage per line.")
@with_settings
def search(settings: Settings, question: str, limit: int, as_json: bool) -> None:
    """Print the passages that fit a QUESTION best."""

    async def run() -> Found:
        async with opened(settings) as services:
            timings = Timings(services.clock)
            return await services.retriever.search(validated(question), limit=limit, timings=timings)

    terminal.passages(asyncio.run(run()).hits, as_json=as_json)


@main.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Check configuration, store, models and versions."""
    from .doctor import examine

    checks = asyncio.run(examine(settings))
    for check in checks:
        click.echo(f"{check.status:<5} {check.name:<12} {check.finding}")
    if any(check.status == "FAIL" for check in checks):
        sys.exit(1)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Services]:
    """Open what is indexed; if nothing is, the manual."""
    async with open_index(settings) as index:
        collection = await library.collection_to_search(index, MANUAL)
        async with open_services(index, collection, Markup()) as services:
            yield services
