import asyncio
from pathlib import Path

from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.app.vendor import client_of
from worker.clock import AgeByStopwatch, monotonic, utc_now
from worker.doctor.certificates import examine_anchors, examine_practice, examine_seals
from worker.doctor.finding import Finding, fine
from worker.doctor.folders import examine_folders
from worker.doctor.policy import examine_policy
from worker.doctor.protection import examine_protection
from worker.doctor.queue import examine_queue
from worker.doctor.restoration import DiskWitnesses, examine_restoration
from worker.doctor.services import examine_clock, examine_redis, examine_vendor
from worker.storage.outbox import DiskOutbox


async def examine(config: Path, settings: Settings, *, after_restore: bool = False) -> list[Finding]:
    """Look at everything, in the order in which a fault would show itself. Never raises for what it finds.

    `settings` were read from `config`.
    """
    disk, now = OnDisk.of(settings), utc_now()
    findings = [fine("settings", f"routes: {', '.join(settings.routes)}"), *examine_folders(settings.folders)]
    findings += examine_protection(config, settings)
    findings += await examine_redis(None if settings.redis.url is None else str(settings.redis.url))
    if settings.queue.enabled:
        findings += await examine_queue(settings)
    async with client_of(settings, disk.shelf.place) as client:
        # At the same time: one that does not answer takes the patience of both.
        findings += await asyncio.gather(
            examine_clock(settings.eparaksts.platform_url), examine_vendor(client.service.file_max_length())
        )
        if after_restore:
            outbox = DiskOutbox(settings.folders.outbox, disk.layout)
            findings += await examine_restoration(
                disk.ledger, DiskWitnesses(outbox, client.service, AgeByStopwatch(utc_now, monotonic)), disk.layout
            )
    findings += examine_practice(settings)
    findings += examine_anchors(settings.trust.anchors, now)
    findings += await examine_seals(settings, disk.seals, now)
    findings += examine_policy(settings, await disk.freezes.all(), now)
    return findings
