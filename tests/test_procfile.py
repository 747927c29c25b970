"""The files that a Heroku-like PaaS reads, used as it uses them."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from .processes import (
    CHECKOUT,
    Server,
    copy_checkout,
    environment,
    fetch,
    free_port,
    run,
    serving,
    venv_of_requirements,
)

pytestmark = pytest.mark.timeout(600)

MARK = "Quaggas graze beside the river."

PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
METADATA = PYPROJECT["project"]
NEEDED: list[str] = METADATA["dependencies"]
NEEDED_BY_TESTS: list[str] = PYPROJECT["dependency-groups"]["dev"]


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the requirements alone: the application is not installed."""
    return venv_of_requirements(tmp_path_factory.getbasetemp()) / "bin"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application's folder; its manual has one page more, so that no other can be meant."""
    app = copy_checkout(tmp_path_factory.mktemp("app"))
    (app / "docs" / "quagga.md").write_text(f"# Quaggas\n\n{MARK}\n", "utf-8")
    return app


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def env(commands: Path, port: int) -> dict[str, str]:
    given = environment(PORT=port)
    return given | {"PATH": f"{commands}:{given['PATH']}"}


@pytest.fixture(scope="module")
def server(app: Path, env: dict[str, str]) -> Iterator[Server]:
    """The web process, started by a shell as the PaaS does, after the build."""
    assert run(app / "bin" / "post_compile", folder=app, env=env).returncode == 0
    with serving("sh", "-c", web_command(), folder=app, env=env) as server:
        yield server


def web_command() -> str:
    name, command = (CHECKOUT / "Procfile").read_text("utf-8").strip().split(": ", 1)
    assert name == "web"
    return command


def test_the_web_process_listens_on_every_address_at_the_given_port(server: Server, port: int) -> None:
    # on Linux all of 127.0.0.0/8 is this machine, so the second of them is not the one bound by default
    assert fetch(f"http://127.0.0.2:{port}/ready")[0] == 200


def test_the_web_process_answers_from_the_manual(server: Server) -> None:
    status, body = server.get("/api/search?q=quagga")

    assert status == 200
    assert MARK in body


def test_the_web_process_gets_the_signal_and_leaves_all_to_the_next(
    app: Path, env: dict[str, str], server: Server
) -> None:
    """It is not the shell that gets it; and the build's index was the one in use."""
    assert server.stop() == 0

    again = run("python", "-m", "chatbot", "index", "docs", "--collection", "manual", folder=app, env=env)

    assert again.returncode == 0, again.stderr
    assert re.search(r"\b0 written\b.* [1-9]\d* unchanged", again.stdout), again.stdout
    assert "removed" not in again.stdout


def test_the_build_indexes_the_manual(app: Path, env: dict[str, str], tmp_path: Path) -> None:
    own = env | {"DATA_DIR": str(tmp_path), "QDRANT_COLLECTION": "manual"}
    assert run(app / "bin" / "post_compile", folder=tmp_path, env=own).returncode == 0

    found = run("python", "-m", "chatbot", "search", "quagga", folder=app, env=own)

    assert MARK in found.stdout


def test_an_embedder_that_fails_does_not_stop_the_build(
    app: Path, env: dict[str, str], tmp_path: Path
) -> None:
    closed = {"EMBEDDING_MODEL": "small", "EMBEDDING_BASE_URL": "http://127.0.0.1:9/v1"}

    built = run(app / "bin" / "post_compile", folder=app, env=env | closed | {"DATA_DIR": str(tmp_path)})

    assert built.returncode == 0
    assert "the first start will do it" in built.stderr
    assert "Traceback" not in built.stderr


def test_an_operator_can_ask_what_is_wrong(app: Path, env: dict[str, str], tmp_path: Path) -> None:
    done = run("python", "-m", "chatbot", "doctor", folder=app, env=env | {"DATA_DIR": str(tmp_path)})

    assert done.returncode == 0, done.stdout + done.stderr


def pins(file: str) -> dict[str, str]:
    """Return the exact version of each requirement; anything else in the file is a failure."""
    lines = (CHECKOUT / file).read_text("utf-8").splitlines()
    stated = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]
    versions = {canonicalize_name(each.name): str(each.specifier) for each in stated}
    assert all(re.fullmatch(r"==[\w.]+", version) for version in versions.values())
    return {name: version.removeprefix("==") for name, version in versions.items()}


def closure(requirements: list[str]) -> dict[str, list[SpecifierSet]]:
    """Return all that the requirements need on this platform, each with what is asked of its version."""
    found: dict[str, list[SpecifierSet]] = {}
    seen: set[str] = set()
    waiting = [(Requirement(each), "") for each in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if str(requirement) in seen or not applies(requirement, extra):
            continue
        seen.add(str(requirement))
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement.specifier)
        needs = [Requirement(each) for each in requires(requirement.name) or ()]
        waiting += [(need, extra) for need in needs for extra in ("", *requirement.extras)]
    return found


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def test_the_requirements_name_all_that_is_needed_and_nothing_else() -> None:
    assert pins("requirements.txt").keys() == closure(NEEDED).keys()


def test_the_requirements_of_tests_name_all_that_they_need_beside_it() -> None:
    assert pins("requirements-dev.txt").keys() == closure(NEEDED_BY_TESTS).keys() - closure(NEEDED).keys()


def test_every_exact_version_is_one_that_the_project_and_its_dependencies_accept() -> None:
    exact = pins("requirements.txt") | pins("requirements-dev.txt")

    refused = {
        name: exact[name]
        for name, asked in closure(NEEDED + NEEDED_BY_TESTS).items()
        if not all(exact[name] in specifier for specifier in asked)
    }

    assert refused == {}


def test_the_python_of_the_paas_is_one_that_the_project_runs_on() -> None:
    version = (CHECKOUT / ".python-version").read_text("utf-8").strip()

    assert re.fullmatch(r"3\.\d+", version)
    assert f"{version}.0" in SpecifierSet(METADATA["requires-python"])
    assert f"Programming Language :: Python :: {version}" in METADATA["classifiers"]
