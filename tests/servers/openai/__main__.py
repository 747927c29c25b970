"""Runs the double until SIGTERM: ``python -m tests.servers.openai --port 9000 --tokens-per-second 50``."""

import argparse
import asyncio
import signal

import uvloop

from . import OpenAIServer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.servers.openai", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens-per-second", type=float)
    parser.add_argument("--tokens", type=int)
    return parser.parse_args()


async def serve(given: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    double = OpenAIServer(given.port, tokens_per_second=given.tokens_per_second, tokens=given.tokens)
    async with double:
        print(double.url, flush=True)
        await stopped.wait()


if __name__ == "__main__":
    uvloop.run(serve(arguments()))
