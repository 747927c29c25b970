import os
from pathlib import Path

import pytest

from chatbot.errors import NoDocuments, NotFound
from chatbot.readers.folders import find


def made(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return root


def ids(*paths: Path) -> list[str]:
    return [found.source.id for found in find(paths)]


def test_documents_are_found_in_order_with_the_name_of_their_folder(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "b.md", "a/z.html", "a/y.txt", "README", "c.MD", "d.rst", "e.mdx")
    assert ids(docs) == [
        "docs/README",
        "docs/a/y.txt",
        "docs/a/z.html",
        "docs/b.md",
        "docs/c.MD",
        "docs/d.rst",
        "docs/e.mdx",
    ]


def test_what_is_hidden_or_kept_by_programs_or_of_another_kind_is_skipped(tmp_path: Path) -> None:
    skipped = (
        ".hidden.md",
        ".git/x.md",
        "node_modules/x.md",
        "a/__pycache__/x.txt",
        ".venv/x.md",
        "i.png",
        "s.py",
    )
    docs = made(tmp_path / "docs", "a.md", *skipped)
    assert ids(docs) == ["docs/a.md"]


def test_a_program_without_suffix_is_no_document(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "LICENSE")
    (docs / "program").write_bytes(b"\x7fELF\0\0")
    (docs / "empty").touch()
    assert ids(docs) == ["docs/LICENSE"]


def test_a_file_that_is_given_itself_is_taken_whatever_its_name(tmp_path: Path) -> None:
    made(tmp_path, "notes.log", ".env.md")
    assert ids(tmp_path / "notes.log", tmp_path / ".env.md") == [".env.md", "notes.log"]


def test_folders_of_the_same_name_get_as_many_parents_as_tell_them_apart(tmp_path: Path) -> None:
    one, two, other = (made(tmp_path / name, "a.md") for name in ("x/p/docs", "y/p/docs", "wiki"))
    assert ids(one, two, other) == ["wiki/a.md", "x/p/docs/a.md", "y/p/docs/a.md"]


def test_files_of_the_same_name_differ_too(tmp_path: Path) -> None:
    made(tmp_path, "x/a.md", "y/a.md")
    assert ids(tmp_path / "x/a.md", tmp_path / "y/a.md") == ["x/a.md", "y/a.md"]


def test_a_document_is_found_once_however_often_it_is_given(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "a.md", "inner/b.md")
    (docs / "same.md").symlink_to(docs / "a.md")
    assert ids(docs, docs / "inner", docs / "a.md", docs) == ["docs/a.md", "docs/inner/b.md"]


def test_a_folder_that_links_to_itself_is_walked_once(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "a.md", "inner/b.md")
    for name in ("loop", "other"):  # two, so that following them would never end
        (docs / "inner" / name).symlink_to(docs, target_is_directory=True)
    (docs / "broken.md").symlink_to(docs / "nowhere.md")
    assert ids(docs) == ["docs/a.md", "docs/inner/b.md"]


def test_a_linked_folder_is_walked(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "a.md")
    (docs / "more").symlink_to(made(tmp_path / "elsewhere", "b.md"), target_is_directory=True)
    assert ids(docs) == ["docs/a.md", "docs/more/b.md"]


def test_the_address_is_the_path_below_the_folder(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "a b/ü.md")
    made(tmp_path, "file.md")
    found = find([docs, tmp_path / "file.md"], base_url="https://example.org/manual/")
    assert [each.source.url for each in found] == [
        "https://example.org/manual/a%20b/%C3%BC.md",
        "https://example.org/manual/file.md",
    ]
    assert find([docs])[0].source.url is None


def test_the_working_folder_has_its_real_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made(tmp_path / "docs", "a.md"))
    assert ids(Path()) == ["docs/a.md"]


def test_a_name_that_is_not_utf_8_can_be_written_down(tmp_path: Path) -> None:
    docs = made(tmp_path / "docs", "a.md")
    (docs / os.fsdecode(b"gr\xfc\xdfe.md")).write_text("text")
    assert ids(docs) == ["docs/a.md", r"docs/gr\xfc\xdfe.md"]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        find([made(tmp_path / "docs", "a.md"), tmp_path / "nowhere"])


def test_a_folder_without_documents_is_named_with_the_kinds_that_are_read(tmp_path: Path) -> None:
    empty = made(tmp_path / "pictures", "a.png")
    with pytest.raises(NoDocuments, match=r"pictures.*\.html.*\.md"):
        find([made(tmp_path / "docs", "a.md"), empty])
