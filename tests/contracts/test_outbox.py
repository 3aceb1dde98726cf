"""One suite for every outbox: in memory, on disk and in a bucket."""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.model.names import RouteName, batch_id
from jobs.ports import Outbox
from tests.support.builders import INVOICES
from tests.support.exfat import mounted_exfat
from tests.support.outbox import MemoryOutbox
from tests.support.shelves import Downloaded, downloaded, files
from worker.objects.outbox import ObjectOutbox
from worker.storage.delivery_index import DeliveryIndex
from worker.storage.durable import make_folder
from worker.storage.layout import Layout
from worker.storage.moving import remove
from worker.storage.outbox import DiskOutbox
from worker.storage.outbox_names import OutboxNames
from worker.storage.sharing import share_file
from worker.storage.sidecar import Sidecar

FIRST = batch_id(INVOICES, 1)
STRANGER = 54321
"""A user and a group that have nothing to do with us."""


def permissions(folder: Path) -> dict[str, tuple[int, int]]:
    """Group and mode of everything below the folder."""
    statuses = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*")}
    return {name: (status.st_gid, status.st_mode & 0o777) for name, status in statuses.items()}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture(params=["memory", "disk", "bucket"])
def outbox(request: pytest.FixtureRequest, layout: Layout, folder: Path) -> MemoryOutbox | DiskOutbox | ObjectOutbox:
    if request.param == "bucket":
        return ObjectOutbox(request.getfixturevalue("bucket"), layout)
    return MemoryOutbox() if request.param == "memory" else DiskOutbox(folder, layout)


async def test_a_delivery_says_what_was_delivered(outbox: Outbox, layout: Layout) -> None:
    item = downloaded(layout, name="2026/rēķins.pdf")
    delivery = await outbox.deliver(FIRST, item.document, item.copy)
    assert (delivery.document, delivery.name) == (item.document.id, "2026/rēķins.pdf")
    assert (delivery.sha256, delivery.size, delivery.level) == (item.proof.sha256, item.proof.size, "PAdES B-LT")


async def test_delivering_again_changes_nothing(outbox: Outbox, layout: Layout) -> None:
    item = downloaded(layout)
    delivery = await outbox.deliver(FIRST, item.document, item.copy)
    item.download()
    assert await outbox.deliver(FIRST, item.document, item.copy) == delivery


async def test_a_taken_name_is_numbered(outbox: Outbox, layout: Layout) -> None:
    names = []
    for number in (1, 2, 3):
        item = downloaded(layout, number, name="a.pdf")
        names.append((await outbox.deliver(FIRST, item.document, item.copy)).name)
    assert names == ["a.pdf", "a (2).pdf", "a (3).pdf"]


async def test_what_was_delivered_is_remembered_with_its_original(outbox: Outbox, layout: Layout) -> None:
    item, other = downloaded(layout, 1), downloaded(layout, 2)
    delivery = await outbox.deliver(FIRST, item.document, item.copy)
    (earlier,) = await outbox.find_earlier([other.document, item.document])
    assert (earlier.delivery, earlier.batch, earlier.original) == (delivery, FIRST, item.document.sha256)
    assert (earlier.sealed_at, earlier.is_proven) == (item.proof.sealed_at, True)


async def test_what_was_never_delivered_is_not_remembered(outbox: Outbox, layout: Layout) -> None:
    assert await outbox.find_earlier([downloaded(layout).document]) == ()
    assert await outbox.find_earlier([]) == ()


async def test_what_was_delivered_is_found_by_its_content_on_its_route(
    outbox: MemoryOutbox | DiskOutbox | ObjectOutbox, layout: Layout
) -> None:
    item, other = downloaded(layout, 1), downloaded(layout, 2)
    delivery = await outbox.deliver(FIRST, item.document, item.copy)
    same = other.document.model_copy(update={"sha256": item.document.sha256})
    earlier = await outbox.find_sealed(same)
    assert earlier is not None
    assert (earlier.document, earlier.batch, earlier.sealed_as) == (item.document.id, FIRST, delivery.name)
    assert (earlier.received_at, earlier.sealed_at) == (item.document.received_at, item.proof.sealed_at)
    others = [item.document, other.document, same.model_copy(update={"route": RouteName("orders")})]
    others.append(same.model_copy(update={"size": 7}))
    assert [await outbox.find_sealed(each) for each in others] == [None] * len(others)


async def test_two_routes_do_not_share_names(outbox: Outbox, layout: Layout) -> None:
    one, two = downloaded(layout, 1, name="a.pdf"), downloaded(layout, 2, name="a.pdf")
    elsewhere = two.document.model_copy(update={"route": RouteName("orders")})
    await outbox.deliver(FIRST, one.document, one.copy)
    assert (await outbox.deliver(FIRST, elsewhere, two.copy)).name == "a.pdf"


def collectable(folder: Path) -> set[str]:
    """Every file that a consumer may take."""
    return {file for file in files(folder) if not file.startswith(".delivered/")}


class TestOnDisk:
    """What only files can suffer."""

    @pytest.fixture
    def outbox(self, folder: Path, layout: Layout) -> DiskOutbox:
        return DiskOutbox(folder, layout)

    @pytest.fixture
    def item(self, layout: Layout) -> Downloaded:
        return downloaded(layout, name="a.pdf")

    async def test_the_sealed_file_leaves_the_shelf(self, outbox: DiskOutbox, item: Downloaded, folder: Path) -> None:
        await outbox.deliver(FIRST, item.document, item.copy)
        assert (folder / "invoices/a.pdf").read_bytes() == item.content
        assert not item.place.sealed.exists()
        assert item.place.original.exists()

    async def test_the_sidecar_ties_the_file_to_its_original(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        await outbox.deliver(FIRST, item.document, item.copy)
        sidecar = json.loads((folder / "invoices/a.pdf.json").read_bytes())
        assert (sidecar["format"], sidecar["version"]) == ("zimogs-sealed", 1)
        assert (sidecar["document"], sidecar["batch"], sidecar["route"]) == (item.document.id, FIRST, "invoices")
        assert sidecar["original"]["sha256"] == item.document.sha256.hex
        assert sidecar["sealed"]["sha256"] == item.proof.sha256.hex

    async def test_the_vendor_s_report_stands_beside_the_file(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        reported = item.copy.model_copy(update={"report": '{"validationConclusion": "POSITIVE"}'})
        await outbox.deliver(FIRST, item.document, reported)
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json", "invoices/a.pdf.validation.json"}
        assert (folder / "invoices/a.pdf.validation.json").read_text() == reported.report

    async def test_a_container_gets_the_name_it_should_have(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        await outbox.deliver(FIRST, item.document, item.copy.model_copy(update={"name": "a.pdf.edoc"}))
        assert collectable(folder) == {"invoices/a.pdf.edoc", "invoices/a.pdf.edoc.json"}

    async def test_a_stranger_s_file_is_never_replaced(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        (folder / "invoices").mkdir(parents=True)
        (folder / "invoices/a.pdf").write_text("a stranger's")
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "a (2).pdf"
        assert (folder / "invoices/a.pdf").read_text() == "a stranger's"

    async def test_a_folder_that_is_a_file_already_is_written_into_the_name(
        self, outbox: DiskOutbox, layout: Layout, folder: Path
    ) -> None:
        (folder / "invoices").mkdir(parents=True)
        (folder / "invoices/2026").write_text("a file")
        item = downloaded(layout, name="2026/a.pdf")
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "2026_a.pdf"

    async def test_the_longest_name_leaves_room_for_its_sidecar(
        self, outbox: DiskOutbox, layout: Layout, folder: Path
    ) -> None:
        item = downloaded(layout, name="票" * 83 + ".pdf")
        delivery = await outbox.deliver(FIRST, item.document, item.copy)
        assert delivery.name.endswith("票.pdf")
        assert (folder / "invoices" / f"{delivery.name}.json").exists()

    async def test_after_a_crash_behind_the_reservation_it_goes_on(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout
    ) -> None:
        reserved = outbox.reserve(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/a.pdf.json"}
        assert await DiskOutbox(folder, layout).deliver(FIRST, item.document, item.copy) == reserved
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}

    async def test_after_a_crash_between_sidecar_and_note_it_finds_its_own_sidecar(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        outbox.reserve(FIRST, item.document, item.copy)
        item.place.reserved.unlink()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "a.pdf"
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}

    async def test_a_document_that_had_announced_its_name_looks_at_all_that_were_taken(
        self, outbox: DiskOutbox, layout: Layout, folder: Path
    ) -> None:
        """The one whose sidecar a crash has parted from its note, as a power cut may, is not the last one taken."""
        items = [downloaded(layout, number, name="a.pdf") for number in range(1, 8)]
        for each in items:
            outbox.reserve(FIRST, each.document, each.copy)
        items[2].place.reserved.rename(items[2].place.reserving)
        deliveries = [await outbox.deliver(FIRST, each.document, each.copy) for each in items]
        assert [each.name for each in deliveries] == ["a.pdf", *(f"a ({number}).pdf" for number in range(2, 8))]
        assert len(collectable(folder)) == 2 * len(items)
        assert not list(layout.shelf.glob("*.reserving"))

    async def test_a_document_that_only_announced_its_name_gets_one(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        item.place.reserving.write_bytes(b"{half")
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "a.pdf"
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}

    async def test_documents_of_one_name_that_come_together_get_a_number_each(
        self, outbox: DiskOutbox, layout: Layout, folder: Path
    ) -> None:
        items = [downloaded(layout, number, name="2026/a.pdf") for number in range(1, 41)]
        deliveries = await asyncio.gather(*(outbox.deliver(FIRST, each.document, each.copy) for each in items))
        expected = {"2026/a.pdf", *(f"2026/a ({number}).pdf" for number in range(2, 41))}
        assert {each.name for each in deliveries} == expected
        for item, delivery in zip(items, deliveries, strict=True):
            assert (folder / "invoices" / delivery.name).read_bytes() == item.content

    async def test_a_name_that_was_announced_and_is_taken_by_now_is_left_to_whoever_took_it(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout
    ) -> None:
        names = OutboxNames(is_sealed_first=False)
        make_folder(folder / "invoices")

        def describe(name: str) -> Sidecar:
            return Sidecar.of(FIRST, item.document, item.proof, name)

        reservation = names.announce(item.place, folder / "invoices", "a.pdf", describe)
        assert reservation is not None
        other = downloaded(layout, 2, name="a.pdf")
        await outbox.deliver(FIRST, other.document, other.copy)
        assert names.take(reservation).sealed.name == "a (2).pdf"
        assert Sidecar.model_validate_json(item.place.reserved.read_bytes()).sealed.name == "a (2).pdf"
        assert (folder / "invoices/a.pdf").read_bytes() == other.content

    async def test_after_a_crash_behind_the_move_a_second_download_is_dropped(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        outbox.fill(outbox.reserve(FIRST, item.document, item.copy), item.document)
        item.download()
        await outbox.deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}
        assert not item.place.sealed.exists()

    async def test_after_a_crash_behind_the_move_the_shelf_needs_no_second_download(
        self, outbox: DiskOutbox, item: Downloaded
    ) -> None:
        reserved = outbox.reserve(FIRST, item.document, item.copy)
        outbox.fill(reserved, item.document)
        assert await outbox.deliver(FIRST, item.document, item.copy) == reserved

    @pytest.mark.parametrize("is_over", [True, False])
    async def test_what_a_consumer_has_collected_is_not_delivered_again(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, *, is_over: bool
    ) -> None:
        outbox.fill(outbox.reserve(FIRST, item.document, item.copy), item.document)
        if is_over:
            await outbox.deliver(FIRST, item.document, item.copy)
        for name in collectable(folder):
            (folder / name).unlink()
        item.download()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "a.pdf"
        assert collectable(folder) == set()

    async def test_a_sidecar_that_is_taken_before_its_file_has_come_takes_no_file_away(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        """Nobody has the file yet, so it is delivered, and told once more."""
        reserved = outbox.reserve(FIRST, item.document, item.copy)
        (folder / "invoices/a.pdf.json").unlink()
        outbox.fill(reserved, item.document, is_new=True)
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}

    async def test_a_name_that_another_has_taken_with_the_sidecar_is_given_up(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout
    ) -> None:
        reserved = outbox.reserve(FIRST, item.document, item.copy)
        (folder / "invoices/a.pdf.json").unlink()
        other = downloaded(layout, 2, name="a.pdf")
        outbox.reserve(FIRST, other.document, other.copy)
        with pytest.raises(FileExistsError):
            outbox.fill(reserved, item.document, is_new=True)
        for each in (other, item):
            await outbox.deliver(FIRST, each.document, each.copy)
        assert (folder / "invoices/a.pdf").read_bytes() == other.content
        assert (folder / "invoices/a (2).pdf").read_bytes() == item.content


class TestSealedFirst:
    """For consumers that look for sidecars: who finds one finds its file."""

    @pytest.fixture
    def outbox(self, folder: Path, layout: Layout) -> DiskOutbox:
        return DiskOutbox(folder, layout, is_sealed_first=True)

    @pytest.fixture
    def item(self, layout: Layout) -> Downloaded:
        return downloaded(layout, name="2026/a.pdf")

    async def test_both_stand_there_in_the_end(self, outbox: DiskOutbox, item: Downloaded, folder: Path) -> None:
        await outbox.deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}
        sidecar = Sidecar.model_validate_json((folder / "invoices/2026/a.pdf.json").read_bytes())
        assert sidecar.document == item.document.id

    async def test_the_sidecar_appears_after_the_file(self, outbox: DiskOutbox, item: Downloaded, folder: Path) -> None:
        delivery = outbox.reserve(FIRST, item.document, item.copy)
        assert {name for name in collectable(folder) if "/." not in name} == set()
        outbox.fill(delivery, item.document)
        assert {name for name in collectable(folder) if "/." not in name} == {"invoices/2026/a.pdf"}
        # A pattern finds hidden names too, with pathlib and on Windows.
        assert not [name for name in collectable(folder) if name.endswith(".json")]
        outbox.publish(delivery, item.document)
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}

    @pytest.mark.parametrize("steps", [1, 2, 3])
    @pytest.mark.parametrize("is_sealed_first", [True, False])
    async def test_after_a_crash_it_goes_on_whatever_is_set_by_then(
        self,
        outbox: DiskOutbox,
        item: Downloaded,
        folder: Path,
        layout: Layout,
        steps: int,
        *,
        is_sealed_first: bool,
    ) -> None:
        delivery = outbox.reserve(FIRST, item.document, item.copy)
        if steps > 1:
            outbox.fill(delivery, item.document)
            item.download()
        if steps > 2:
            outbox.publish(delivery, item.document)
        after = DiskOutbox(folder, layout, is_sealed_first=is_sealed_first)
        assert await after.deliver(FIRST, item.document, item.copy) == delivery
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}
        assert not item.place.sealed.exists()

    async def test_after_a_crash_between_hidden_sidecar_and_note_it_finds_its_own(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        outbox.reserve(FIRST, item.document, item.copy)
        item.place.reserved.unlink()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "2026/a.pdf"
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}

    @pytest.mark.parametrize("is_sealed_first", [True, False])
    async def test_a_name_that_is_reserved_unseen_is_nobody_elses(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout, *, is_sealed_first: bool
    ) -> None:
        reserved = outbox.reserve(FIRST, item.document, item.copy)
        other, another = (
            downloaded(layout, 2, name="2026/a.pdf"),
            DiskOutbox(folder, layout, is_sealed_first=is_sealed_first),
        )
        assert (await another.deliver(FIRST, other.document, other.copy)).name == "2026/a (2).pdf"
        assert await outbox.deliver(FIRST, item.document, item.copy) == reserved
        assert (folder / "invoices/2026/a.pdf").read_bytes() == item.content

    async def test_what_a_consumer_has_collected_is_not_delivered_again(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        delivery = outbox.reserve(FIRST, item.document, item.copy)
        outbox.fill(delivery, item.document)
        outbox.publish(delivery, item.document)
        for name in collectable(folder):
            (folder / name).unlink()
        item.download()
        assert await outbox.deliver(FIRST, item.document, item.copy) == delivery
        assert collectable(folder) == set()

    async def test_a_sidecar_whose_name_a_power_cut_took_back_is_published(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        await outbox.deliver(FIRST, item.document, item.copy)
        sidecar = folder / "invoices/2026/a.pdf.json"
        sidecar.rename(sidecar.with_name(".a.pdf.json.part"))
        await outbox.deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}

    async def test_a_stranger_s_file_in_the_place_of_the_sidecar_is_told_and_never_replaced(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        outbox.fill(outbox.reserve(FIRST, item.document, item.copy), item.document)
        stranger = folder / "invoices/2026/a.pdf.json"
        stranger.write_text("a stranger's")
        with pytest.raises(FileExistsError, match="move it away"):
            await outbox.deliver(FIRST, item.document, item.copy)
        stranger.unlink()
        await outbox.deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}


class TestMemory:
    """What the outbox remembers of deliveries, for a data folder that is older than it."""

    @pytest.fixture
    def item(self, layout: Layout) -> Downloaded:
        return downloaded(layout, name="2026/a.pdf")

    @pytest.fixture
    async def outbox(self, folder: Path, layout: Layout, item: Downloaded) -> DiskOutbox:
        outbox = DiskOutbox(folder, layout)
        await outbox.deliver(FIRST, item.document, item.copy)
        return outbox

    @pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(b"another")])
    async def test_a_file_that_is_gone_or_another_proves_nothing(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, change: Callable[[Path], object]
    ) -> None:
        change(folder / "invoices/2026/a.pdf")
        (earlier,) = await outbox.find_earlier([item.document])
        assert not earlier.is_proven

    async def test_a_sidecar_alone_is_found_and_proves_nothing(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path
    ) -> None:
        remove(folder / ".delivered")
        (earlier,) = await outbox.find_earlier([item.document])
        assert (earlier.delivery.name, earlier.is_proven) == ("2026/a.pdf", False)

    async def test_among_many_sidecars_of_one_name_each_is_found(
        self, outbox: DiskOutbox, folder: Path, layout: Layout
    ) -> None:
        items = [downloaded(layout, number, name="b.pdf") for number in range(2, 24)]
        names = [(await outbox.deliver(FIRST, each.document, each.copy)).name for each in items]
        remove(folder / ".delivered")
        after = DiskOutbox(folder, layout)
        for item, name in zip(items, names, strict=True):
            assert [each.delivery.name for each in await after.find_earlier([item.document])] == [name]

    async def test_what_people_put_in_the_place_of_a_sidecar_holds_nobody_up(
        self, outbox: DiskOutbox, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, 2, name="b.pdf")
        os.mkfifo(folder / "invoices/b.pdf.json")
        (folder / "invoices/b (2).pdf.json").symlink_to("b.pdf.json")
        assert await outbox.find_earlier([item.document]) == ()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "b (3).pdf"

    async def test_a_line_of_somebody_else_proves_nothing_and_hides_nothing(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, tmp_path: Path
    ) -> None:
        DeliveryIndex(folder, tmp_path / "elsewhere").add(
            Sidecar.of(batch_id(INVOICES, 9), item.document, item.proof, "z.pdf")
        )
        (earlier,) = await outbox.find_earlier([item.document])
        assert (earlier.batch, earlier.is_proven) == (FIRST, True)
        (stranger,) = DeliveryIndex(folder, tmp_path / "another").find([item.document])
        assert not stranger.is_proven

    async def test_a_line_that_was_cut_short_spoils_no_other(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout
    ) -> None:
        (log,) = (folder / ".delivered").iterdir()
        with log.open("ab") as file:
            file.write(b"\n" + item.document.id.encode() + b" 0123 {half")
        other = downloaded(layout, 2)
        await outbox.deliver(FIRST, other.document, other.copy)
        assert {each.is_proven for each in await outbox.find_earlier([item.document, other.document])} == {True}

    async def test_what_was_looked_at_before_hides_nothing_that_came_since(
        self, outbox: DiskOutbox, item: Downloaded, folder: Path, layout: Layout
    ) -> None:
        other, last = downloaded(layout, 2), downloaded(layout, 3)
        documents = [item.document, other.document, last.document]
        assert [each.is_proven for each in await outbox.find_earlier(documents)] == [True]
        await outbox.deliver(FIRST, other.document, other.copy)
        assert [each.is_proven for each in await outbox.find_earlier(documents)] == [True, True]
        # Its name is another log's by now.
        remove(folder / ".delivered")
        await outbox.deliver(FIRST, last.document, last.copy)
        proven = {each.delivery.document: each.is_proven for each in await outbox.find_earlier(documents)}
        assert proven == {item.document.id: False, other.document.id: False, last.document.id: True}

    async def test_nobody_else_may_look_into_it(self, outbox: DiskOutbox, folder: Path) -> None:
        (log,) = (folder / ".delivered").iterdir()
        assert [path.stat().st_mode & 0o777 for path in (log.parent, log)] == [0o700, 0o600]

    async def test_looking_creates_nothing(self, tmp_path: Path, layout: Layout, item: Downloaded) -> None:
        assert await DiskOutbox(tmp_path / "new", layout).find_earlier([item.document]) == ()
        assert not (tmp_path / "new").exists()


class TestAcrossFileSystems:
    """The outbox lies on another disk."""

    @pytest.fixture(params=["with hard links", "without hard links"])
    def folder(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
        if request.param == "without hard links":
            with mounted_exfat(tmp_path) as folder:
                yield folder
            return
        other = Path("/dev/shm")  # noqa: S108  the one other file system that most Linux machines have
        if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no second file system to test with")
        with tempfile.TemporaryDirectory(dir=other) as folder:
            yield Path(folder)

    async def test_a_delivery_is_copied_whole(self, layout: Layout, folder: Path) -> None:
        item = downloaded(layout, name="a.pdf")
        await DiskOutbox(folder, layout).deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}
        assert (folder / "invoices/a.pdf").read_bytes() == item.content
        assert not item.place.sealed.exists()

    async def test_the_sealed_file_comes_first_there_too(self, layout: Layout, folder: Path) -> None:
        item = downloaded(layout, name="a.pdf")
        await DiskOutbox(folder, layout, is_sealed_first=True).deliver(FIRST, item.document, item.copy)
        assert collectable(folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}

    async def test_a_copy_that_was_interrupted_is_done_again(self, layout: Layout, folder: Path) -> None:
        item = downloaded(layout, name="a.pdf")
        outbox = DiskOutbox(folder, layout)
        outbox.reserve(FIRST, item.document, item.copy)
        (folder / "invoices/.half.part").write_bytes(item.content[:3])
        await outbox.deliver(FIRST, item.document, item.copy)
        assert (folder / "invoices/a.pdf").read_bytes() == item.content

    async def test_no_file_is_replaced_whatever_its_capitals(self, layout: Layout, folder: Path) -> None:
        outbox = DiskOutbox(folder, layout)
        one, two = downloaded(layout, 1, name="A.pdf"), downloaded(layout, 2, name="a.pdf")
        deliveries = [await outbox.deliver(FIRST, item.document, item.copy) for item in (one, two)]
        assert [(folder / "invoices" / each.name).read_bytes() for each in deliveries] == [one.content, two.content]
        assert len(collectable(folder)) == 4


class TestShared:
    """The outbox belongs to a group, and our umask gives nobody anything."""

    @pytest.fixture(autouse=True)
    def _strict_umask(self) -> Iterator[None]:
        before = os.umask(0o077)
        yield
        os.umask(before)

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "outbox"
        folder.mkdir()
        group = STRANGER if os.geteuid() == 0 else os.getegid()
        os.chown(folder, -1, group)
        folder.chmod(0o2750)
        return folder

    async def test_its_group_may_collect_and_nobody_else(self, layout: Layout, folder: Path) -> None:
        item = downloaded(layout, name="2026/a.pdf")
        reported = item.copy.model_copy(update={"report": "{}"})
        await DiskOutbox(folder, layout).deliver(FIRST, item.document, reported)
        group = STRANGER if os.geteuid() == 0 else os.getegid()
        seen = permissions(folder)
        ours = {name for name in seen if name.startswith(".delivered")}
        assert {seen.pop(name)[1] & 0o077 for name in ours} == {0}
        assert seen == {
            "invoices": (group, 0o750),
            "invoices/2026": (group, 0o750),
            "invoices/2026/a.pdf": (group, 0o640),
            "invoices/2026/a.pdf.json": (group, 0o640),
            "invoices/2026/a.pdf.validation.json": (group, 0o640),
        }

    async def test_a_folder_without_the_mark_is_left_to_the_umask(self, layout: Layout, tmp_path: Path) -> None:
        item = downloaded(layout, name="a.pdf")
        await DiskOutbox(tmp_path / "plain", layout).deliver(FIRST, item.document, item.copy)
        assert {mode for _, mode in permissions(tmp_path / "plain").values()} == {0o600, 0o700}

    async def test_a_pipe_in_the_place_of_a_sidecar_keeps_nobody_waiting(self, layout: Layout, folder: Path) -> None:
        (folder / "invoices").mkdir()
        os.mkfifo(folder / "invoices/a.pdf.json")
        item = downloaded(layout, name="a.pdf")
        assert (await DiskOutbox(folder, layout).deliver(FIRST, item.document, item.copy)).name == "a (2).pdf"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can lay a link for another user")
    async def test_a_stranger_s_link_leads_no_file_out_of_it(
        self, layout: Layout, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "invoices").mkdir()
        (folder / "invoices/2026").symlink_to(tmp_path)
        os.chown(folder / "invoices/2026", STRANGER, STRANGER, follow_symlinks=False)
        item = downloaded(layout, name="2026/a.pdf")
        with pytest.raises(OSError, match="another user has laid"):
            await DiskOutbox(folder, layout).deliver(FIRST, item.document, item.copy)
        assert not (tmp_path / "a.pdf.json").exists()

    def test_a_link_laid_over_a_file_before_it_is_shared_opens_nothing_else(self, folder: Path, tmp_path: Path) -> None:
        """A collector who may write there can lay one at any moment."""
        (tmp_path / "session.key").touch(0o600)
        (folder / "a.pdf").symlink_to(tmp_path / "session.key")
        with pytest.raises(OSError, match="symbolic links"):
            share_file(folder, folder / "a.pdf")
        assert (tmp_path / "session.key").stat().st_mode & 0o777 == 0o600
        share_file(folder, folder / "collected already.pdf")
