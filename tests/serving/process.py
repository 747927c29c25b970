"""
A server process for tests of its end: ``python -m tests.serving.process``, with limits as JSON.

It prints its address and then each line of the journal; a line on standard input releases the answers.
"""

import asyncio
import json
import sys

from chatbot import server
from chatbot.serving import Limits
from chatbot.web.drain import Drain

from .apps import Journal, make_app


def say(line: str) -> None:
    print(line, flush=True)


async def main(bounds: dict[str, float]) -> None:
    journal, drain = Journal(echo=say), Drain()
    limits = Limits(**bounds)  # type: ignore[arg-type]
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), journal.release.set)
    try:
        await server.serve(
            make_app(journal, drain), drain, host="127.0.0.1", port=0, limits=limits, on_bound=say
        )
    finally:
        journal.note("after serving")
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    bounds = json.loads(sys.argv[1])
    if not bounds.pop("uvloop", True):
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # as if it were not installed
    sys.exit(server.run(main(bounds), deadline_s=bounds.get("deadline_s", Limits().deadline_s)))
