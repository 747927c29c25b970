"""
How `bin/serve` and `bin/test` set up: what they call, what they leave alone, what they say.

On a machine of stand-ins; `test_clone.py` has the real thing.
"""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from .machine import INTERPRETER, RECORDER, Clone, heard, new_clone


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return new_clone(tmp_path)


def test_the_first_start_installs_and_then_serves_with_the_arguments(clone: Clone) -> None:
    done = clone.serve("docs", "my notes")

    assert done.returncode == 0, done.stderr
    calls = clone.calls()
    assert [call.split()[0] for call in calls] == ["venv", "pip", "chatbot"]
    assert f"-r {clone.root}/requirements.txt --editable {clone.root}" in calls[1]
    assert calls[2] == "chatbot serve docs my notes"
    assert len(done.stderr.splitlines()) == 2


def test_the_second_start_only_serves_and_says_nothing(clone: Clone) -> None:
    clone.serve()
    clone.calls()
    (clone.machine / "python3").unlink()

    done = clone.serve()

    assert (done.returncode, done.stderr, clone.called()) == (0, "", ["chatbot"])


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_what_changed_is_installed_into_the_environment_that_is_there(clone: Clone, changed: str) -> None:
    clone.serve()
    clone.calls()
    with (clone.root / changed).open("a") as file:
        file.write("# newer\n")

    clone.serve()

    assert clone.called() == ["pip", "chatbot"]


def test_another_python_makes_a_new_environment(clone: Clone) -> None:
    clone.serve()
    clone.calls()

    clone.having(VERSION="3.13.0").serve()

    assert clone.called() == ["venv", "pip", "chatbot"]


def test_a_clone_that_was_moved_makes_a_new_environment(clone: Clone) -> None:
    clone.serve()
    clone.calls()
    moved = replace(clone, root=clone.root.rename(clone.root.parent / "moved"))

    moved.serve()

    assert moved.called() == ["venv", "pip", "chatbot"]


@pytest.mark.parametrize("installed_before", [False, True])
def test_a_start_that_was_killed_while_installing_is_begun_anew(clone: Clone, installed_before: bool) -> None:
    if installed_before:
        clone.serve()
        (clone.root / "requirements.txt").write_text("# newer\n", "utf-8")
    os.mkfifo(clone.machine / "gate")
    with clone.having(GATE=clone.machine / "gate").starting() as killed:
        heard(killed, "installing")
        os.killpg(killed.pid, signal.SIGKILL)
    clone.calls()

    done = clone.serve()

    assert done.returncode == 0
    assert clone.called() == ["venv", "pip", "chatbot"]


def test_two_starts_at_once_install_once(clone: Clone) -> None:
    gate = clone.machine / "gate"
    os.mkfifo(gate)
    with clone.having(GATE=gate).starting() as first:
        heard(first, "installing")
        with clone.starting() as second:
            heard(second, "waiting")
            gate.write_text("go on\n", "utf-8")
            assert (first.wait(20), second.wait(20)) == (0, 0)

    assert clone.called() == ["venv", "pip", "chatbot", "chatbot"]


def test_a_failure_of_pip_is_shown_and_the_next_start_tries_again(clone: Clone) -> None:
    failed = clone.having(FAILING="pip").serve()

    assert failed.returncode == 1
    assert "No matching distribution" in failed.stderr
    assert "chatbot" not in clone.called()
    assert clone.serve().returncode == 0
    assert clone.called() == ["pip", "chatbot"]


def test_an_old_python_is_told_what_is_needed(clone: Clone) -> None:
    done = clone.having(VERSION="3.9.2", WITHOUT_VENV="yes").serve()

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "3.9.2" in done.stderr


def test_a_newer_python_of_another_name_is_found(clone: Clone) -> None:
    clone.install("python3.12", INTERPRETER)
    clone.install("python3", "#!/bin/sh\nexit 1\n")

    assert clone.serve().returncode == 0


def test_a_python_without_venv_is_told_the_package(clone: Clone) -> None:
    done = clone.having(WITHOUT_VENV="yes").serve()

    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_everything_is_checked_in_order(clone: Clone) -> None:
    done = clone.test()

    assert done.returncode == 0, done.stderr
    calls = clone.calls()
    assert f"-r {clone.root}/requirements-dev.txt" in calls[1]
    assert calls[-4:] == ["ruff check", "ruff format --check", "mypy ", "pytest "]


def test_with_arguments_only_pytest_runs_with_them(clone: Clone) -> None:
    clone.test()
    clone.calls()

    clone.test("tests/web", "-k", "two words")

    assert [call for call in clone.calls() if not call.startswith("id")] == ["pytest tests/web -k two words"]


@pytest.mark.parametrize("tool", ["ruff", "mypy", "pytest"])
def test_the_first_failure_decides(clone: Clone, tool: str) -> None:
    done = clone.having(FAILING=tool).test()

    assert done.returncode == 3
    assert clone.called()[-1] == tool


def test_serving_after_testing_installs_nothing(clone: Clone) -> None:
    clone.test()
    clone.calls()

    clone.serve()

    assert clone.called() == ["chatbot"]


def test_testing_after_serving_adds_to_the_environment(clone: Clone) -> None:
    clone.serve()
    clone.calls()

    clone.test()

    assert "venv" not in (called := clone.called())
    assert called[0] == "pip"


def test_without_chromium_playwright_brings_its_own(clone: Clone) -> None:
    (clone.machine / "chromium").unlink()

    assert clone.test().returncode == 0
    assert "playwright install chromium" in clone.calls()


def test_root_on_debian_gets_the_packages(clone: Clone) -> None:
    (clone.machine / "chromium").unlink()
    clone.install("dpkg", "#!/bin/sh\nexit 1\n")
    # what an installation leaves behind: the command
    clone.install(
        "apt-get", RECORDER + 'case "$*" in *install*chromium) cp "$RECORDER" "${0%/*}/chromium" ;; esac\n'
    )

    done = clone.having(ID="0").test()

    assert done.returncode == 0, done.stderr
    calls = clone.calls()
    apt = [call for call in calls if call.startswith("apt-get")]
    assert apt[0].startswith("apt-get update")
    assert [call.split()[-1] for call in apt[1:]] == ["fonts-noto-cjk", "chromium"]
    assert not [call for call in calls if call.startswith("playwright")]


def test_no_chromium_at_all_is_an_error_that_says_what_to_do(clone: Clone) -> None:
    (clone.machine / "chromium").unlink()

    done = clone.having(FAILING="playwright").test()

    assert done.returncode == 1
    assert "apt-get install chromium" in done.stderr
    assert "pytest" not in clone.called()
