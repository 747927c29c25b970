"""What commands show on a terminal: progress while indexing, an answer while it is written, passages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .events import Citation, Delta, Error, Event, Finish, Sources
from .indexing import sync
from .model import Hit
from .web.wire import encode, place, to_source

EXCERPT_CHARS = 240


@contextmanager
def reporting(*, verbose: bool) -> Iterator[sync.Report]:
    """Show a progress bar on a terminal, a line for each document if asked for, and every fault always."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("index", total=None)

        def report(progress: sync.Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)
            if verbose or progress.outcome == "failed":
                console.print(line(progress), markup=False)

        yield report


def line(progress: sync.Progress) -> str:
    reason = f": {progress.reason}" if progress.reason else ""
    passages = f" ({progress.passages} passages)" if progress.passages else ""
    return f"{progress.outcome:>9}  {progress.document}{passages}{reason}"


def summary(tally: sync.Tally, collection: str) -> str:
    """Return what an index run did, in one line."""
    parts = [f"{tally.written} written ({tally.passages} passages)", f"{tally.unchanged} unchanged"]
    parts += [f"{tally.removed} removed"] if tally.removed else []
    parts += [f"{tally.failed} failed"] if tally.failed else []
    return f"Collection {collection}: {', '.join(parts)}."


class Answer:
    """Prints an answer as it is written, and its sources at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._hits: Sequence[Hit] = ()
        self._cited: set[int] = set()
        self.error: Error | None = None

    async def show(self, seq: int, event: Event) -> None:
        """Print an event: as text, or as one line of JSON."""
        if isinstance(event, Error):
            self.error = event
        if self._as_json:
            click.echo(encode("ask", seq, event))
        else:
            self._show_text(event)

    def _show_text(self, event: Event) -> None:
        match event:
            case Sources(hits):
                self._hits = hits
            case Citation():
                self._cited.add(event.n)
            case Delta(text):
                click.echo(text, nl=False)
            case Error():
                click.echo("\n")
                self._show_sources()
            case Finish():
                click.echo("\n")
                self._show_sources()
            case _:
                pass

    def _show_sources(self) -> None:
        """List what the answer cites; if it cites nothing, all that was found."""
        for n, hit in enumerate(self._hits, start=1):
            if n in self._cited or not self._cited:
                click.echo(f"[{n}] {title(hit)}\n    {place(hit)}")


def passages(hits: Sequence[Hit], *, as_json: bool) -> None:
    """Print passages, best first: as text, or each as one line of JSON."""
    for n, hit in enumerate(hits, start=1):
        if as_json:
            click.echo(msgspec.json.encode(to_source(n, hit)).decode())
            continue
        excerpt = " ".join(hit.passage.text.split())[:EXCERPT_CHARS]
        click.echo(f"[{n}] {hit.score:.3f}  {title(hit)}\n    {place(hit)}\n    {excerpt}\n")


def title(hit: Hit) -> str:
    return " › ".join([hit.passage.title, *hit.passage.headings])
