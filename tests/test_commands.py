"""The commands as a person types them: what they say, and how they end."""

import socket
from pathlib import Path

import pytest

from chatbot import __version__

from .processes import chatbot

SECRET = "sk-0123456789-never-shown"  # a made-up one


def test_help_names_every_command(tmp_path: Path) -> None:
    done = chatbot("--help", folder=tmp_path)

    assert done.returncode == 0
    listed = {line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()}
    assert listed >= {"ask", "doctor", "index", "search", "serve"}


def test_the_version_is_told_without_an_installation(tmp_path: Path) -> None:
    done = chatbot("--version", folder=tmp_path)

    assert (done.returncode, done.stdout.split()[-1]) == (0, __version__)


@pytest.mark.parametrize(
    "arguments", [["dance"], ["serve", "--fast"], ["index"], ["ask"], ["search", "a", "--limit", "0"]]
)
def test_wrong_usage_ends_with_2_and_says_how_to_ask_for_help(tmp_path: Path, arguments: list[str]) -> None:
    done = chatbot(*arguments, folder=tmp_path)

    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_faulty_setting_is_named_at_once(tmp_path: Path) -> None:
    done = chatbot(
        "search", "anything", folder=tmp_path, PORT="eighty", OPENAI_BASE_URL="ftp://models", LOG_LEVEL="loud"
    )

    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    for name, found in {"PORT": "eighty", "OPENAI_BASE_URL": "ftp://models", "LOG_LEVEL": "loud"}.items():
        assert [line for line in lines if f"{name} is '{found}', expected" in line]


def test_help_is_given_whatever_the_settings(tmp_path: Path) -> None:
    done = chatbot("serve", "--help", folder=tmp_path, PORT="eighty")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    key = {"OPENAI_API_KEY": SECRET, "EMBEDDING_API_KEY": SECRET}
    unreachable = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "LOG_LEVEL": "DEBUG"}

    faulty = chatbot("doctor", folder=tmp_path, **key, PORT="eighty")
    failing = chatbot("doctor", folder=tmp_path, **key, **unreachable)

    assert (faulty.returncode, failing.returncode) == (1, 1)
    assert "FAIL" in failing.stdout
    assert SECRET not in faulty.stdout + faulty.stderr + failing.stdout + failing.stderr


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = chatbot("index", "nowhere", folder=tmp_path)

    assert_one_line(done.returncode, done.stderr, "nowhere")


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    done = chatbot("serve", "pictures", folder=tmp_path, PORT=0)

    assert_one_line(done.returncode, done.stderr, "pictures")


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Zebras\n\nZebras have stripes.\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = chatbot("serve", "page.md", folder=tmp_path, PORT=port)

    assert done.returncode == 1
    assert not (tmp_path / "data" / "collections").exists(), "nothing is indexed for a port that is not free"
    assert str(port) in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_what_is_indexed_can_be_searched(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Zebras\n\nZebras have stripes.\n", "utf-8")

    indexed = chatbot("index", "page.md", folder=tmp_path)
    found = chatbot("search", "stripes", folder=tmp_path)

    assert (indexed.returncode, found.returncode) == (0, 0), indexed.stderr + found.stderr
    assert "Zebras have stripes." in found.stdout


def assert_one_line(status: int, said: str, named: str) -> None:
    assert status == 1
    assert len(said.splitlines()) == 1
    assert named in said
