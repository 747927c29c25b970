"""Files below folders that may be documents."""

import logging
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..errors import NoDocuments, NotFound
from ..model import Source
from .kinds import HTML_SUFFIXES, MARKDOWN_SUFFIXES, TEXT_SUFFIXES

SUFFIXES = MARKDOWN_SUFFIXES | HTML_SUFFIXES | TEXT_SUFFIXES
_SKIPPED = frozenset(("node_modules", "__pycache__", "venv"))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a document; what is in it decides `read`."""

    source: Source
    path: Path


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file below a given path: that path, and the parts of the name below it."""

    root: Path
    path: Path
    below: tuple[str, ...]


def find(paths: Sequence[Path], *, base_url: str | None = None) -> list[Found]:
    """
    Return the files that may be documents, sorted by id, each file once.

    Folders are walked without what is hidden and what programs keep (``node_modules``). A file that is given
    itself is taken whatever its name. An id is the given folder's name and the path below it; folders of the
    same name get as many names of their parents as tell them apart.

    Args:
        base_url: Where the folders are published; with the path below the folder it makes the address.

    Raises:
        NotFound: A path does not exist.
        NoDocuments: There is nothing to read below a path. An empty folder is more likely one that is not
            mounted than one that was emptied, and all its documents would be removed.
    """
    candidates: dict[Path, _Candidate] = {}
    for path in dict.fromkeys(_resolved(path) for path in paths):
        below = list(_below(path))
        if not below:
            kinds = " ".join(sorted(SUFFIXES))
            raise NoDocuments(
                f"There is no document in {path}. These are read: {kinds} and files without a suffix."
            )
        for candidate in below:
            candidates.setdefault(Path(os.path.realpath(candidate.path)), candidate)
    found = [
        Found(Source(id, _readable(each.path.name), _url(base_url, each)), each.path)
        for id, each in _named(list(candidates.values()))
    ]
    return sorted(found, key=lambda each: each.source.id)


def _resolved(path: Path) -> Path:
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.")
    return path.expanduser().resolve()


def _below(root: Path) -> Iterator[_Candidate]:
    if root.is_file():
        yield _Candidate(root, root, ())
        return
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_log_unreadable):
        real = os.path.realpath(folder)
        folders[:] = [] if real in seen else [name for name in sorted(folders) if not _is_skipped(name)]
        files = [] if real in seen else sorted(files)
        seen.add(real)
        for path in (Path(folder, name) for name in files if _is_candidate(name)):
            if path.is_file() and (path.suffix or _looks_like_text(path)):
                yield _Candidate(root, path, path.relative_to(root).parts)


def _log_unreadable(error: OSError) -> None:
    log.warning("folder skipped", extra={"folder": error.filename, "reason": error.strerror})


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED


def _is_candidate(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    return not name.startswith(".") and (not suffix or suffix in SUFFIXES)


def _looks_like_text(path: Path) -> bool:
    """Return whether a file without suffix is worth reading: programs are not."""
    try:
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError:
        return True  # named later, when it cannot be read
    return bool(start) and (b"\0" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff")))


def _named(candidates: list[_Candidate]) -> list[tuple[str, _Candidate]]:
    """Return each with its id: the fewest names of parents that make all ids differ."""
    parents: Counter[Path] = Counter()
    while True:
        ids = [_id(each, parents[each.root]) for each in candidates]
        times = Counter(ids)
        same = {each.root for id, each in zip(ids, candidates, strict=True) if times[id] > 1}
        longer = [root for root in same if parents[root] < len(root.parents)]
        if not longer:
            return list(zip(ids, candidates, strict=True))
        parents.update(longer)


def _id(candidate: _Candidate, parents: int) -> str:
    name = "/".join([*candidate.root.parts[-1 - parents :], *candidate.below])
    return unicodedata.normalize("NFC", _readable(name.lstrip("/")))


def _readable(name: str) -> str:
    # a name that is not UTF-8 must still go into JSON
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _url(base_url: str | None, candidate: _Candidate) -> str | None:
    if base_url is None:
        return None
    below = "/".join(candidate.below or (candidate.path.name,))
    return f"{base_url.rstrip('/')}/{quote(os.fsencode(below))}"
