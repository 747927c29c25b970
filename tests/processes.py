"""Commands and servers as separate processes, as a person starts them."""

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from chatbot.settings import Settings

CHECKOUT = Path(__file__).parent.parent
START_S = 60.0
STOP_S = 30.0
INSTALL_S = 400.0

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def environment(**settings: object) -> dict[str, str]:
    """Return this process's environment with these settings and no others."""
    names = {each.name.upper() for each in fields(Settings)} | {"PYTHONPATH", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {name: str(value) for name, value in settings.items()}


def run(
    *command: str | Path,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its status is for the caller to judge."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment() if env is None else env,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )


def chatbot(*arguments: str | Path, folder: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command of the package under test in a folder, with its data below it."""
    env = environment(**{"DATA_DIR": folder / "data", "PYTHONPATH": CHECKOUT, **settings})
    return run(sys.executable, "-m", "chatbot", *arguments, folder=folder, env=env)


def copy_checkout(folder: Path) -> Path:
    """Copy what git knows or would add, as a fresh clone would have it."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=CHECKOUT)
    assert listed.returncode == 0, listed.stderr
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    return folder


@functools.cache
def venv_of_requirements(folder: Path) -> Path:
    """Make a virtual environment with the exact requirements alone, once for each folder."""
    venv = folder / "requirements"
    install(make_venv(venv), "-r", CHECKOUT / "requirements.txt")
    return venv


def venv_with(wheel: Path, requirements: Path, venv: Path) -> Path:
    """
    Make a virtual environment that holds the wheel and what the other one holds.

    The packages, pip among them, are linked: that takes a second instead of half a minute. Whether they
    are all that the wheel asks for is looked at still, since pip may fetch nothing.
    """
    make_venv(venv, "--without-pip")
    packages = next(requirements.glob("lib/python3*/site-packages"))
    copied = venv / packages.relative_to(requirements)
    shutil.copytree(packages, copied, copy_function=os.link, dirs_exist_ok=True)
    install(venv, "--no-index", wheel)
    return venv


def make_venv(venv: Path, *options: str) -> Path:
    done = run(sys.executable, "-m", "venv", *options, venv, timeout_s=INSTALL_S)
    assert done.returncode == 0, done.stderr
    return venv


def install(venv: Path, *requirements: str | Path) -> None:
    done = run(venv / "bin" / "python", "-m", "pip", "install", "-qq", *requirements, timeout_s=INSTALL_S)
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A server process; what it says on standard error is read all the time, so that it never waits for us."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        self._spoken = threading.Event()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"http://[\w.]+:\d+", line) if "Serving" in line else None:
                self.address = found[0].replace("0.0.0.0", "127.0.0.1")
                self._spoken.set()
        self._spoken.set()

    def wait_until_serving(self, timeout_s: float = START_S) -> None:
        """Wait for the line that names the address, or for the end of the process."""
        self._spoken.wait(timeout_s)
        assert self.address, "".join(self.said)

    def stop(self) -> int:
        """Ask it to end as a PaaS does; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_S)
        self._listener.join(STOP_S)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body."""
        return fetch(self.address + path)

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Return the events of a turn, as ``POST /api/chat`` sends them."""
        status, body = fetch(f"{self.address}/api/chat", {"question": question})
        assert status == 200, body
        return [
            json.loads(line.removeprefix("data:")) for line in body.splitlines() if line.startswith("data:")
        ]


@contextlib.contextmanager
def serving(
    *command: str | Path, folder: Path, env: Mapping[str, str], timeout_s: float = START_S
) -> Iterator[Server]:
    """Start a server in a process group of its own, wait until it serves, and end it in any case."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    server = Server(process)
    try:
        server.wait_until_serving(timeout_s)
        yield server
    finally:
        server.close()


def fetch(url: str, body: Mapping[str, object] | None = None) -> tuple[int, str]:
    """Return status and body of a request; with a body it is a POST of JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    try:
        with _open(request, timeout=20) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()
