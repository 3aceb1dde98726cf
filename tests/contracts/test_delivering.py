"""Delivering into folders elsewhere: each sealed file with its sidecar, once, under a free name, whatever happens."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from config.places import InboxPlace
from jobs.model.digest import Digest
from jobs.model.events import DocumentEnd, Event, EventKind, SealedAs
from jobs.model.names import batch_id
from jobs.model.standstill import Cause
from tests.support.builders import INVOICES, NOON, a_document_id
from tests.support.installation import an_installation
from tests.support.places import (
    Elsewhere,
    FolderPlace,
    InBucket,
    InFolder,
    sftp_elsewhere,
    sftp_server,
)
from tests.support.ports import reserved_ports
from tests.support.small import MemoryStandstills
from tests.support.waiting import until
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.app.telling import tell_others
from worker.clock import utc_now
from worker.doctor.finding import Severity
from worker.doctor.places import examine_places
from worker.notices.courier import Courier
from worker.notices.failures import Hindered, NotTold, Unreachable
from worker.notices.target import Channel, Target
from worker.objects.bucket import Bucket
from worker.places.bucket_place import BucketPlace
from worker.places.delivering import Delivering
from worker.places.place import Denied, PlaceAway
from worker.places.sftp_place import SftpPlace
from worker.places.standing import PlaceStanding
from worker.storage.notice_box import FOLDER, Notice, NoticeBox, TargetState
from worker.storage.reach import NothingElsewhere
from worker.storage.sidecar import OriginalFile, SealedFile, Sidecar

CONTENT = b"a sealed file"
EVERY = timedelta(seconds=0.02)


def deliver_here(outbox: Path, number: int = 1, name: str = "a.pdf", content: bytes = CONTENT) -> Event:
    """Have a sealed file with its sidecar in our own outbox, and tell of it."""
    digest = Digest.sha256(content).hex
    sealed = SealedFile(name=name, sha256=digest, size=len(content), level="PAdES B-LT", sealed_at=NOON)
    sidecar = Sidecar(
        document=a_document_id(number),
        batch=batch_id(INVOICES, number),
        route=INVOICES,
        original=OriginalFile(name=name, sha256=digest, size=1, received_at=NOON),
        sealed=sealed,
    )
    file = outbox / INVOICES / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.with_name(f"{file.name}.json").write_bytes(sidecar.content)
    return an_event(number, name, content)


def an_event(number: int, name: str, content: bytes) -> Event:
    digest = Digest.sha256(content).hex
    told = SealedAs(name=name, sha256=digest, size=len(content), level="PAdES B-LT")
    return Event(
        id=f"{a_document_id(number)}.sealed",
        kind=EventKind.DOCUMENT_SEALED,
        at=NOON,
        route=INVOICES,
        document=DocumentEnd(id=a_document_id(number), name=name, sha256=digest, sealed=told),
    )


@dataclass
class Delivery:
    outbox: Path
    elsewhere: Elsewhere
    standstills: MemoryStandstills
    is_sealed_first: bool = False

    @property
    def delivering(self) -> Delivering:
        return Delivering(
            self.elsewhere.place,
            NothingElsewhere(self.outbox).bringing_delivered,
            str,
            PlaceStanding("_outbox-bank", self.standstills, utc_now),
            is_sealed_first=self.is_sealed_first,
        )

    async def send(self, event: Event) -> None:
        await self.delivering.send(event)

    async def files(self) -> Mapping[str, bytes]:
        return await self.elsewhere.files()


@pytest.fixture(params=["folder", "sftp", "s3"])
async def delivery(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> AsyncIterator[Delivery]:
    outbox, there = tmp_path / "outbox", tmp_path / "there"
    there.mkdir()
    match request.param:
        case "folder":
            yield Delivery(outbox, InFolder(FolderPlace(there), there), MemoryStandstills())
        case "s3":
            yield Delivery(outbox, InBucket(BucketPlace(bucket), bucket), MemoryStandstills())
        case _:
            async with sftp_server(there) as sftp:
                elsewhere = sftp_elsewhere(sftp)
                yield Delivery(outbox, elsewhere, MemoryStandstills())
                await elsewhere.place.close()


@pytest.mark.parametrize("is_sealed_first", [False, True])
async def test_a_sealed_file_stands_there_with_its_sidecar_and_doing_it_again_changes_nothing(
    delivery: Delivery, *, is_sealed_first: bool
) -> None:
    delivery.is_sealed_first = is_sealed_first
    event = deliver_here(delivery.outbox, name="2026/rēķins.pdf")
    (delivery.outbox / "invoices/2026/rēķins.pdf.validation.json").write_bytes(b"{}")
    await delivery.send(event)
    files = await delivery.files()
    await delivery.send(event)
    assert await delivery.files() == files
    # Taken out of our own outbox meanwhile, it is delivered all the same.
    (delivery.outbox / "invoices/2026/rēķins.pdf").unlink()
    await delivery.send(event)
    name = "invoices/2026/rēķins.pdf"
    assert set(files) == {name, f"{name}.json", f"{name}.validation.json"}
    assert files[name] == CONTENT
    assert files[f"{name}.json"] == (delivery.outbox / f"{name}.json").read_bytes()


async def test_what_stands_there_keeps_its_name_and_the_sidecar_tells_the_new_one(delivery: Delivery) -> None:
    await delivery.elsewhere.put("invoices/a.pdf", b"somebody else's")
    await delivery.elsewhere.put("invoices/a (2).pdf.json", b"{}")
    event = deliver_here(delivery.outbox)
    await delivery.send(event)
    await delivery.send(event)
    files = await delivery.files()
    assert set(files) == {
        *("invoices/a.pdf", "invoices/a (2).pdf.json"),
        *("invoices/a (3).pdf", "invoices/a (3).pdf.json"),
    }
    assert json.loads(files["invoices/a (3).pdf.json"])["sealed"]["name"] == "a (3).pdf"
    assert files["invoices/a.pdf"] == b"somebody else's"


@pytest.mark.parametrize("is_sealed_first", [False, True])
async def test_what_a_crash_left_is_gone_on_with_under_the_same_name(
    delivery: Delivery, *, is_sealed_first: bool
) -> None:
    delivery.is_sealed_first = is_sealed_first
    event = deliver_here(delivery.outbox)
    reserved = ".a.pdf.json.part" if is_sealed_first else "a.pdf.json"
    await delivery.elsewhere.put(f"invoices/{reserved}", (delivery.outbox / "invoices/a.pdf.json").read_bytes())
    await delivery.send(event)
    assert set(await delivery.files()) == {"invoices/a.pdf", "invoices/a.pdf.json"}


@pytest.mark.parametrize("is_sealed_first", [False, True])
async def test_two_machines_that_deliver_one_document_at_the_same_moment_leave_it_there_once(
    delivery: Delivery, *, is_sealed_first: bool
) -> None:
    delivery.is_sealed_first = is_sealed_first
    event = deliver_here(delivery.outbox)
    (delivery.outbox / "invoices/a.pdf.validation.json").write_bytes(b"{}")
    place = delivery.elsewhere.place
    there = SftpPlace(place._connection.server, "there") if isinstance(place, SftpPlace) else place
    other = replace(delivery, elsewhere=replace(delivery.elsewhere, place=there))  # type: ignore[type-var]
    await asyncio.gather(delivery.send(event), other.send(event))
    await there.close()
    files = await delivery.files()
    assert set(files) == {"invoices/a.pdf", "invoices/a.pdf.json", "invoices/a.pdf.validation.json"}
    assert files["invoices/a.pdf"] == CONTENT


async def test_a_name_that_goes_to_another_at_the_last_moment_is_not_written_over(tmp_path: Path) -> None:
    class Crowded(FolderPlace):
        async def look(self, path: str) -> None:
            """Find nothing: another one comes right behind the look."""

    elsewhere = InFolder(Crowded(tmp_path / "there"), tmp_path / "there")
    await elsewhere.put("invoices/a.pdf", b"somebody else's")
    delivery = Delivery(tmp_path / "outbox", elsewhere, MemoryStandstills())
    await delivery.send(deliver_here(delivery.outbox))
    files = await delivery.files()
    assert set(files) == {"invoices/a.pdf", "invoices/a (2).pdf", "invoices/a (2).pdf.json"}
    assert files["invoices/a.pdf"] == b"somebody else's"


async def test_a_reservation_that_another_machine_has_just_fulfilled_is_no_strangers(tmp_path: Path) -> None:
    class Fleeting(FolderPlace):
        is_first = True

        async def create(self, path: str, content: bytes | Path) -> None:
            """Have the other machine come to its end between our finding its reservation and reading it."""
            if path.endswith(".part") and self.is_first:
                self.is_first = False
                raise FileExistsError(path)
            await super().create(path, content)

    elsewhere = InFolder(Fleeting(tmp_path / "there"), tmp_path / "there")
    delivery = Delivery(tmp_path / "outbox", elsewhere, MemoryStandstills(), is_sealed_first=True)
    await delivery.send(deliver_here(delivery.outbox))
    assert set(await delivery.files()) == {"invoices/a.pdf", "invoices/a.pdf.json"}


async def test_what_a_place_refuses_is_told_and_tried_for_ever_and_holds_no_other_up(tmp_path: Path) -> None:
    place, now = FolderPlace(tmp_path / "there"), NOON
    delivery = Delivery(tmp_path / "outbox", InFolder(place, place.folder), MemoryStandstills())
    delivering, box = delivery.delivering, NoticeBox(tmp_path / "box")
    target = Target(Channel.OUTBOX, "bank", frozenset(), frozenset(EventKind))
    courier = Courier(target, box, delivering.send, now=lambda: now, count=lambda _, __: None, gives_up=False)
    place.fails["invoices/a.pdf"] = Denied("it can hold no such name")
    events = [deliver_here(delivery.outbox, number, name) for number, name in enumerate(("a.pdf", "b.pdf"), start=1)]
    box.add(events)
    for _ in range(20):
        await courier.deliver()
        now += timedelta(hours=6)
    (standing,) = await delivery.standstills.all()
    assert (standing.cause, standing.detail) == (Cause.PLACE_LEFT, "invoices/a.pdf: it can hold no such name")
    assert set(await delivery.files()) == {"invoices/a.pdf.json", "invoices/b.pdf", "invoices/b.pdf.json"}
    place.fails.clear()
    await courier.deliver()
    assert set(await delivery.files()) >= {"invoices/a.pdf", "invoices/b.pdf"}
    assert (box.untold(), await delivery.standstills.all()) == ((), ())


async def test_where_everything_is_refused_only_a_few_are_tried_at_once(tmp_path: Path) -> None:
    tried: list[str] = []

    async def send(event: Event) -> None:
        tried.append(event.id)
        raise Hindered("its disk is full")

    box = NoticeBox(tmp_path / "box")
    target = Target(Channel.OUTBOX, "bank", frozenset(), frozenset(EventKind))
    box.add([an_event(number, f"{number}.pdf", CONTENT) for number in range(1, 30)])
    for _ in range(2):
        await Courier(target, box, send, now=lambda: NOON, count=lambda _, __: None, gives_up=False).deliver()
    assert len(tried) == 4


async def test_one_that_is_refused_alone_keeps_the_next_one_from_nothing(tmp_path: Path) -> None:
    tried: list[str] = []

    async def send(event: Event) -> None:
        tried.append(event.id)
        raise Hindered("it can hold no such name")

    box, first, second = NoticeBox(tmp_path / "box"), *(an_event(number, "a.pdf", CONTENT) for number in (1, 2))
    target = Target(Channel.OUTBOX, "bank", frozenset(), frozenset(EventKind))
    for event in (first, second):
        box.add([event])
        await Courier(target, box, send, now=lambda: NOON, count=lambda _, __: None, gives_up=False).deliver()
    assert tried == [first.id, second.id]


async def test_what_is_not_in_our_outbox_as_it_was_delivered_is_not_told_as_delivered(delivery: Delivery) -> None:
    event = deliver_here(delivery.outbox)
    (delivery.outbox / "invoices/a.pdf").write_bytes(b"something else")
    with pytest.raises(NotTold, match="is not as it was delivered"):
        await delivery.send(event)
    with pytest.raises(NotTold, match="put back what was taken out"):
        await delivery.send(an_event(2, "none.pdf", CONTENT))
    (delivery.outbox / "invoices/link.pdf").symlink_to("/etc/hostname")
    with pytest.raises(NotTold, match="symbolic links"):
        await delivery.send(an_event(3, "link.pdf", CONTENT))
    assert await delivery.files() == {}


async def test_a_place_that_is_away_stands_still_until_it_is_back(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "there")
    delivery = Delivery(tmp_path / "outbox", InFolder(place, place.folder), MemoryStandstills())
    event = deliver_here(delivery.outbox)
    place.is_away = PlaceAway("it is not reached")
    with pytest.raises(Unreachable, match="it is not reached"):
        await delivery.send(event)
    (standing,) = await delivery.standstills.all()
    assert (standing.subject, standing.cause) == ("_outbox-bank", Cause.PLACE_AWAY)
    place.is_away = None
    await delivery.send(event)
    assert await delivery.standstills.all() == ()


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_ports() as (ours,):
        yield ours


async def test_what_a_process_seals_while_a_server_is_away_stands_there_once_it_is_back(
    tmp_path: Path, port: int
) -> None:
    (tmp_path / "there").mkdir()
    settings = an_installation(tmp_path)
    async with sftp_server(tmp_path / "there", port=port) as sftp:
        settings = settings.model_copy(
            update={"outboxes": {"bank": sftp.outbox(route=INVOICES)}, "inboxes": {"bank": sftp.inbox()}}
        )
        assert [each.severity for each in await examine_places(settings)] == [Severity.OK, Severity.OK]
        assert {path.name for path in (tmp_path / "there").rglob("*")} == {"invoices"}
    (finding, _) = await examine_places(settings)
    assert (finding.subject, finding.severity) == ("inboxes.bank", Severity.FAULT)
    assert finding.found.startswith(f"sftp://zimogs@127.0.0.1:{port}/: it is not reached")
    disk, box = OnDisk.of(settings), NoticeBox(settings.folders.data / FOLDER / "outbox-bank")
    event = deliver_here(settings.folders.outbox)
    box.add([event])
    task = asyncio.create_task(tell_others(settings, disk, lambda _, __: None, EVERY, redis_url="unix:///nowhere"))
    try:
        await until((settings.folders.data / "standstills/_outbox-bank.json").exists)
        standing = {each.subject: each.cause for each in await find_standstills(settings, disk)}
        assert standing["_outbox-bank"] is Cause.PLACE_AWAY
        async with sftp_server(tmp_path / "there", port=port):
            # As if the pause were over.
            box.keep(Notice(event=event))
            box.note(TargetState())
            await until(lambda: not box.untold() and not list((settings.folders.data / "standstills").iterdir()))
            assert (tmp_path / "there/a.pdf").read_bytes() == CONTENT
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "ftp://h/x"}, "url is s3://bucket/prefix or sftp://user@host/folder"),
        ({"url": "sftp://h/x", "password": "p"}, "url is sftp://user@host:22/folder"),
        ({"url": "sftp://u:p@h/x"}, "url holds no password"),
        ({"url": "sftp://u@h/x", "host_keys": ["SHA256:" + "a" * 43]}, "either password or key_file"),
        ({"url": "sftp://u@h/x", "password": "p"}, "ssh-keyscan HOST"),
        ({"url": "sftp://u@h/x", "password": "p", "host_keys": ["md5:11"]}, "host_keys"),
        ({"url": "sftp://u@h/x/../y/z", "password": "p", "known_hosts": "k"}, "without .. in it"),
        ({"url": "s3://k:s@bucket/x"}, "url holds no keys"),
        ({"url": "s3://bucket/x?endpoint=http://10.0.0.1"}, "url endpoint must be https://"),
        ({"url": "s3://bucket/x", "access_key_id": "k"}, "stand together"),
        ({"url": "s3://bucket/x", "password": "p"}, "are for sftp://"),
    ],
)
def test_a_place_that_cannot_be_used_safely_is_refused_with_what_to_write(given: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        InboxPlace.model_validate(given)
