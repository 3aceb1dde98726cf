"""A seal is enrolled, or enrolled again with a new certificate. Digests that hold the old one are never asked about."""

from contextlib import suppress

from jobs.approve import SEAL_RENEWED, is_superseded, renew
from jobs.model.errors import BrokenLedger, Conflict, SealExpired, UnknownBatch
from jobs.model.lifecycle import TO_PREPARE
from jobs.model.seals import Seal, normalise_label
from jobs.model.text import Text
from jobs.ports import Story, Tools


async def enrol(seal: Seal, tools: Tools) -> None:
    """Keep the seal if it can seal, and wake the batches that waited for it; prepared ones are prepared anew.

    Raises SealExpired and SealRefused, and then the seal that was enrolled before is kept; and the vendor's errors.
    """
    require_not_ended(seal, tools)
    await tools.service.require_accepted(seal)
    await tools.seals.save(seal)
    for batch in await tools.ledger.open_batches():
        try:
            history = await tools.ledger.read(batch)
        except (BrokenLedger, UnknownBatch):
            # It is set apart, and must not keep the others from their seal.
            continue
        if normalise_label(history.gathered.seal) != normalise_label(seal.label):
            continue
        if is_superseded(history, seal):
            # Somebody was faster, with an approval perhaps: that one stands.
            with suppress(Conflict):
                history = await renew(history, tools, SEAL_RENEWED)
        if history.state in TO_PREPARE:
            await tools.doorbell.ring(Story.PREPARE, batch)


def require_not_ended(seal: Seal, tools: Tools) -> None:
    """Raises SealExpired when the seal's certificate has ended."""
    if seal.has_ended(tools.now()):
        ended = f"{seal.expires_at:%Y-%m-%d}"
        raise SealExpired(
            Text(
                "The certificate of the seal {label} ended on {day}. Ask eParaksts for a new one; when it is there, "
                "enrol the seal again.",
                label=normalise_label(seal.label),
                day=ended,
            )
        )
