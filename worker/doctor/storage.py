"""Whether the bucket that machines share answers, lets us write, and keeps to the conditions of our writes."""

import asyncio
from collections.abc import Callable

from config.settings import Settings
from worker.doctor.finding import Finding, caution, fault, fine
from worker.objects.failures import StorageAway


async def examine_storage(settings: Settings, begin: Callable[[], object]) -> list[Finding]:
    """Try it as each start does; nothing where everything stands in folders."""
    if not settings.storage.is_in_bucket:
        return []
    where = f"s3://{settings.storage.bucket}/{settings.storage.prefix}"
    try:
        await asyncio.to_thread(begin)
    except OSError as error:
        advice = "Check storage.url, its keys and rights (list, get, put, delete), and that the bucket is there."
        why = error.why if isinstance(error, StorageAway) else error.strerror or error
        return [fault("storage", f"{where}: {why}", advice)]
    findings = [fine("storage", f"{where} answers, and keeps to the conditions of our writes")]
    if settings.redis.url is None:
        words = "none is set, so this machine keeps an embedded Valkey that no other machine reaches"
        advice = "It works, and slower: others are rung for by the sweep alone. Set redis.url on every machine."
        findings.append(caution("shared redis", words, advice))
    return findings
