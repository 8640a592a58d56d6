"""Documents are kept by what they are: whole, once, and under no other name than their hash."""

from __future__ import annotations

import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.engine.connectors import Blobs
from motcua.services.blobs import BlobDamaged, BlobNotFound, FolderBlobs, NotABlobName


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@settings(max_examples=25, deadline=None)
@given(contents=st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_what_is_stored_comes_back_and_the_same_bytes_lie_there_once(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blobs: Blobs = FolderBlobs(Path(folder))
        names = [blobs.put(content) for content in contents + contents]
        assert [blobs.get(name) for name in names] == contents + contents
        assert len(_files(Path(folder))) == len(set(contents))


def test_a_document_is_named_by_its_sha256(blobs: FolderBlobs) -> None:
    assert blobs.put(b"a") == hashlib.sha256(b"a").hexdigest()


def test_bytes_altered_on_the_disk_are_noticed_and_mended_by_storing_them_again(blobs: FolderBlobs, tmp_path: Path) -> None:
    name = blobs.put(b"the decision")
    [file] = _files(tmp_path)
    file.write_bytes(b"the decisioN")
    with pytest.raises(BlobDamaged):
        blobs.get(name)
    assert blobs.put(b"the decision") == name
    assert blobs.get(name) == b"the decision"


def test_a_document_that_was_never_stored_is_not_found(blobs: FolderBlobs) -> None:
    with pytest.raises(BlobNotFound):
        blobs.get("0" * 64)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n", "ab/" + "c" * 61, "..", "\x00" * 64]
)
def test_no_name_but_a_hash_is_looked_up(blobs: FolderBlobs, name: str) -> None:
    with pytest.raises(NotABlobName):
        blobs.get(name)


def test_a_write_that_fails_leaves_nothing_behind(blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            blobs.put(b"half")
    assert _files(tmp_path) == []
    assert blobs.get(blobs.put(b"half")) == b"half"


def test_many_threads_store_the_same_document_at_once(blobs: FolderBlobs, tmp_path: Path) -> None:
    content = b"x" * 100_000
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(lambda _: blobs.put(content), range(40)))
    assert len(names) == 1
    assert len(_files(tmp_path)) == 1
    assert blobs.get(names.pop()) == content
