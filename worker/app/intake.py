"""The way in for new documents, put together."""

from collections.abc import Awaitable, Callable, Iterable

from config.sections import Names
from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.records import Refusal
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.inbox.candidates import Inbox
from worker.inbox.claims import Claims
from worker.inbox.intake import Intake, Observe
from worker.inbox.judgement import Judge
from worker.inbox.reception import Reception
from worker.storage.explanation import NotQuarantined
from worker.storage.resent import Resending, SealedAlready


def intake_of(settings: Settings, disk: OnDisk, *, limit: Callable[[], int | None], observe: Observe) -> Intake:
    """Put it together; `limit` tells the largest file that the vendor takes, `observe` hears outcomes."""
    folders = settings.folders
    apart = (folders.outbox, folders.quarantine, folders.data)
    profiles = {name: route.profile for name, route in settings.routes.items()}
    strict = [name for name, route in settings.routes.items() if route.names is Names.REFUSE]
    inbox = Inbox(folders.inbox, profiles, settings.inbox.settle, apart)
    most = (settings.inbox.max_files, settings.inbox.max_bytes)
    judge = Judge(profiles, limit=limit, most=most, strict=strict, find_checkpoint=disk.checkpoints.find_digest)
    claims = Claims(inbox, disk.layout, judge, now=utc_now)
    reception = Reception(claims, disk.shelf, disk.quarantine, judge, now=utc_now)
    return Intake(inbox, reception, disk.untaken, observe=observe)


async def take_in_order(steps: Iterable[Awaitable[Document | Refusal]]) -> list[Resending]:
    """Take every step; one that fails keeps no other from being taken, and nobody hands a document in twice for it."""
    outcomes: list[Resending] = []
    for step in steps:
        try:
            outcomes.append(await step)
        except (OSError, NotQuarantined, SealedAlready) as error:
            outcomes.append(error)
    return outcomes
