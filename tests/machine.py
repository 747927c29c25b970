"""
A machine of stand-ins for the scripts in `bin/`.

The scripts are the real ones; interpreter, pip and tools write down how they were called.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .processes import CHECKOUT, run

TOOLS = ("sh", "cat", "chmod", "cp", "dirname", "ln", "mkdir", "readlink", "rm")
INSTALLED = ("chatbot", "mypy", "playwright", "pytest", "ruff")

RECORDER = """#!/bin/sh
name=${0##*/}
echo "$name $*" >>"$CALLS"
case " ${FAILING:-} " in *" $name "*) exit 3 ;; esac
case "$name" in id) echo "${ID:-1000}" ;; esac
"""

INTERPRETER = f"""#!/bin/sh
case "$1 $2" in
"-V "*) echo "Python ${{VERSION:-3.12.0}}" ;;
"-m venv")
    echo venv >>"$CALLS"
    rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python"
    for name in {" ".join(INSTALLED)}; do cp "$RECORDER" "$4/bin/$name"; done ;;
"-m pip")
    echo "pip $*" >>"$CALLS"
    if [ -n "${{GATE:-}}" ]; then read -r _ <"$GATE"; fi
    case " ${{FAILING:-}} " in *" pip "*) echo 'No matching distribution' >&2 && exit 1 ;; esac ;;
"-c "*fcntl*) exec {sys.executable} "$@" ;;
"-c "*ensurepip*) [ -z "${{WITHOUT_VENV:-}}" ] && echo "$0" ;;
"-c "*) case "${{VERSION:-3.12.0}}" in 3.9*) exit 1 ;; esac && echo "$0" ;;
esac
"""


@dataclass(frozen=True)
class Clone:
    """A checkout of the scripts alone, on a machine of stand-ins."""

    root: Path
    machine: Path
    settings: tuple[tuple[str, str], ...] = ()

    def having(self, **settings: str | Path) -> "Clone":
        return replace(self, settings=(*self.settings, *((name, str(to)) for name, to in settings.items())))

    @property
    def env(self) -> dict[str, str]:
        calls, recorder = self.machine / "calls", self.machine / "recorder"
        return {
            "PATH": str(self.machine),
            "CALLS": str(calls),
            "RECORDER": str(recorder),
            **dict(self.settings),
        }

    def install(self, name: str, script: str = RECORDER) -> None:
        (self.machine / name).write_text(script, "utf-8")
        (self.machine / name).chmod(0o755)

    def serve(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.root / "bin" / "serve", *arguments, env=self.env)

    def test(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.root / "bin" / "test", *arguments, env=self.env)

    @contextlib.contextmanager
    def starting(self) -> Iterator["subprocess.Popen[str]"]:
        """Start `bin/serve`, and end it with all that it started."""
        command = [self.root / "bin" / "serve"]
        with subprocess.Popen(
            command, env=self.env, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def calls(self) -> list[str]:
        """Return what was called since the last look, by the first word and what follows."""
        file = self.machine / "calls"
        found = file.read_text("utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return found

    def called(self) -> list[str]:
        return [call.split()[0] for call in self.calls()]


def new_clone(folder: Path) -> Clone:
    """Return a clone on a machine with Python and Chromium, where nothing is set up."""
    clone = Clone(folder / "a clone", folder / "machine")
    shutil.copytree(CHECKOUT / "bin", clone.root / "bin")
    for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy2(CHECKOUT / name, clone.root)
    clone.machine.mkdir()
    for name in TOOLS:
        (clone.machine / name).symlink_to(shutil.which(name) or name)
    for name in ("recorder", "chromium", "id"):
        clone.install(name)
    clone.install("python3", INTERPRETER)
    return clone


def heard(process: "subprocess.Popen[str]", word: str) -> str:
    """Wait until the process says a line with the word; its end without one is a failure."""
    assert process.stderr is not None
    line = next((line for line in process.stderr if word in line), "")
    assert line, f"it ended without saying {word!r}"
    return line
