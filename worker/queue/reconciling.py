"""At the start of a worker: what waits for approval is looked at once, since the data folder may be an older copy."""

import asyncio
from datetime import timedelta

import structlog

from jobs.model.errors import BrokenLedger, Conflict
from jobs.model.names import BatchId
from jobs.ports import Tools
from jobs.reconcile import reconcile

log = structlog.get_logger()

_PAUSE = timedelta(seconds=30)
"""Between two tries, while the vendor cannot be asked."""


async def reconcile_open(tools: Tools, pause: timedelta = _PAUSE) -> None:
    """Look at every open batch until each has been looked at."""
    pending = await tools.ledger.open_batches()
    while pending := tuple([batch for batch in pending if not await _is_reconciled(batch, tools)]):  # noqa: ASYNC110
        await asyncio.sleep(pause.total_seconds())


async def _is_reconciled(batch: BatchId, tools: Tools) -> bool:
    try:
        await reconcile(batch, tools)
    except (Conflict, BrokenLedger):
        # Somebody goes on with it, or nobody can: the sweep tells that.
        return True
    except Exception as error:  # noqa: BLE001  whatever is wrong with one batch, the others are innocent
        log.warning("not reconciled yet", batch=batch, error=error, kind=type(error).__name__)
        return False
    return True
