"""What lies in the configured folders, put together without starting anything: enough for `zimogs status`."""

from collections.abc import Callable
from dataclasses import dataclass

from config.settings import Settings
from jobs.model.history import History
from worker.clock import utc_now
from worker.inbox.intake import Intake, Observe
from worker.inbox.reception import Reception
from worker.inbox.scanning import Inbox
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.quarantine import DiskQuarantine
from worker.storage.seals import SealBook
from worker.storage.shelf import DiskShelf


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Ledger, shelf, quarantine and enrolled seals below the folders of the settings."""

    layout: Layout
    ledger: DiskLedger
    shelf: DiskShelf
    quarantine: DiskQuarantine
    seals: SealBook

    @classmethod
    def of(cls, settings: Settings, observe: Callable[[History], None] = lambda _: None) -> "OnDisk":
        """Put them together; nothing is read or created yet. `observe` is told of every record that is written."""
        folders = settings.folders
        layout = Layout(folders.data)
        return cls(
            layout=layout,
            ledger=DiskLedger(folders.data / "ledger", observe),
            shelf=DiskShelf(layout, keep_originals=settings.inbox.keep_originals),
            quarantine=DiskQuarantine(folders.quarantine, layout, now=utc_now),
            seals=SealBook(folders.data / "seals"),
        )

    def intake(self, settings: Settings, *, limit: Callable[[], int | None], observe: Observe) -> Intake:
        """The way in for new documents; `limit` tells the largest file the vendor takes, `observe` hears outcomes."""
        folders = settings.folders
        apart = (folders.outbox, folders.quarantine, folders.data)
        profiles = {name: route.profile for name, route in settings.routes.items()}
        inbox = Inbox(folders.inbox, profiles, settings.inbox.settle, apart)
        reception = Reception(self.shelf, self.quarantine, profiles, limit=limit, now=utc_now)
        return Intake(inbox, reception, observe=observe)
