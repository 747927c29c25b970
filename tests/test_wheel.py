"""What `pip install` gives: built from a clean checkout, installed in a clean environment, asked a question."""

import json
import posixpath
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chatbot import __version__

from .processes import (
    Server,
    copy_checkout,
    environment,
    run,
    serving,
    venv_of_requirements,
    venv_with,
)

pytestmark = pytest.mark.timeout(600)

QUESTION = "How do I answer questions from my own documents?"

FOLDERS = {"templates": "chatbot/web/templates", "static": "chatbot/web/static", "docs": "chatbot/manual"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    """The folder with the source distribution and the wheel that was built from it."""
    built = run(sys.executable, "-m", "build", "--no-isolation", checkout, timeout_s=120)
    assert built.returncode == 0, built.stdout + built.stderr
    return checkout / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the wheel and the exact requirements, nothing else."""
    requirements = venv_of_requirements(tmp_path_factory.getbasetemp())
    return venv_with(wheel, requirements, tmp_path_factory.mktemp("installed")) / "bin"


@pytest.fixture(scope="module")
def server(commands: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("empty")
    env = environment(PORT=0, DATA_DIR=tmp_path_factory.mktemp("data"))
    with serving(commands / "chatbot", "serve", folder=folder, env=env) as server:
        yield server


def files_below(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


@pytest.mark.parametrize(("folder", "installed"), FOLDERS.items())
def test_the_wheel_carries_every_page_style_and_chapter(
    checkout: Path, wheel: Path, folder: str, installed: str
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith(f"{installed}/")}

    expected = files_below(checkout / folder)

    assert expected
    assert carried == {f"{installed}/{name}" for name in expected}


def test_the_wheel_carries_the_package_with_its_types_and_licence(checkout: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())

    assert {f"chatbot/{name}" for name in files_below(checkout / "chatbot")} <= carried
    assert f"chatbot-{__version__}.dist-info/licenses/LICENSE" in carried
    assert "chatbot/py.typed" in carried
    assert not [name for name in carried if name.startswith(("tests/", "bench/"))]


def test_the_source_distribution_builds_the_wheel_that_the_checkout_builds(
    checkout: Path, built: Path, wheel: Path, tmp_path: Path
) -> None:
    done = run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "-o", tmp_path, checkout)
    assert done.returncode == 0, done.stderr

    assert next(tmp_path.glob("*.whl")).read_bytes() == wheel.read_bytes()


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"bin/serve", "bin/test", "requirements.txt", "requirements-dev.txt", "README.md"} <= names


def test_the_version_is_the_packages(commands: Path, tmp_path: Path) -> None:
    assert __version__ in run(commands / "chatbot", "--version", folder=tmp_path).stdout


def test_an_empty_folder_is_served_from_the_manual(server: Server) -> None:
    status, body = server.get("/ready")

    assert status == 200, body


def test_a_question_is_answered_with_quotes_from_the_manual(server: Server) -> None:
    assert_quotes_the_manual(server.ask(QUESTION))


def test_every_source_leads_to_a_page_of_the_manual(server: Server) -> None:
    sources = [event for event in server.ask(QUESTION) if event["type"] == "sources"]
    pages = {source["url"].partition("#")[0] for source in sources[0]["sources"]}

    assert {server.get(page)[0] for page in pages} == {200}


def test_the_terminal_answers_the_same_way(commands: Path, tmp_path: Path) -> None:
    env = environment(DATA_DIR=tmp_path / "data")

    asked = run(commands / "chatbot", "ask", QUESTION, "--json", folder=tmp_path, env=env)

    assert asked.returncode == 0, asked.stderr
    assert_quotes_the_manual([json.loads(line) for line in asked.stdout.splitlines()])


def test_the_page_comes_with_everything_that_it_refers_to(server: Server) -> None:
    status, page = server.get("/")
    assert status == 200

    fetched = fetched_files(server, references(page))

    assert {Path(path).suffix for path in fetched} >= {".js", ".css"}
    assert {path: status for path, status in fetched.items() if status != 200} == {}


def test_sigterm_ends_the_installed_server_in_order(commands: Path, tmp_path: Path) -> None:
    env = environment(PORT=0, DATA_DIR=tmp_path / "data")
    with serving(commands / "chatbot", "serve", folder=tmp_path, env=env) as server:
        assert server.stop() == 0


def assert_quotes_the_manual(events: list[dict[str, object]]) -> None:
    """The turn ends well, and every line that it quotes stands in a passage of the manual."""
    found = [source for event in events if event["type"] == "sources" for source in as_list(event["sources"])]
    answer = "".join(str(event["text"]) for event in events if event["type"] == "delta")
    quoted = [line.removeprefix(">").strip() for line in answer.splitlines() if line.startswith(">")]
    texts = "\n".join(source["text"] for source in found)

    assert (events[-1]["type"], events[-1].get("reason")) == ("finish", "done")
    assert {source["collection"] for source in found} == {"manual"}
    assert "[1]" in answer
    assert any(quoted)
    assert [line for line in quoted if re.sub(r"\s*(\[\d+\])+$", "", line) not in texts] == []


def as_list(value: object) -> list[dict[str, str]]:
    assert isinstance(value, list)
    return value


class References(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = {"script": "src", "img": "src", "link": "href"}.get(tag, "")
        if address := given.get(name):
            self.found.append(address)


def references(page: str) -> list[str]:
    parser = References()
    parser.feed(page)
    return [address for address in parser.found if address.startswith("/")]


def fetched_files(server: Server, addresses: list[str]) -> dict[str, int]:
    """Fetch the files and what they import in their turn; return each one's status."""
    found: dict[str, int] = {}
    waiting = list(addresses)
    while waiting:
        path = waiting.pop().partition("?")[0]
        if path not in found:
            found[path], text = server.get(path)
            waiting += [posixpath.normpath(posixpath.join(path, "..", each)) for each in imports(path, text)]
    return found


def imports(path: str, text: str) -> list[str]:
    """Return the relative addresses that a script or a style imports."""
    pattern = {
        ".js": r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""",
        ".css": r"""@import\s+(?:url\()?["']([^"']+)["']""",
    }.get(Path(path).suffix)
    return re.findall(pattern, text) if pattern else []
