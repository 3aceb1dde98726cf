"""Which entry of a session's list is the sealed file, and whether all that was sent is there."""

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Content, DataFile, Document, Profile, SealFormat
from tests.support.builders import a_document
from worker.eparaksts.session_files import SessionFile, find_sealed_file, holds_all

PDF, EDOC = Profile(), Profile(format=SealFormat.EDOC)
HASHED = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)
XML = a_document(name="rēķins.xml", size=1000)
CONTAINER = a_document(name="vecais.edoc", size=1000)


def an_entry(name: str, size: int = 1000, *, is_hash: bool = False) -> SessionFile:
    return SessionFile("id", size, name, is_hash)


def a_folder(*names: str) -> Document:
    files = tuple(DataFile(name=name, size=10, sha256=Digest.sha256(b"x"), media_type="text/plain") for name in names)
    return a_document(name="līgums.edoc", size=10 * len(files)).model_copy(update={"data_files": files})


def test_a_sealed_pdf_is_the_one_that_grew() -> None:
    grown = an_entry("invoice-1.pdf", 1001)
    assert find_sealed_file([an_entry("invoice-1.pdf")], a_document(), PDF) is None
    assert find_sealed_file([grown], a_document(), PDF) == grown


def test_a_container_is_known_by_its_name_even_where_it_is_shorter() -> None:
    sealed = an_entry("rēķins.edoc", 300)
    assert find_sealed_file([an_entry("rēķins.xml")], XML, EDOC) is None
    assert find_sealed_file([sealed], XML, EDOC) == sealed


@pytest.mark.parametrize("name", ["rēķins.asice", "RĒĶINS.EDOC"])
def test_a_container_may_be_named_in_each_of_the_vendors_ways(name: str) -> None:
    assert find_sealed_file([an_entry(name)], XML, EDOC) is not None


def test_a_container_that_was_sent_is_not_the_one_that_wraps_it() -> None:
    wrapping = an_entry("vecais.edoc", 1500)
    assert find_sealed_file([an_entry("vecais.edoc")], CONTAINER, EDOC) is None
    assert find_sealed_file([wrapping], CONTAINER, EDOC) == wrapping


def test_a_folder_named_like_a_container_is_none_itself() -> None:
    assert find_sealed_file([an_entry("līgums.edoc", 20)], a_folder("a.txt", "b.txt"), EDOC) is not None


def test_hashes_are_no_sealed_file() -> None:
    assert find_sealed_file([an_entry("a.edoc", 0, is_hash=True)], XML, HASHED) is None


def test_all_files_of_a_folder_must_be_there_whole() -> None:
    folder = a_folder("a.txt", "b.txt")
    assert holds_all([an_entry("a.txt", 10), an_entry("b.txt", 10)], folder, EDOC)
    assert not holds_all([an_entry("a.txt", 10)], folder, EDOC)
    assert not holds_all([an_entry("a.txt", 10), an_entry("b.txt", 9)], folder, EDOC)


def test_all_hashes_must_be_there_each_once() -> None:
    entry = an_entry("rēķins.xml", 0, is_hash=True)
    assert holds_all([entry], XML, HASHED)
    assert not holds_all([entry, entry], XML, HASHED)
    assert not holds_all([], XML, HASHED)
