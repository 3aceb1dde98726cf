"""Originals are found where they stand, and only as what they are."""

from pathlib import Path

import pytest

from jobs.model.names import batch_id
from tests.support.builders import INVOICES
from tests.support.looks import a_file, a_folder, shelve
from worker.storage.layout import Layout
from worker.storage.originals import KeptOriginals
from worker.storage.shelf import DiskShelf

BATCH = batch_id(INVOICES, 1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture
def originals(layout: Layout) -> KeptOriginals:
    return KeptOriginals(layout)


async def test_an_original_is_found_on_the_shelf(layout: Layout, originals: KeptOriginals) -> None:
    document = a_file(b"one")
    path = shelve(layout, document, b"one")
    assert await originals.find(BATCH, document, document.files[0]) == path


async def test_what_has_other_bytes_than_were_taken_in_is_not_the_original(
    layout: Layout, originals: KeptOriginals
) -> None:
    document = a_file(b"one")
    shelve(layout, document, b"two")
    assert await originals.find(BATCH, document, document.files[0]) is None


@pytest.mark.parametrize("name", ["a.pdf", "2026/a.pdf"])
async def test_of_retired_originals_with_one_name_each_is_found(
    layout: Layout, originals: KeptOriginals, name: str
) -> None:
    contents = {number: f"content {number}".encode() for number in (1, 2, 3)}
    same = [a_file(content, number=number, name=name) for number, content in contents.items()]
    for document, content in zip(same, contents.values(), strict=True):
        shelve(layout, document, content)
    await DiskShelf(layout).retire(BATCH, same)
    found = [await originals.find(BATCH, document, document.files[0]) for document in same]
    assert [path and path.read_bytes() for path in found] == list(contents.values())


async def test_an_original_that_was_put_aside_is_found_in_quarantine(layout: Layout, originals: KeptOriginals) -> None:
    document = a_file(b"one")
    place = layout.quarantine_place(document.id).original
    place.parent.mkdir()
    place.write_bytes(b"one")
    assert await originals.find(BATCH, document, document.files[0]) == place


async def test_an_original_that_was_not_kept_is_not_found(layout: Layout, originals: KeptOriginals) -> None:
    document = a_file(b"one")
    shelve(layout, document, b"one")
    await DiskShelf(layout, keep_originals=False).retire(BATCH, [document])
    assert await originals.find(BATCH, document, document.files[0]) is None


async def test_each_file_of_a_folder_is_found(layout: Layout, originals: KeptOriginals) -> None:
    folder = a_folder({"first": b"1", "second": b"2"})
    place = layout.place(folder.id).original
    place.mkdir(parents=True)
    (place / "first").write_bytes(b"1")
    (place / "second").write_bytes(b"2")
    found = [await originals.find(BATCH, folder, file) for file in folder.data_files]
    assert found == [place / "first", place / "second"]
