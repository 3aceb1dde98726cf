"""The outbox, as the settings describe it."""

from config.sections import Order
from config.settings import Settings
from worker.storage.layout import Layout
from worker.storage.outbox import DiskOutbox


def outbox_of(settings: Settings, layout: Layout) -> DiskOutbox:
    """Put it together for whoever delivers; nothing is read or created yet."""
    return DiskOutbox(
        settings.folders.outbox,
        layout,
        is_sealed_first=settings.outbox.order is Order.SEALED_FIRST,
        name_approver=settings.outbox.name_approver,
    )
