"""The commands by which deploy/BACKUP.md moves a house to a bucket: what it knew before, it knows there."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

from jobs.model.api_keys import Permission
from jobs.model.digest import Digest
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.events import Event, EventKind
from jobs.model.freeze import Freeze
from jobs.model.hand_in import Once
from jobs.model.names import PersonalCode, batch_id
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import INVOICES, NOON, a_document, a_seal
from tests.support.index import fill_index
from tests.support.lives import write_lives
from tests.support.shelves import keep_on_shelf, keep_on_shelf_in
from worker.objects.api_keys import ObjectKeys
from worker.objects.bucket import Bucket
from worker.objects.duplicates import ObjectDuplicates
from worker.objects.firsts import describe_first
from worker.objects.freezes import ObjectFreezes
from worker.objects.hand_in_book import ObjectHandInBook
from worker.objects.keys import obtain_ledger_key
from worker.objects.ledger import ObjectLedger
from worker.objects.notices import ObjectNotices
from worker.objects.outbox import ObjectOutbox
from worker.objects.people import ObjectPeople
from worker.objects.seals import ObjectSeals
from worker.objects.shelf import ObjectShelf
from worker.storage.api_key_files import KeyFiles
from worker.storage.api_keys import KeyBook
from worker.storage.duplicates import DiskDuplicates
from worker.storage.feed_position import FeedPosition
from worker.storage.freezes import FreezeBook
from worker.storage.hand_in_book import HandedIn, HandInBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.keys import obtain_key
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.notices import NoticeFolder
from worker.storage.outbox import DiskOutbox
from worker.storage.people import PeopleBook
from worker.storage.seals import SealBook
from worker.storage.shelf import DiskShelf

FIRST = batch_id(INVOICES, 1)
# As the real one: what is left out is told by patterns of paths below the source.
_AWS = r"""
aws() {
  local source target file pattern
  shift 2
  if [ "$1" != --recursive ]; then install -D "$1" "bucket/${2#s3://our-bucket/zimogs/}"; return; fi
  source=$2 target=bucket${3#s3://our-bucket/zimogs}; shift 3
  find "$source" -type f -printf '%P\n' | while IFS= read -r file; do
    for pattern in "$@"; do [[ $pattern != --exclude && $file == $pattern ]] && continue 2; done
    install -D "$source/$file" "$target/$file"
  done
}
"""


def move(house: Path, bucket: Bucket) -> None:
    """Do what the page says, with a folder in the place of the bucket, and bring what came there into the bucket."""
    page = (Path(__file__).parents[2] / "deploy" / "BACKUP.md").read_text()
    (commands,) = re.findall(r"## Moving to a bucket.*?```bash\n(.*?)```", page, re.DOTALL)
    script = _AWS + commands.replace("/var/lib/zimogs", str(house))
    subprocess.run(["bash", "-uc", script], check=True)
    there = house / "bucket"
    for path in there.rglob("*"):
        if path.is_file():
            bucket.write(str(path.relative_to(there)), path.read_bytes())


async def test_what_a_house_knew_of_keys_freezes_and_events_is_known_where_it_was_moved_to(
    tmp_path: Path, bucket: Bucket
) -> None:
    data, person = tmp_path / "data", PersonalCode("PNOLV-010101-10006")
    secret = obtain_key(data, "ledger")
    await SealBook(data / "seals").save(a_seal())
    await PeopleBook(data / "people").remember(person, "Anna")
    key, token = await KeyBook(KeyFiles(data)).create("erp", [INVOICES], [Permission.SUBMIT], now=NOON)
    once, hand_ins, document = Once(owner="0123456789ab", key="one file"), HandInBook(data), a_document(1)
    taken = HandedIn(document=document.id, fingerprint="f", sha256=document.sha256.hex, size=document.size, at=NOON)
    with hand_ins.holding(once):
        hand_ins.note_taken(once, taken)
    freezes = FreezeBook(data / "freezes")
    for route in (None, INVOICES):
        await freezes.begin(Freeze(route=route, at=NOON, by="Anna", reason="an audit"))
    await freezes.lift(None, at=NOON + timedelta(hours=1), by="Anna")
    notices, position = NoticeFolder(data), FeedPosition(latest={INVOICES: 1}, looked_on=NOON.date())
    notices.position.write(position)
    notices.position.write_quarantined({document.id})
    event = Event(id="event", kind=EventKind.BATCH_DONE, at=NOON, route=INVOICES)
    notices.box("webhook-erp").add([event])

    move(tmp_path, bucket)

    assert obtain_ledger_key(bucket) == secret
    assert await ObjectSeals(bucket).all() == (a_seal(),)
    assert await ObjectPeople(bucket).names() == {person: "Anna"}
    assert await KeyBook(ObjectKeys(bucket)).find(token) == key
    assert ObjectHandInBook(bucket, HandInBook(tmp_path / "new")).read(once) == hand_ins.read(once) is not None
    held = ObjectFreezes(bucket)
    assert (await held.all(), await held.past()) == (await freezes.all(), await freezes.past())
    telling = ObjectNotices(bucket)
    assert (telling.position.read(), telling.position.read_quarantined()) == (position, frozenset({document.id}))
    assert [each.event for each in telling.box("webhook-erp").untold()] == [event]
    assert not [each.key for each in bucket.list("") if "lock" in each.key]


async def test_what_was_sealed_or_skipped_before_a_house_was_moved_is_known_by_its_content(
    tmp_path: Path, bucket: Bucket
) -> None:
    data, here = Layout(tmp_path / "data"), Layout(tmp_path / "new")
    obtain_key(data.root, "ledger")
    sealed, copy = a_document(1, name='Rēķins "1".pdf'), a_document(2)
    keep_on_shelf(data, sealed, copy)
    data.place(sealed.id).sealed.write_bytes(b"sealed")
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=NOON)
    before = DiskOutbox(tmp_path / "outbox", data)
    delivery = await before.deliver(FIRST, sealed, SealedCopy(name=sealed.name, proof=proof))
    skipping = DiskDuplicates(data, DiskShelf(data), DiskLedger(data.root / "ledger"), before)
    await skipping.record(Duplicate(document=copy, rule=Duplicates.SKIP, earlier=describe_first(sealed)))
    told = await skipping.tell(Duplicate(document=copy, rule=Duplicates.SKIP, earlier=describe_first(sealed)))

    move(tmp_path, bucket)

    outbox, shelf = ObjectOutbox(bucket, here), ObjectShelf(bucket, here)
    duplicates = ObjectDuplicates(bucket, shelf, BatchIndex(here.root))
    (earlier,) = await outbox.find_earlier([sealed])
    assert (earlier.delivery, earlier.is_proven) == (delivery, True)
    assert await duplicates.read(copy.id) == told
    files = {f"{INVOICES}/{delivery.name}", f"{INVOICES}/{delivery.name}.json", *await duplicates.notes()}
    assert {each.key.removeprefix("outbox/") for each in bucket.list("outbox")} == files
    again = sealed.model_copy(update={"id": a_document(3).id})
    keep_on_shelf_in(shelf, again)
    first = await duplicates.find_earlier(again)
    assert first is not None
    assert first == await before.find_sealed(again)
    await duplicates.park(again)
    returned = await duplicates.find_returnable(again, first, proof.level_name)
    assert returned is not None
    assert here.place(again.id).sealed.read_bytes() == b"sealed"


async def test_of_what_was_sealed_long_before_the_ledger_alone_tells_and_it_can_only_be_sealed_anew(
    tmp_path: Path, bucket: Bucket
) -> None:
    (life,) = await write_lives(tmp_path / "data" / "ledger", 1)
    sealed = next(iter(life.documents.values()))
    (tmp_path / "outbox").mkdir()

    move(tmp_path, bucket)

    here = Layout(tmp_path / "new")
    shelf, index = ObjectShelf(bucket, here), BatchIndex(here.root)
    await fill_index(index, ObjectLedger(bucket))
    duplicates = ObjectDuplicates(bucket, shelf, index)
    for number in (8, 9):
        again = sealed.model_copy(update={"id": a_document(number).id})
        keep_on_shelf_in(shelf, again)
        first = await duplicates.find_earlier(again)
        assert first is not None
        assert (first.document, first.batch) == (sealed.id, life.batch)
        await duplicates.park(again)
        assert await duplicates.find_returnable(again, first, "B") is None
    assert await duplicates.let_in(again, first)
    assert await shelf.waiting_list(INVOICES) == (again,)
