"""Files as documents to be indexed."""

import os
from pathlib import Path

import pytest

from chatbot.errors import NoDocuments, NotFound, UnreadableDocument
from chatbot.readers import MOST_BYTES
from chatbot.readers.originals import originals


def test_a_file_is_known_by_its_bytes_before_it_is_parsed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nText.")
    [before] = originals([page])
    page.write_text("# Page\n\nOther text.")
    [after] = originals([page])
    assert before.id == after.id == "page.md"
    assert before.content_hash != after.content_hash
    assert after.read().content_hash == after.content_hash


def test_an_address_of_the_folder_is_part_of_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Page\n\nText.")
    [local] = originals([tmp_path])
    [published] = originals([tmp_path], base_url="https://docs.example.com")
    assert published.read().url == "https://docs.example.com/page.md"
    assert local.content_hash != published.content_hash


def test_a_file_that_is_too_large_is_refused_without_being_loaded(tmp_path: Path) -> None:
    page = tmp_path / "huge.txt"
    with page.open("wb") as file:
        file.truncate(MOST_BYTES * 20)
    [original] = originals([page])
    with pytest.raises(UnreadableDocument, match="MB"):
        original.read()


def test_a_file_that_disappeared_says_so_when_it_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Text.")
    [original] = originals([page])
    os.remove(page)
    with pytest.raises(UnreadableDocument, match="No such file"):
        original.read()


def test_a_path_that_does_not_exist_and_a_folder_without_documents_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        originals([tmp_path / "nowhere"])
    with pytest.raises(NoDocuments, match=r"\.md"):
        originals([tmp_path])
