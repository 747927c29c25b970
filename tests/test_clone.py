"""`bin/serve` on a fresh clone, for real: from nothing to a served document, and again."""

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from .processes import INSTALL_S, copy_checkout, environment, serving

pytestmark = pytest.mark.timeout(600)

MARK = "Quaggas graze beside the river."


@dataclass(frozen=True)
class Start:
    """What came of one start of `bin/serve`."""

    said: str
    found: list[str]
    status: int


@dataclass(frozen=True)
class Clone:
    """A fresh clone, and a folder elsewhere that holds a document and a link to the command."""

    root: Path
    elsewhere: Path

    @property
    def env(self) -> dict[str, str]:
        return environment(PORT=0, DATA_DIR=self.elsewhere / "data")

    def start(self, env: dict[str, str]) -> Start:
        """Start through the link with a relative path, search for the document, and stop."""
        with serving("./answer", "notes", folder=self.elsewhere, env=env, timeout_s=INSTALL_S) as server:
            _, body = server.get("/api/search?q=quagga")
            status = server.stop()
        return Start("".join(server.said), [each["text"] for each in json.loads(body)["sources"]], status)

    def start_and_kill_while_installing(self) -> None:
        with subprocess.Popen(
            [self.root / "bin" / "serve"],
            env=self.env,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "installing" in line:
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone(copy_checkout(tmp_path_factory.mktemp("a clone")), tmp_path_factory.mktemp("elsewhere"))
    (clone.elsewhere / "notes").mkdir()
    (clone.elsewhere / "notes" / "quagga.md").write_text(f"# Quaggas\n\n{MARK}\n", "utf-8")
    (clone.elsewhere / "answer").symlink_to(clone.root / "bin" / "serve")
    return clone


@pytest.fixture(scope="module")
def first_start(clone: Clone) -> Start:
    """The first start that was left to finish, after one that was not."""
    clone.start_and_kill_while_installing()
    return clone.start(clone.env)


def test_one_command_serves_documents_from_any_folder(first_start: Start) -> None:
    assert any(MARK in text for text in first_start.found)


def test_a_signal_reaches_the_server(first_start: Start) -> None:
    assert first_start.status == 0


def test_the_second_start_needs_neither_pip_nor_the_systems_python(
    clone: Clone, first_start: Start, tmp_path: Path
) -> None:
    for package in clone.root.glob(".venv/lib/python*/site-packages/pip"):
        shutil.rmtree(package)
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (tmp_path / "python3").chmod(0o755)

    second = clone.start(clone.env | {"PATH": f"{tmp_path}:{clone.env['PATH']}"})

    assert "install" in first_start.said
    assert "install" not in second.said
    assert second.found == first_start.found
