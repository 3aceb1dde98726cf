"""One suite for every shelf and everything that retires originals: in memory, on disk and in a bucket."""

from pathlib import Path

import pytest

from jobs.model.names import RouteName, batch_id
from jobs.ports import Originals, Shelf
from tests.support.builders import INVOICES, a_document, documents
from tests.support.originals import MemoryOriginals
from tests.support.shelf import MemoryShelf
from tests.support.shelves import files, stand, stand_in
from worker.objects.bucket import Bucket
from worker.objects.shelf import ObjectShelf
from worker.storage.layout import Layout
from worker.storage.shelf import DiskShelf

FIRST = batch_id(INVOICES, 1)
ONE, TWO, THREE = a_document(1, age=10), a_document(2, age=30), a_document(3, age=20)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture(params=["memory", "disk", "bucket"])
def shelf(request: pytest.FixtureRequest, layout: Layout) -> Shelf:
    if request.param == "bucket":
        bucket: Bucket = request.getfixturevalue("bucket")
        stand_in(bucket, layout, ONE, TWO, THREE)
        return ObjectShelf(bucket, layout)
    if request.param == "memory":
        return MemoryShelf(ONE, TWO, THREE)
    stand(layout, ONE, TWO, THREE)
    return DiskShelf(layout)


@pytest.fixture(params=["memory", "disk", "bucket"])
def originals(request: pytest.FixtureRequest, layout: Layout) -> Originals:
    if request.param == "bucket":
        bucket: Bucket = request.getfixturevalue("bucket")
        stand_in(bucket, layout, ONE, TWO)
        return ObjectShelf(bucket, layout)
    if request.param == "memory":
        return MemoryOriginals()
    stand(layout, ONE, TWO)
    return DiskShelf(layout)


async def test_the_oldest_waits_first(shelf: Shelf) -> None:
    assert await shelf.waiting_list(INVOICES) == (TWO, THREE, ONE)


async def test_a_route_sees_only_its_own_documents(shelf: Shelf) -> None:
    assert await shelf.waiting_list(RouteName("orders")) == ()


async def test_a_route_on_which_something_waits_is_busy(shelf: Shelf) -> None:
    assert await shelf.find_busy_routes() == {INVOICES}


async def test_who_leaves_the_waiting_list_is_off_it(shelf: Shelf) -> None:
    await shelf.waiting_list(INVOICES)
    await shelf.leave_waiting_list([TWO])
    assert await shelf.waiting_list(INVOICES) == (THREE, ONE)


async def test_leaving_twice_changes_nothing(shelf: Shelf) -> None:
    await shelf.leave_waiting_list([TWO])
    await shelf.leave_waiting_list([TWO, ONE])
    assert await shelf.waiting_list(INVOICES) == (THREE,)


async def test_originals_can_be_retired_twice(originals: Originals) -> None:
    await originals.retire(FIRST, [ONE])
    await originals.retire(FIRST, [ONE, TWO])


class TestOnDisk:
    """What only files can suffer."""

    @pytest.fixture
    def shelf(self, layout: Layout) -> DiskShelf:
        stand(layout, ONE, TWO)
        return DiskShelf(layout)

    async def test_two_processes_worth_of_shelves_see_one_list(self, layout: Layout, shelf: DiskShelf) -> None:
        await shelf.waiting_list(INVOICES)
        await DiskShelf(layout).leave_waiting_list([ONE])
        assert await shelf.waiting_list(INVOICES) == (TWO,)

    async def test_a_document_is_never_admitted_twice(self, shelf: DiskShelf) -> None:
        await shelf.leave_waiting_list([ONE])
        shelf.admit([ONE])
        assert await shelf.waiting_list(INVOICES) == (TWO,)

    async def test_retired_originals_are_kept_under_their_names(self, layout: Layout, shelf: DiskShelf) -> None:
        await shelf.retire(FIRST, [ONE, TWO])
        kept = layout.originals(FIRST)
        assert files(kept) == {ONE.name, TWO.name}
        assert (kept / ONE.name).read_text() == ONE.id
        assert files(layout.shelf) == set()

    async def test_retired_originals_are_removed_where_nobody_wants_them(
        self, layout: Layout, shelf: DiskShelf
    ) -> None:
        await DiskShelf(layout, keep_originals=False).retire(FIRST, [ONE, TWO])
        assert not layout.originals(FIRST).exists()
        assert list(layout.shelf.iterdir()) == []

    async def test_two_originals_of_one_name_are_both_kept(self, layout: Layout) -> None:
        twins = tuple(document.model_copy(update={"name": "a/b.pdf"}) for document in documents(2))
        stand(layout, *twins)
        await DiskShelf(layout).retire(FIRST, twins)
        assert files(layout.originals(FIRST)) == {"a/b.pdf", "a/b (2).pdf"}

    async def test_a_retirement_that_was_interrupted_keeps_one_original(self, layout: Layout, shelf: DiskShelf) -> None:
        layout.originals(FIRST).mkdir(parents=True)
        (layout.originals(FIRST) / ONE.name).hardlink_to(layout.place(ONE.id).original)
        await shelf.retire(FIRST, [ONE])
        assert files(layout.originals(FIRST)) == {ONE.name}
        assert not any(name.startswith(ONE.id) for name in files(layout.shelf))

    def test_clearing_a_place_never_takes_the_original_with_it(self, layout: Layout, shelf: DiskShelf) -> None:
        place = layout.place(ONE.id)
        place.sealed.write_text("sealed")
        with pytest.raises(FileExistsError):
            place.clear()
        assert place.original.exists()
        assert place.sealed.exists()

    def test_a_document_has_two_fixed_paths(self, layout: Layout, shelf: DiskShelf) -> None:
        assert shelf.place(ONE) == (layout.place(ONE.id).original, layout.place(ONE.id).sealed)


async def test_a_damaged_entry_of_the_waiting_list_costs_its_own_document_and_is_told_once(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    stand(layout, ONE, TWO)
    cut(layout.waiting(INVOICES) / ONE.id)
    shelf = DiskShelf(layout)
    for _ in range(2):
        assert await shelf.waiting_list(INVOICES) == (TWO,)
    assert capsys.readouterr().out.count("waiting document damaged") == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])
