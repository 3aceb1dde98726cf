"""When a batch is not asked for again by itself: nobody shall be asked for the same thing in vain, over and over."""

from datetime import datetime

from jobs.model.errors import NotApprovable
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode
from jobs.model.records import Lapsed, Signing, Split
from jobs.model.text import Text
from jobs.ports import Story, Tools

MOST_APPROVALS = 3
"""Approvals in a row that may come to nothing before a batch waits until a person wants to try again."""


def lapse(history: History, why: str, now: datetime, *, is_refusal: bool, is_doubtful: bool = False) -> Lapsed:
    """The record of a consent that came to nothing.

    Stopped where the vendor refused for good, or too many came to nothing before: then only a person, or a renewed
    seal, lets it be asked for again.
    """
    # How often a person approved since the batch was gathered, since it was made smaller, or since somebody asked to
    # try again.
    in_vain = 0
    for record in reversed(history.records):
        if isinstance(record, Split) or (isinstance(record, Lapsed) and record.by is not None):
            break
        in_vain += isinstance(record, Signing)
    if is_refusal or in_vain < MOST_APPROVALS:
        return Lapsed(at=now, why=why, is_stopped=is_refusal, is_doubtful=is_doubtful)
    why = Text.counted(
        "{count} approval came to nothing, because {why}",
        "{count} approvals came to nothing, the last one because {why}",
        in_vain,
        why=why,
    )
    return Lapsed(at=now, why=why, is_stopped=True, is_doubtful=is_doubtful)


async def ask_again(batch: BatchId, by: PersonalCode, tools: Tools) -> History:
    """Let a stopped batch be prepared and asked for once more, because a person wants it.

    Raises NotApprovable unless it has stopped, and Conflict.
    """
    history = await tools.ledger.read(batch)
    if not history.is_stopped:
        raise NotApprovable(Text("Batch {batch} goes on by itself.", batch=batch))
    history = await tools.ledger.append(history, Lapsed(at=tools.now(), why=Text("a person asked to try again"), by=by))
    await tools.doorbell.ring(Story.PREPARE, batch)
    return history


async def has_renewed_seal(glance: Glance, tools: Tools) -> bool:
    """Say whether the batch's seal was enrolled with another certificate since it was prepared. Raises NotEnrolled."""
    return (await tools.seals.find(glance.seal)).certificate != glance.prepared.certificate
