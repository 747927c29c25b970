"""The staircase of DESIGN, section 3: read from the source of every module, whatever runs or not."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "chatbot"

WORDS = {"errors", "model", "events", "tokens", "sentences", "structure", "concurrency", "logs"}
ADAPTERS = {"stores", "llm", "readers"}
TOP = {"app", "server", "serving", "startup", "cli", "terminal", "doctor", "__main__"}

LEVELS = (
    WORDS,
    {"settings", "ports"},
    ADAPTERS,
    {"indexing", "answering"},
    {"chats"},
    {"services"},
    {"library"},
    {"web"},
    TOP,
)
"""Modules and packages by level, lowest first; a level knows those below it."""

NEIGHBOURS = (WORDS, TOP)
"""The levels whose members may know one another."""

PORTS_ALONE = {"indexing", "answering", "chats"}
"""These know adapters by their ports only, although adapters lie below."""

SDKS = {
    "quart": {"web", "app", "server", "serving"},
    "openai": {"llm", "services"},
    "qdrant_edge": {"stores", "llm.bm25", "services"},
    "qdrant_client": {"stores", "services"},
    "httpx": {"stores"},
    "grpc": {"stores"},
    "hypercorn": {"server", "serving"},
    "aiohttp": {"llm", "services"},
    "httpx2": {"llm", "services"},
}
"""Where each library may appear."""


def module_name(file: Path, package: Path) -> str:
    """Return the module's name below the package: ``web.wire``; of the package itself: empty."""
    parts = file.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path, package: Path) -> Iterator[str]:
    """Yield the absolute names that a module imports anywhere: in functions and for types as well."""
    parts = [package.name, *file.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parts[: len(parts) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def imported(package: Path) -> dict[str, set[str]]:
    """Return the absolute names that each module of the package imports."""
    return {module_name(file, package): set(imports(file, package)) for file in sorted(package.rglob("*.py"))}


def dependencies(package: Path) -> dict[str, set[str]]:
    """Return the modules of the package that each of its modules imports."""
    found = imported(package)
    return {
        module: {nearest(name, package.name, found) for name in names if within(name, package.name)}
        for module, names in found.items()
    }


def within(name: str, package: str) -> bool:
    return name.split(".")[0] == package


def nearest(name: str, package: str, modules: dict[str, set[str]]) -> str:
    """Return the module that a name is or lies in."""
    inner = name.removeprefix(package).removeprefix(".")
    while inner not in modules:
        inner = inner.rpartition(".")[0]
    return inner


def unit(module: str) -> str:
    return module.split(".")[0]


def level(module: str) -> int:
    return next(i for i, units in enumerate(LEVELS) if unit(module) in units)


def upward(package: Path) -> list[str]:
    """Return the imports that do not go down the staircase, as ``importer -> imported``."""
    return [
        f"{module} -> {target}"
        for module, targets in dependencies(package).items()
        for target in sorted(targets)
        if module and target and not allowed(module, target)
    ]


def allowed(module: str, target: str) -> bool:
    if unit(module) == unit(target):
        return True
    if unit(module) in PORTS_ALONE and unit(target) in ADAPTERS:
        return False
    if level(module) == level(target):
        return LEVELS[level(module)] in NEIGHBOURS
    return level(target) < level(module)


def misplaced(package: Path) -> list[str]:
    """Return the uses of libraries outside their places, as ``importer -> library``."""
    return [
        f"{module} -> {library}"
        for module, names in imported(package).items()
        for library in sorted({name.split(".")[0] for name in names} & SDKS.keys())
        if not any(module == place or module.startswith(f"{place}.") for place in SDKS[library])
    ]


def written(folder: Path, modules: dict[str, str]) -> Path:
    """Return a package that holds the given modules."""
    package = folder / "sample"
    for name, source in modules.items():
        file = package / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, "utf-8")
    return package


def test_every_module_has_its_level() -> None:
    known = set().union(*LEVELS)
    assert sorted({unit(module) for module in imported(PACKAGE)} - known - {""}) == []


def test_imports_go_downwards_only() -> None:
    assert upward(PACKAGE) == []


def test_each_library_stays_in_its_place() -> None:
    assert misplaced(PACKAGE) == []


def test_no_import_cycle() -> None:
    TopologicalSorter(dependencies(PACKAGE)).prepare()


def test_importing_the_root_imports_nothing() -> None:
    assert imported(PACKAGE)[""] == set()


MODULES = (
    "model",
    "ports",
    "stores.edge",
    "llm.__init__",
    "llm.bm25",
    "answering.retrieval",
    "web.wire",
    "app",
)


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("stores.edge", "from ..llm.bm25 import Bm25Encoder"),
        ("stores.edge", "from .. import llm"),
        ("answering.retrieval", "from ..stores.edge import open_edge"),
        ("answering.retrieval", "import sample.web.wire"),
        ("model", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .ports import Emit"),
        ("web.wire", "def late():\n    from ..app import create_app"),
    ],
)
def test_an_import_that_is_not_allowed_is_noticed(tmp_path: Path, importer: str, source: str) -> None:
    package = written(tmp_path, dict.fromkeys(MODULES, "") | {importer: source})

    assert len(upward(package)) == 1


def test_a_library_outside_its_place_is_noticed(tmp_path: Path) -> None:
    package = written(tmp_path, {"chats.turns": "from quart import websocket", "web.socket": "import quart"})

    assert misplaced(package) == ["chats.turns -> quart"]


def test_a_cycle_is_noticed(tmp_path: Path) -> None:
    package = written(
        tmp_path, {"web.wire": "from . import socket", "web.socket": "from .wire import encode"}
    )

    with pytest.raises(CycleError):
        TopologicalSorter(dependencies(package)).prepare()


@pytest.mark.parametrize("module", ["chatbot.app", "chatbot.cli"])
def test_without_a_key_the_models_library_is_not_imported(module: str) -> None:
    heavy = ("openai", "aiohttp", "qdrant_client")
    code = f"import sys, {module}; print(*sorted(sys.modules.keys() & {set(heavy)}))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )

    assert loaded.stdout.split() == []
