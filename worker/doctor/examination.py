import asyncio
from pathlib import Path

from config.settings import Settings
from jobs.ports import SealingService
from worker.app.on_disk import OnDisk
from worker.app.vendor import client_of
from worker.clock import AgeByStopwatch, monotonic, utc_now
from worker.doctor.agreement import examine_agreement
from worker.doctor.certificates import examine_anchors, examine_practice, examine_seals
from worker.doctor.copies import examine_copies
from worker.doctor.finding import Finding, Severity, caution, fine
from worker.doctor.folders import examine_folders
from worker.doctor.limits import examine_limits
from worker.doctor.places import examine_places
from worker.doctor.policy import examine_policy
from worker.doctor.protection import examine_protection
from worker.doctor.queue import examine_queue
from worker.doctor.restoration import DiskWitnesses, examine_restoration
from worker.doctor.services import examine_clock, examine_redis, examine_vendor
from worker.doctor.storage import examine_storage
from worker.storage.outbox import DiskOutbox


async def examine(config: Path, settings: Settings, *, after_restore: bool = False) -> list[Finding]:
    """Look at everything, in the order in which a fault would show itself. Never raises for what it finds.

    `settings` were read from `config`.
    """
    disk, now = OnDisk.of(settings), utc_now()
    findings = [fine("settings", f"routes: {', '.join(settings.routes)}"), *examine_folders(settings.folders)]
    findings += (storage := await examine_storage(settings, disk.begin))
    is_readable = all(one.severity is not Severity.FAULT for one in storage)
    if is_readable:
        findings += await examine_agreement(disk.agreement)
    findings += examine_copies(settings.audit.copy_to)
    findings += examine_protection(config, settings)
    findings += await examine_redis(None if settings.redis.url is None else str(settings.redis.url))
    if settings.queue.enabled:
        findings += await examine_queue(settings)
    findings += await examine_places(settings)
    async with client_of(settings, disk.shelf.place, limits=disk.limits) as client:
        # At the same time: one that does not answer takes the patience of both.
        findings += await asyncio.gather(
            examine_clock(settings.eparaksts.platform_url), examine_vendor(client.service.file_max_length())
        )
        if after_restore:
            findings += await _examine_restoration(settings, disk, client.service)
    findings += examine_practice(settings)
    findings += examine_anchors(settings.trust.anchors, now)
    if is_readable:
        findings += examine_limits(await disk.limits.known())
        findings += await examine_seals(settings, disk.seals, now)
        findings += examine_policy(settings, await disk.freezes.all(), now)
    return findings


async def _examine_restoration(settings: Settings, disk: OnDisk, service: SealingService) -> list[Finding]:
    if not isinstance(disk.outbox, DiskOutbox):
        advice = "Restore the whole bucket to one moment, outbox included: then all of it tells the same."
        return [caution("restored bucket", f"{settings.storage.url} is not compared with older copies", advice)]
    witnesses = DiskWitnesses(disk.outbox, service, AgeByStopwatch(utc_now, monotonic))
    return await examine_restoration(disk.ledger, witnesses, disk.layout)
