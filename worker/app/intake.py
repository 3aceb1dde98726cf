"""The way in for new documents, put together."""

from collections.abc import Callable

from config.sections import Names
from config.settings import Settings
from jobs.model.metadata import MetadataUse
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.inbox.candidates import Inbox
from worker.inbox.claims import Claims
from worker.inbox.companions import SidecarRule
from worker.inbox.intake import Intake, Observe
from worker.inbox.judgement import Judge
from worker.inbox.reception import Reception


def intake_of(settings: Settings, disk: OnDisk, *, limit: Callable[[], int | None], observe: Observe) -> Intake:
    """Put it together; `limit` tells the largest file that the vendor takes, `observe` hears outcomes."""
    folders = settings.folders
    apart = (folders.outbox, folders.quarantine, folders.data)
    profiles = {name: route.profile for name, route in settings.routes.items()}
    strict = [name for name, route in settings.routes.items() if route.names is Names.REFUSE]
    rules = {name: SidecarRule(route.metadata, route.metadata_wait) for name, route in settings.routes.items()}
    documented = [name for name, route in settings.routes.items() if route.metadata is MetadataUse.REQUIRED]
    inbox = Inbox(folders.inbox, profiles, settings.inbox.settle, apart, rules)
    most = (settings.inbox.max_files, settings.inbox.max_bytes)
    judge = Judge(
        profiles,
        limit=limit,
        most=most,
        strict=strict,
        documented=documented,
        find_checkpoint=disk.checkpoints.find_digest,
    )
    claims = Claims(inbox, disk.layout, judge, now=utc_now)
    reception = Reception(claims, disk.shelf, disk.quarantine, judge, now=utc_now)
    return Intake(inbox, reception, disk.untaken, observe=observe)
