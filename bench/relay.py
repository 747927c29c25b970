"""
Server CPU per streamed token, beside a plain Quart + openai relay, and memory per idle websocket.

Both servers run in the same minute on one core, in turns; the model's double and the load on the other.
What is measured is the steady phase: from the moment when all streams have begun until the first one ends.
The product is the whole product: index, search, sources, citations, blocks.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import uvloop

from bench import corpus
from bench.processes import Process, built, chatbot, free_port, module, pin_rest, started
from bench.visitors import Visitor, visitors

CONVERSATIONS = 100
TOKENS = 500
TOKENS_PER_S = 50
ROUNDS = 3
IDLE_SOCKETS = 500
WARM_SOCKETS = 50
DOCUMENTS = 75


@dataclass(frozen=True, slots=True)
class Sample:
    """What one steady phase cost."""

    cpu_s: float
    tokens: float
    seconds: float

    @property
    def us_per_token(self) -> float:
        return self.cpu_s / self.tokens * 1e6


async def steady(server: Process, questions: Sequence[str]) -> Sample:
    """Let everyone ask at once, and measure while all answers are being streamed."""
    async with visitors(server.url, CONVERSATIONS) as everyone:
        for visitor, question in zip(everyone, cycle(questions), strict=False):
            await visitor.ask(question)
        await asyncio.gather(*(visitor.saw("delta", "error") for visitor in everyone))
        begun, before_s, before = time.perf_counter(), server.cpu_s(), _chars(everyone)
        ends = [asyncio.create_task(visitor.finished()) for visitor in everyone]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        seconds, cpu_s = time.perf_counter() - begun, server.cpu_s() - before_s
        meanwhile = [now - then for now, then in zip(_chars(everyone), before, strict=True)]
        await asyncio.gather(*ends)
        # tokens cannot be seen in deltas that hold several; characters can
        tokens = sum(TOKENS * part / whole for part, whole in zip(meanwhile, _chars(everyone), strict=True))
    return Sample(cpu_s, tokens, seconds)


def _chars(everyone: Sequence[Visitor]) -> list[int]:
    return [visitor.chars for visitor in everyone]


async def idle_kib(server: Process) -> float:
    """Return what one more open websocket adds to the memory of a server that has some already."""
    async with visitors(server.url, WARM_SOCKETS):
        before = server.rss_kib()
        async with visitors(server.url, IDLE_SOCKETS):
            return (server.rss_kib() - before) / IDLE_SOCKETS


async def alternate(
    ours: Process, plain: Process, questions: Sequence[str], rounds: int
) -> tuple[list[Sample], list[Sample]]:
    samples: tuple[list[Sample], list[Sample]] = ([], [])
    for number in range(rounds):
        for name, server, found in (("ours", ours, samples[0]), ("plain", plain, samples[1])):
            sample = await steady(server, questions[number * CONVERSATIONS :])
            found.append(sample)
            rate = sample.tokens / sample.seconds
            print(
                f"{name:<6} {sample.us_per_token:6.1f} us a token, {rate:5.0f} tokens/s,"
                f" {sample.cpu_s / sample.seconds:4.0%} of a core"
            )
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.relay", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    core = pin_rest()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        questions = built(folder, DOCUMENTS)
        (folder / "context").write_text(context())
        model, port, plain_port = free_port(), free_port(), free_port()
        double = module("tests.servers.openai", "--port", model, "--tokens-per-second", TOKENS_PER_S)
        stack.enter_context(started([*double, "--tokens", str(TOKENS)], model, "/v1/models"))
        api = {"OPENAI_BASE_URL": f"http://127.0.0.1:{model}/v1", "OPENAI_API_KEY": "bench"}
        ours = stack.enter_context(chatbot(port, folder / "data", core=core, **api))
        kib = uvloop.run(idle_kib(ours))
        print(f"{kib:.1f} KiB for each of {IDLE_SOCKETS} idle websockets")
        command = module("bench.plain", "--port", plain_port, "--context", folder / "context")
        plain = stack.enter_context(started(command, plain_port, "/", core=core, **api))
        samples = uvloop.run(alternate(ours, plain, questions, given.rounds))
    report(*samples, kib)


def context() -> str:
    """Return as many passages as the double cites, in the form in which it finds them in our prompt."""
    invented = corpus.Corpus()
    return "\n\n".join(f"[{n}] {invented.title()}\n{invented.paragraph(4)}" for n in (1, 2, 3))


def report(ours: Sequence[Sample], plain: Sequence[Sample], kib: float) -> None:
    us = statistics.median(each.us_per_token for each in ours)
    plain_us = statistics.median(each.us_per_token for each in plain)
    figures = {"relay_ratio": us / plain_us, "us_per_token": us, "plain_us_per_token": plain_us}
    print(json.dumps({name: round(value, 3) for name, value in (figures | {"kib_per_socket": kib}).items()}))


if __name__ == "__main__":
    main()
