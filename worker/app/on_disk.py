"""What lies in the configured folders or the bucket, put together without starting anything: enough for `status`."""

import asyncio
import errno
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings
from jobs.model.history import History
from jobs.ports import Freezes, Leases, Ledger, Remains, Seals, Standstills, VendorLimits
from worker.app.outbox import outbox_of
from worker.clock import utc_now
from worker.evidence.keeper import take_turn
from worker.storage.agreement import Agreement, NobodyElse
from worker.storage.api_key_files import KeyFiles
from worker.storage.api_keys import KeyBook
from worker.storage.archives.settled import SettledBatches, SettledFolders
from worker.storage.archives.store import ArchiveFolder, ArchiveStore
from worker.storage.checkpoints import Checkpoints
from worker.storage.duplicate_ports import DuplicateBook
from worker.storage.duplicates import DiskDuplicates
from worker.storage.durable import write_over
from worker.storage.ended_sessions import DiskEndedSessions
from worker.storage.freezes import FreezeBook
from worker.storage.hand_in_book import HandInBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.kept_files import KeptFolders
from worker.storage.keys import obtain_key
from worker.storage.layout import Layout
from worker.storage.leases import FileLeases, hold_lock
from worker.storage.ledger import DiskLedger
from worker.storage.ledger_key import CHECKPOINTS, require_own_key
from worker.storage.notice_ports import Notices
from worker.storage.notices import NoticeFolder
from worker.storage.originals import KeptOriginals
from worker.storage.outbox_files import OutboxFiles, OutboxFolder
from worker.storage.people import PeopleBook
from worker.storage.ports import DocumentOutbox, DocumentShelf, KeptQuarantine, OriginalFiles, UntakenBook, Workers
from worker.storage.presence import Presence
from worker.storage.quarantine import DiskQuarantine
from worker.storage.reach import NothingElsewhere, Reach
from worker.storage.remains import DiskRemains
from worker.storage.retention import KeptFiles
from worker.storage.seals import SealBook
from worker.storage.shelf import DiskShelf
from worker.storage.standstills import StandstillBook
from worker.storage.threads import in_thread
from worker.storage.untaken import UntakenList
from worker.storage.vendor_limits import LimitBook

if TYPE_CHECKING:
    # The pages take long to load, and commands need none of them.
    from worker.desk.ports import EndedSessions, People
    from worker.inbox.handing_in import HandInBook as HandInRecords


_PROBE_BYTES = 4096
"""A block: what is smaller may fit where nothing else does."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What the settings lead to: ledger, shelf, outbox, quarantine, seals, and what holds things up."""

    layout: Layout
    ledger: Ledger
    leases: Leases
    index: BatchIndex
    checkpoints: Checkpoints
    keeping_checkpoints: Callable[[], AbstractAsyncContextManager[bool]]
    """Lets one machine at a time keep them; False while another one does."""
    hold_place: Callable[[str], AbstractAsyncContextManager[asyncio.Event | None]]
    """Lets one process at a time look at the folder elsewhere of that mark; see `worker.places.watch.Hold`."""
    settled: SettledBatches
    archives: ArchiveStore
    kept_files: KeptFiles
    keeping_archives: Callable[[], AbstractAsyncContextManager[bool]]
    """Lets one machine at a time archive and drop; False while another one does."""
    shelf: DocumentShelf
    originals: OriginalFiles
    outbox: DocumentOutbox
    outbox_files: OutboxFiles
    duplicates: DuplicateBook
    quarantine: KeptQuarantine
    remains: Remains
    seals: Seals
    untaken: UntakenBook
    standstills: Standstills
    freezes: Freezes
    limits: VendorLimits
    keys: KeyBook
    hand_ins: "HandInRecords"
    notices: Notices
    presence: Workers
    agreement: Agreement
    people: "People"
    ended_sessions: "EndedSessions"
    reach: Reach
    """What else is to be done before this machine reads a file, or tells that it has one."""
    obtain_key: Callable[[str], bytes]
    """Gives the secret key of that name, which all machines share. Blocks; raises OSError."""
    begin: Callable[[], object]
    """Makes, or makes sure of, what has to be there before anything is taken in. Blocks; raises OSError."""
    check: Callable[[], Awaitable[None]]
    """Tries whether what is stored can be written. Raises OSError, and LostKey."""
    silence: Callable[[], OSError]
    """Gives what is wrong where that has no answer."""

    @classmethod
    def of(cls, settings: Settings, observe: Callable[[History], None] = lambda _: None) -> "OnDisk":
        """Put them together; nothing is read or created yet. `observe` is told of every record that is written."""
        if settings.storage.is_in_bucket:
            from worker.app.in_bucket import stored_in_bucket  # noqa: PLC0415  as above

            return stored_in_bucket(settings, observe)
        folders, house = settings.folders, settings.house
        layout = Layout(folders.data)
        outbox, ledger = outbox_of(settings, layout), DiskLedger(folders.data / "ledger", observe)
        shelf = DiskShelf(layout, keep_originals=settings.inbox.keep_originals)
        return cls(
            layout=layout,
            ledger=ledger,
            leases=FileLeases(folders.data / "ledger"),
            index=BatchIndex(folders.data, settings.house.zone),
            checkpoints=Checkpoints(folders.data / CHECKPOINTS),
            keeping_checkpoints=take_turn,
            hold_place=lambda mark: hold_lock(folders.data / "places" / f"{mark}.lock"),
            settled=SettledFolders(folders.data / "ledger"),
            archives=ArchiveFolder.beside(folders.data / "ledger"),
            kept_files=KeptFolders(layout),
            keeping_archives=take_turn,
            shelf=shelf,
            originals=KeptOriginals(layout),
            outbox=outbox,
            duplicates=DiskDuplicates(layout, shelf, ledger, outbox),
            outbox_files=OutboxFolder(folders.outbox),
            quarantine=DiskQuarantine(
                folders.quarantine, layout, now=utc_now, language=house.language, zone=house.zone
            ),
            remains=DiskRemains(folders.outbox, layout),
            seals=SealBook(folders.data / "seals"),
            untaken=UntakenList(folders.data),
            standstills=StandstillBook(folders.data / "standstills"),
            freezes=FreezeBook(folders.data / "freezes"),
            limits=LimitBook(folders.data / "vendor-limits", settings.eparaksts.platform_url),
            keys=KeyBook(KeyFiles(folders.data)),
            hand_ins=HandInBook(folders.data),
            notices=NoticeFolder(folders.data),
            presence=Presence(folders.data / "worker.lock"),
            agreement=NobodyElse(),
            people=PeopleBook(folders.data / "people"),
            ended_sessions=DiskEndedSessions(folders.data / "signed-out", settings.desk.session_life),
            reach=NothingElsewhere(folders.outbox),
            obtain_key=partial(obtain_key, folders.data),
            begin=outbox.open,
            check=partial(check_data, folders.data),
            silence=partial(OSError, errno.EIO, "it does not answer", str(folders.data)),
        )


@in_thread
def check_data(folder: Path) -> None:
    """Write, and do not only ask whether that is allowed: a full disk allows it too. And have the ledger's own key."""
    require_own_key(folder / "ledger")
    write_probe(folder)


def write_probe(folder: Path) -> None:
    """Write a file there, and remove it. Blocks; raises OSError."""
    probe = folder / "writable.probe"
    write_over(probe, secrets.token_bytes(_PROBE_BYTES))
    probe.unlink(missing_ok=True)
