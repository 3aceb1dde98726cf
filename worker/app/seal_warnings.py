"""Whoever reads the log hears of a seal that ends soon, every day, in time to order its new certificate."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from jobs.model.seals import RENEW_WITHIN, Seal
from jobs.ports import Seals
from worker.clock import utc_now

log = structlog.get_logger()

_DAILY = timedelta(days=1)
_ADVICE = "Ask eParaksts for the new certificate; when it is there, press “Enrol again” on the desk."


async def warn_daily(seals: Seals) -> None:
    """Look once a day until cancelled."""
    while True:
        warn_of_ends(await seals.all(), utc_now())
        await asyncio.sleep(_DAILY.total_seconds())


def warn_of_ends(seals: Iterable[Seal], now: datetime) -> None:
    """Write a line for each seal whose certificate has ended or ends within a month."""
    for seal in seals:
        if seal.expires_at is not None and seal.ends_within(RENEW_WITHIN, now):
            event = "seal has ended" if seal.has_ended(now) else "seal ends soon"
            days = max(0, (seal.expires_at - now).days)
            log.warning(event, seal=seal.label, ends_at=seal.expires_at.isoformat(), days=days, advice=_ADVICE)
