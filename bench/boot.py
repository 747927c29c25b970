"""
How long the server takes from the start of its process until `/ready`, its memory then, and its installed size.

With a built index, once as it comes and once with a model configured, which loads the client of its server.
Beside it a page that says hello, on Quart and Hypercorn as they come.
"""

import importlib.util
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from bench.processes import CHECKOUT, Process, built, chatbot, free_port, started

ROUNDS = 5
DOCUMENTS = 60
NO_SERVER = "http://127.0.0.1:9/v1"
MIB = 2**20

HELLO = """\
import sys
from quart import Quart
app = Quart("hello")
@app.get("/ready")
async def hello() -> str:
    return "hello"
from hypercorn.asyncio import serve
from hypercorn.config import Config
import asyncio
config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
asyncio.run(serve(app, config))
"""


def hello(port: int, folder: Path) -> AbstractContextManager[Process]:
    script = folder / "hello.py"
    script.write_text(HELLO)
    return started([sys.executable, str(script), str(port)], port, "/ready")


def boot(server: AbstractContextManager[Process]) -> tuple[float, float]:
    """Return the seconds until the server was ready, and its memory in MiB."""
    with server as process:
        return process.ready_s, process.rss_kib() / 1024


def median(boots: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(each[0] for each in boots), statistics.median(each[1] for each in boots)


def installed_bytes(requirements: Path) -> dict[str, int]:
    """Return the size of each required package as it lies in this environment, compiled files included."""
    names = re.findall(r"^([\w.-]+)==", requirements.read_text(), re.MULTILINE)
    return {name: sum(_sizes(found)) for name in names if (found := _distribution(name))}


def _distribution(name: str) -> Distribution | None:
    """Return the package, or None where its marker leaves it out."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _sizes(found: Distribution) -> Iterator[int]:
    files = {Path(str(file.locate())) for file in found.files or ()}
    compiled = {Path(importlib.util.cache_from_source(str(file))) for file in files if file.suffix == ".py"}
    for file in files | compiled:
        if file.is_file():
            yield file.stat().st_size


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built(folder, DOCUMENTS)
        data = folder / "data"
        kinds: dict[str, Callable[[], AbstractContextManager[Process]]] = {
            "hello world on Quart": lambda: hello(free_port(), folder),
            "quoting": lambda: chatbot(free_port(), data),
            "with a model": lambda: chatbot(free_port(), data, OPENAI_BASE_URL=NO_SERVER),
        }
        boots = {kind: median([boot(start()) for _ in range(ROUNDS)]) for kind, start in kinds.items()}
    for kind, (ready_s, rss_mib) in boots.items():
        print(f"{kind:<22} ready in {ready_s:5.2f} s, {rss_mib:5.1f} MiB")
    sizes = installed_bytes(CHECKOUT / "requirements.txt")
    largest = sorted(sizes, key=lambda each: -sizes[each])[:5]
    print("installed, largest:", ", ".join(f"{each} {sizes[each] / MIB:.1f} MiB" for each in largest))
    ready_s, rss_mib = boots["with a model"]
    figures = {"ready_s": ready_s, "rss_mib": rss_mib, "installed_mib": sum(sizes.values()) / MIB}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
