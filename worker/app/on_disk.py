"""What lies in the configured folders, put together without starting anything: enough for `zimogs status`."""

from collections.abc import Callable
from dataclasses import dataclass

from config.settings import Settings
from jobs.model.history import History
from worker.clock import utc_now
from worker.storage.checkpoints import Checkpoints
from worker.storage.freezes import FreezeBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.ledger_key import CHECKPOINTS
from worker.storage.presence import Presence
from worker.storage.quarantine import DiskQuarantine
from worker.storage.seals import SealBook
from worker.storage.shelf import DiskShelf
from worker.storage.standstills import StandstillBook
from worker.storage.untaken import UntakenList
from worker.storage.vendor_limits import LimitBook


def vendor_limits(settings: Settings) -> LimitBook:
    """What was learned of the vendor that the settings name."""
    return LimitBook(settings.folders.data / "vendor-limits", settings.eparaksts.platform_url)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What lies below the folders of the settings: ledger, shelf, quarantine, seals, and what holds things up."""

    layout: Layout
    ledger: DiskLedger
    index: BatchIndex
    checkpoints: Checkpoints
    shelf: DiskShelf
    quarantine: DiskQuarantine
    seals: SealBook
    untaken: UntakenList
    standstills: StandstillBook
    freezes: FreezeBook
    limits: LimitBook
    presence: Presence

    @classmethod
    def of(cls, settings: Settings, observe: Callable[[History], None] = lambda _: None) -> "OnDisk":
        """Put them together; nothing is read or created yet. `observe` is told of every record that is written."""
        folders, house = settings.folders, settings.house
        layout = Layout(folders.data)
        return cls(
            layout=layout,
            ledger=DiskLedger(folders.data / "ledger", observe),
            index=BatchIndex(folders.data, settings.house.zone),
            checkpoints=Checkpoints(folders.data / CHECKPOINTS),
            shelf=DiskShelf(layout, keep_originals=settings.inbox.keep_originals),
            quarantine=DiskQuarantine(
                folders.quarantine, layout, now=utc_now, language=house.language, zone=house.zone
            ),
            seals=SealBook(folders.data / "seals"),
            untaken=UntakenList(folders.data),
            standstills=StandstillBook(folders.data / "standstills"),
            freezes=FreezeBook(folders.data / "freezes"),
            limits=vendor_limits(settings),
            presence=Presence(folders.data / "worker.lock"),
        )
