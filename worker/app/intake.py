"""The way in for new documents, put together."""

from collections.abc import Awaitable, Callable, Iterable

from config.routes import Names
from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.metadata import MetadataUse
from jobs.model.records import Refusal
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.inbox.candidates import Inbox
from worker.inbox.claims import Claims
from worker.inbox.duplicates import DuplicateCheck
from worker.inbox.inspector import Inspector
from worker.inbox.intake import Intake, Observe
from worker.inbox.judgement import Judge
from worker.inbox.reception import Reception
from worker.inbox.sidecars import SidecarRule
from worker.storage.explanation import NotQuarantined
from worker.storage.resent import Resending, SealedAlready


def intake_of(
    settings: Settings,
    disk: OnDisk,
    *,
    limit: Callable[[], int | None],
    observe: Observe,
    inspectors: tuple[Inspector, Inspector] | None = None,
) -> Intake:
    """Put it together; `limit` tells the largest file that the vendor takes, `observe` hears outcomes.

    It starts `inspectors` of its own unless it shares those of others.
    """
    folders = settings.folders
    apart = (folders.outbox, folders.quarantine, folders.data)
    profiles = {name: route.profile for name, route in settings.routes.items()}
    strict = [name for name, route in settings.routes.items() if route.names is Names.REFUSE]
    sidecars = {name: SidecarRule(route.metadata, route.metadata_wait) for name, route in settings.routes.items()}
    documented = [name for name, route in settings.routes.items() if route.metadata is MetadataUse.REQUIRED]
    inbox = Inbox(folders.inbox, profiles, settings.inbox.settle, apart, sidecars)
    most = (settings.inbox.max_files, settings.inbox.max_bytes)
    judge = Judge(
        profiles,
        limit=limit,
        most=most,
        strict=strict,
        documented=documented,
        find_checkpoint=disk.checkpoints.find_digest,
        inspectors=inspectors,
    )
    claims = Claims(inbox, disk.layout, judge, now=utc_now, keep=disk.reach.keep, adopt=disk.reach.adopt)
    rules = {name: route.duplicates for name, route in settings.routes.items()}
    compared = {name: rule for name, rule in rules.items() if rule is not Duplicates.SEAL}
    reception = Reception(claims, disk.shelf, disk.quarantine, judge, now=utc_now, compared=compared)
    duplicates = DuplicateCheck(
        compared,
        profiles,
        disk.layout,
        disk.shelf,
        outbox=disk.outbox,
        quarantine=disk.quarantine,
        book=disk.duplicates,
    )
    return Intake(inbox, reception, disk.untaken, observe=observe, duplicates=duplicates if compared else None)


async def take_in_order(steps: Iterable[Awaitable[Document | Refusal | Duplicate]]) -> list[Resending]:
    """Take every step; one that fails keeps no other from being taken, and nobody hands a document in twice for it."""
    outcomes: list[Resending] = []
    for step in steps:
        try:
            outcomes.append(await step)
        except (OSError, NotQuarantined, SealedAlready) as error:
            outcomes.append(error)
    return outcomes
