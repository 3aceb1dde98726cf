"""Records of sessions: what was kept is read, wherever the folder lies by then."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.signapi.files import IncludedDocument, StoredFile, StoredHash
from sandbox.signapi.records import (
    RECORDS,
    Pending,
    SessionRecord,
    SignatureForm,
    begin_records,
    keep_record,
    read_record,
)
from tests.sandbox.practice import a_seal

NOW = datetime.now(UTC)
A_HASH = StoredHash("h", "rēķins.xml", bytes(range(200, 232)))


def a_record(folder: Path) -> SessionRecord:
    inside = (IncludedDocument("i", "rēķins.xml", 7), IncludedDocument("j", "cits.xml", 0, "hash"))
    container = StoredFile("c", "rēķini.edoc", 700, folder / "c", inside)
    files = (StoredFile("f", "rēķins.pdf", 50, folder / "f"), A_HASH, container)
    pending = Pending(SignatureForm.ASIC_E, b"\xff\xfe", a_seal().certificate, "rēķini.edoc", folder / "p")
    return SessionRecord("klients ā", NOW, files, pending, StoredFile("s", "rēķini.edoc", 9, folder / "s"))


def test_a_record_is_read_as_it_was_kept(tmp_path: Path) -> None:
    begin_records(tmp_path, a_record(tmp_path))
    assert read_record(tmp_path) == a_record(tmp_path)


def test_the_last_record_counts(tmp_path: Path) -> None:
    begin_records(tmp_path, a_record(tmp_path))
    later = replace(a_record(tmp_path), pending=None)
    keep_record(tmp_path, later)
    assert read_record(tmp_path) == later


@pytest.mark.parametrize("cut", [1, 100, -1])
def test_a_record_that_was_cut_short_leaves_the_one_before_and_room_for_the_next(tmp_path: Path, cut: int) -> None:
    begin_records(tmp_path, a_record(tmp_path))
    whole = (tmp_path / RECORDS).read_bytes()
    (tmp_path / RECORDS).write_bytes(whole + whole[:cut])
    assert read_record(tmp_path) == a_record(tmp_path)
    later = replace(a_record(tmp_path), files=())
    keep_record(tmp_path, later)
    assert read_record(tmp_path) == later


def test_records_that_went_away_are_not_begun_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keep_record(tmp_path, a_record(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_folder_may_be_moved_with_its_record(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    begin_records(before, a_record(before))
    before.rename(after)
    assert read_record(after) == a_record(after)


def test_a_hash_is_described_as_one() -> None:
    assert A_HASH.as_json() == {"id": "h", "name": "rēķins.xml", "size": 0, "type": "hash"}


def test_a_container_is_described_with_what_is_inside(tmp_path: Path) -> None:
    described = a_record(tmp_path).files[2].as_json()
    assert (described["id"], described["type"]) == ("c", "file")
    assert described["includedDocuments"] == [
        {"id": "i", "name": "rēķins.xml", "size": 7, "type": "file"},
        {"id": "j", "name": "cits.xml", "size": 0, "type": "hash"},
    ]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="no SHA-256 hash"):
        StoredHash("h", "x", bytes(length))
