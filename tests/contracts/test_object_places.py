"""Folders elsewhere where machines share a bucket: each file is taken once and delivered once, whoever dies where."""

import json
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from jobs.model.documents import SealFormat
from tests.support.builders import INVOICES
from tests.support.machine import LIFE, Machine
from tests.support.object_storage import BucketServer
from tests.support.pdfs import a_pdf
from tests.support.places import FolderPlace
from worker.inbox.sidecars import SidecarRule
from worker.objects.bucket import Bucket
from worker.objects.leases import ObjectLeases
from worker.places.looking import RouteFolder
from worker.places.place import FoundFile, PlaceAway
from worker.places.taking import Taking

PDF = a_pdf("fetched")
FOLDERS = (RouteFolder(INVOICES, "", SealFormat.PDF, SidecarRule()),)


async def take(machine: Machine, place: FolderPlace) -> bool:
    """Look once at what stands there, as a taker that is started anew; says whether the machine died of it."""
    async with AsyncExitStack() as stack:
        port = machine.handing_in
        stack.push_async_callback(port.close)
        taking = Taking("bank", "inbox-bank", place, FOLDERS, port, most=10**6, settle=timedelta(0), moves=False)
        return await machine.dies(taking.look())


async def test_wherever_a_taker_dies_the_file_is_taken_once_and_goes_only_when_the_bucket_has_it(
    tmp_path: Path, object_storage: BucketServer
) -> None:
    for changes in count():
        folder, bucket = tmp_path / str(changes), object_storage.bucket(f"{tmp_path.name}/{changes}")
        here, there = Machine(folder / "here", bucket, changes=changes), Machine(folder / "there", bucket)
        place = FolderPlace(folder / "elsewhere")
        await place.create("a.pdf", PDF)
        await place.create("a.pdf.json", b'{"number": "R-17"}')
        has_died = await take(here, place)
        has_left = await place.look("a.pdf") is None
        # With the machine its shelf is gone; what the bucket has is taken over.
        await there.look()
        await there.look(LIFE.total_seconds())
        assert len(await there.waiting()) >= has_left
        await take(there, place)
        # And once more where it comes back after weeks.
        await Machine(folder / "here", bucket).look()
        (waiting,) = await there.waiting()
        await there.shelf.documents.bring(waiting)
        assert there.layout.place(waiting.id).original.read_bytes() == PDF
        assert waiting.metadata is not None
        assert waiting.metadata.number == "R-17"
        assert await place.list("") == []
        assert bucket.names("taken") == frozenset()
        if not has_died:
            break
    assert changes > 6


async def test_what_was_reserved_and_not_taken_goes_on_though_its_sidecar_came_meanwhile(
    tmp_path: Path, bucket: Bucket
) -> None:
    class Fleeting(FolderPlace):
        is_first = True

        async def look(self, path: str) -> FoundFile | None:
            """Be away at the last look before it is taken."""
            if self.is_first:
                self.is_first = False
                raise PlaceAway("it hung up")
            return await super().look(path)

    machine, place = Machine(tmp_path, bucket), Fleeting(tmp_path / "elsewhere")
    await place.create("a.pdf", PDF)
    with pytest.raises(PlaceAway):
        await take(machine, place)
    (reserved,) = bucket.names("handed-in/inbox-bank")
    await place.create("a.pdf.json", b'{"number": "R-17"}')
    noted = json.loads(bucket.read(f"handed-in/inbox-bank/{reserved}"))
    await take(machine, place)
    (waiting,) = await machine.waiting()
    assert waiting.id == noted["document"]
    assert waiting.metadata is not None
    assert await place.list("") == []


async def test_one_of_all_machines_looks_at_a_place_and_another_goes_on_when_it_dies(bucket: Bucket) -> None:
    clock = 0.0
    here, there = (ObjectLeases(bucket, clock=lambda: clock) for _ in range(2))
    async with here.hold_turn("places/one") as mine, there.hold_turn("places/two") as other:
        assert None not in {mine, other}
        async with there.hold_turn("places/one") as none:
            assert none is None
    async with there.hold_turn("places/one") as mine:
        assert mine is not None
