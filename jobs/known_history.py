"""What is known of a batch, also where its records are damaged."""

from jobs.model.errors import BrokenLedger, LostKey, NewerFormat, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId
from jobs.ports import Ledger


async def read_known(batch: BatchId, ledger: Ledger) -> History | None:
    """The batch, as far as its records are sound; None where there is none. Raises NewerFormat and LostKey."""
    try:
        return await ledger.read(batch)
    except UnknownBatch:
        return None
    except (NewerFormat, LostKey):
        # Nothing is known to be damaged.
        raise
    except BrokenLedger:
        damage = await ledger.find_damage(batch)
        return damage.sound if damage else None
