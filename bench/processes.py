"""Servers as processes of their own, and what the kernel says that they cost (proc(5))."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import corpus
from tests.processes import environment, free_port, run

__all__ = ["CHECKOUT", "Process", "built", "chatbot", "free_port", "module", "pin_rest", "started"]

CHECKOUT = Path(__file__).parent.parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 30.0
STOP_S = 30.0
LOOK_S = 0.005

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Process:
    """A server that answers, at ``url``."""

    pid: int
    url: str
    ready_s: float

    def cpu_s(self) -> float:
        """Return the user and system time of all its threads; the kernel counts in steps of 10 ms."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def module(name: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of this checkout."""
    return [sys.executable, "-m", name, *map(str, arguments)]


@contextmanager
def started(
    command: Sequence[str], port: int, path: str, *, core: int | None = None, **settings: object
) -> Iterator[Process]:
    """
    Run a server until the block ends.

    Args:
        path: Answers with 200 once the server is ready.
        core: The only one that it may use; None lets it use all.
        settings: Its environment, as `tests.processes.environment` takes it.
    """
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        server = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=environment(PYTHONPATH=CHECKOUT, **settings),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not _answers(url + path, server):
                said.seek(0)
                raise SystemExit(f"{' '.join(command)} did not start:\n{said.read().decode()}")
            yield Process(server.pid, url, time.perf_counter() - begun)
        finally:
            _stop(server)


def chatbot(
    port: int, data: Path, *, core: int | None = None, **settings: object
) -> AbstractContextManager[Process]:
    """Run the product as a person does, over an index that is there already."""
    env: Mapping[str, object] = {"PORT": port, "DATA_DIR": data, "LOG_LEVEL": "WARNING", **settings}
    return started(module("chatbot", "serve"), port, "/ready", core=core, **env)


def built(folder: Path, documents: int) -> Sequence[str]:
    """Index invented documents with the product's own command, into ``data``; return questions about them."""
    (folder / "documents").mkdir()
    questions = corpus.write(folder / "documents", documents)
    done = run(
        *module("chatbot", "index", folder / "documents"),
        env=environment(PYTHONPATH=CHECKOUT, DATA_DIR=folder / "data"),
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return questions


def _answers(url: str, server: "subprocess.Popen[bytes]") -> bool:
    deadline = time.perf_counter() + START_S
    while time.perf_counter() < deadline and server.poll() is None:
        try:
            with _open(url, timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            time.sleep(LOOK_S)
    return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(STOP_S)


def pin_rest() -> int | None:
    """Keep this process and what it starts off one core, and return that core; None if there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    os.sched_setaffinity(0, set(cores[:-1]))
    return cores[-1]
