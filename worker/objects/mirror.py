"""A copy of the ledger in a folder of this machine, for what reads folders: the index, searches, and evidence.

The bucket stays the truth: no story reads this. Records and archives never change, so each is fetched once; how far
every route was copied whole stands beside, and a look at what is open and what is new is all that each update costs. A
batch that an archive holds loses its own folder here once that archive was fetched, so that no disk holds it twice.

    data/ledger/…, data/ledger.key      as on a machine that has the ledger itself
    data/archives/…, data/checkpoints/… those of all machines
    data/mirrored.json                  the number up to which all batches of each route are here, and closed
"""

import os
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from jobs.model.errors import BrokenArchive
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route, is_batch_id
from worker.objects.archive_copies import ArchiveCopies
from worker.objects.bucket import Bucket
from worker.objects.chains import LATEST, OPEN, BatchObjects, find_batches, record_key
from worker.objects.checkpoints import ObjectCheckpoints
from worker.objects.failures import StorageAway
from worker.objects.keys import KEYS, obtain_ledger_key, require_ledger_key_kept
from worker.storage.archives.compaction import find_archived, remove_archived
from worker.storage.archives.settled import SettledFolders
from worker.storage.archives.store import ARCHIVES, held
from worker.storage.chains import CLOSED, record_numbers, record_path
from worker.storage.durable import make_folder, read_file, write_over, write_whole
from worker.storage.ledger_key import CHECKPOINTS, key_path, open_secret
from worker.storage.reach import TellDone, tell_nobody

log = structlog.get_logger()

_UP_TO = TypeAdapter(dict[RouteName, int])
_CHUNK = 64
"""Batches that are fetched before it is noted how far that went."""
_SELDOM = 60.0
"""Seconds between looks for new checkpoints and archives: there is one a day, or a month."""
_UNSEEN = 10.0
"""Seconds between looks for batches that were opened and closed between two looks at those that are open."""


class LedgerMirror:
    """The copy in one folder. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self._bucket = bucket
        self._folder = folder
        self._note = folder.parent / "mirrored.json"
        self._updating = threading.Lock()
        self._versions: dict[BatchId, str] = {}
        self._checkpoints = ObjectCheckpoints(bucket, folder.parent / CHECKPOINTS)
        self._settled = SettledFolders(folder)
        self._copies = ArchiveCopies(bucket, folder.with_name(ARCHIVES))
        self._archives = self._copies.archives
        self._looked_at: float | None = None
        self._numbered_at: float | None = None
        self._closed: set[BatchId] = set()
        self._newest: dict[str, tuple[str, int]] = {}

    def update(self, tell: TellDone = tell_nobody, *, may_lag: bool = False) -> None:
        """Have all that is in the bucket here, too; `tell` hears how many batches, and then archives, of how many.

        Where it `may_lag`, by the list that another loop of this process saw a moment ago: it is done again soon.
        """
        with self._updating:
            is_due = not may_lag or _is_over(self._looked_at, _SELDOM)
            if is_due:
                self._copy_key()
            recent = self._bucket.recent
            listed = {_name(each.key): each.version for each in (recent.find(OPEN) if may_lag else recent.renew(OPEN))}
            marks = {BatchId(name): version for name, version in listed.items() if is_batch_id(name)}
            changed = [batch for batch, version in marks.items() if self._versions.get(batch) != version]
            closed = self._versions.keys() - marks.keys()
            self._copy_all([*changed, *closed])
            if is_due or changed or closed or _is_over(self._numbered_at, _UNSEEN):
                self._copy_new(marks.keys(), tell)
                self._numbered_at = time.monotonic()
            self._versions = marks
            if _is_over(self._looked_at, _SELDOM):
                self._checkpoints.refresh()
                self._copy_archives(tell)
                self._looked_at = time.monotonic()

    def copy(self, tell: TellDone = tell_nobody) -> None:
        """Have everything here, whatever the notes of numbers say: for a look at all that there is."""
        self._copy_key()
        self._checkpoints.refresh()
        batches = [*find_batches(self._bucket)]
        for first in range(0, len(batches), _CHUNK):
            tell(first, len(batches))
            self._copy_all(batches[first : first + _CHUNK])
        self._copy_archives(tell)

    def _copy_new(self, under_way: Iterable[BatchId], tell: TellDone) -> None:
        up_to = self._read_note()
        for route, newest in self._find_newest().items():
            open_here = [batch_number(batch) for batch in under_way if batch_route(batch) == route]
            there = self._find_numbers(route, up_to.get(route, 0) + 1, newest)
            for first in range(0, len(there), _CHUNK):
                tell(first, len(there))
                chunk = there[first : first + _CHUNK]
                batches = [batch_id(route, number) for number in chunk if number not in open_here]
                self._copy_all(batch for batch in batches if batch not in self._closed)
                # Behind the first that is open everything is looked at again.
                done = min([chunk[-1], *(number - 1 for number in open_here)])
                if done > up_to.get(route, 0):
                    up_to[route] = done
                    write_over(self._note, _UP_TO.dump_json(up_to))
        self._closed = {one for one in self._closed if batch_number(one) > up_to.get(batch_route(one), 0)}

    def _find_newest(self) -> dict[RouteName, int]:
        """The number that was noted last of each route; each note is read once."""
        listed, known = {each.key: each.version for each in self._bucket.list(LATEST)}, self._newest
        fresh = [key for key, version in listed.items() if known.get(key, ("",))[0] != version]
        read = dict(zip(fresh, map(int, self._bucket.each(self._bucket.read, fresh)), strict=True))
        self._newest = {key: (listed[key], read[key]) if key in read else known[key] for key in listed}
        return {RouteName(_name(key)): number for key, (_, number) in self._newest.items()}

    def _find_numbers(self, route: RouteName, first: int, last: int) -> Sequence[int]:
        """Numbers of batches that may have objects; of many, those that have some: archives hold most of them."""
        if last - first < _CHUNK:
            return range(first, last + 1)
        numbers = (batch_number(batch) for batch in find_batches(self._bucket) if batch_route(batch) == route)
        return sorted({last, *(number for number in numbers if first <= number <= last)})

    def _copy_all(self, batches: Iterable[BatchId]) -> None:
        self._bucket.each(self._copy, batches)

    def _copy(self, batch: BatchId) -> None:
        found, folder = BatchObjects.look_up(self._bucket, batch), self._folder / batch
        if not found.records and not found.is_closed:
            return
        make_folder(folder)
        for number in record_numbers(folder):
            if number not in found.records:
                record_path(self._folder, batch, number).unlink()
        for number, record in found.records.items():
            path = record_path(self._folder, batch, number)
            # A record never changes; one that was, as it should not be, has most likely another length.
            if not path.exists() or path.stat().st_size != record.size:
                try:
                    write_whole(path, self._bucket.read(record_key(batch, number)))
                except FileNotFoundError:
                    # It goes into an archive: what is here of it goes behind that.
                    return
        if found.closed_at is not None:
            (folder / CLOSED).touch()
            os.utime(folder / CLOSED, (found.closed_at.timestamp(),) * 2)
            self._closed.add(batch)

    def _copy_archives(self, tell: TellDone) -> None:
        """Fetch those that are new, behind the batches that go into them, and drop here what they hold."""
        self._copies.update(open_secret(self._folder), tell)
        with held(self._copies.folder) as is_ours:
            # Another process of this machine may be at it.
            if is_ours:
                try:
                    self._drop_archived()
                except BrokenArchive as error:
                    log.warning("archive cannot be read", error=str(error))

    def _drop_archived(self) -> None:
        remove_archived(self._settled, self._archives, find_archived(self._settled, self._archives))
        for batch in find_archived(self._settled, self._archives):
            self._drop_left(batch)

    def _drop_left(self, batch: BatchId) -> None:
        """Drop an old or broken copy of a batch that has no objects any more, since an archive holds it, or held it."""
        if BatchObjects.look_up(self._bucket, batch).records:
            return
        is_archived = self._archives.find_entries(batch) or self._archives.find_stone(batch, open_secret(self._folder))
        if is_archived:
            shutil.rmtree(self._folder / batch)

    def _copy_key(self) -> None:
        path = key_path(self._folder)
        require_no_other_ledger(self._bucket, self._folder)
        # There also where archives hold everything: it is by its name that a copied data folder is known.
        make_folder(self._folder)
        if not path.exists():
            write_over(path, obtain_ledger_key(self._bucket), mode=0o600)
        if self._looked_at is None:
            self._checkpoints.begin(self._folder)
        open_secret(self._folder)

    def _read_note(self) -> dict[RouteName, int]:
        try:
            return _UP_TO.validate_json(read_file(self._note))
        except (FileNotFoundError, ValidationError):
            return {}


def require_no_other_ledger(bucket: Bucket, folder: Path) -> None:
    """Raise StorageAway where the folder holds a ledger that is not the bucket's: copying would write over its records.

    So it is where a house that had folders, or another bucket, keeps its data folder. Raises LostKey, too.
    """
    with suppress(FileNotFoundError):
        own = read_file(key_path(folder))
        try:
            shared = bucket.read(f"{KEYS}/{folder.name}.key")
        except FileNotFoundError:
            require_ledger_key_kept(bucket)
            shared = b""
        if own != shared:
            why = f"{folder} is another ledger than the one there, and would be written over"
            raise StorageAway(f"{why}. Set a new, empty folder as folders.data, or move that ledger (deploy/BACKUP.md)")


def _is_over(since: float | None, pause: float) -> bool:
    return since is None or time.monotonic() - since > pause


def _name(key: str) -> str:
    return key.rpartition("/")[2]
