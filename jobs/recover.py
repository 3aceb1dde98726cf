"""A batch is continued from whatever its last record is. This is also how every lost ring of the doorbell heals."""

from jobs.approve import is_expired
from jobs.deliver import deliver
from jobs.lapse import lapse
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId
from jobs.model.records import Lapsed
from jobs.model.text import Text
from jobs.ports import Age, Story, Tools
from jobs.prepare import prepare


def next_story(glance: Glance, age: Age) -> Story | None:
    """Say which story an idle, open batch needs next; None while it waits for a person."""
    match glance.state:
        case State.LAPSED if glance.is_stopped:
            return None
        case state if state in TO_PREPARE:
            return Story.PREPARE
        case (
            State.SIGNED
            | State.FINALIZING
            | State.SEALED
            | State.ARCHIVING
            | State.ARCHIVED
            | State.DELIVERED
            | State.ABANDONED
        ):
            return Story.DELIVER
        case State.SIGNING:
            return Story.RECOVER
        case State.PREPARED if is_expired(glance.prepared, age):
            return Story.RECOVER
        case _:
            return None


async def recover(batch: BatchId, tools: Tools) -> History:
    """Continue the batch. The caller holds its lease, so whoever worked on it before is gone.

    Found in `signing`: the answer was lost with the worker. Nothing is sealed by a lost signature value, so the
    consent lapses and the person is asked again. Raises what the stories raise.
    """
    history = await tools.ledger.read(batch)
    if history.state is State.SIGNING:
        record = lapse(history, Text("the worker stopped while signing"), tools.now(), is_refusal=False)
        history = await tools.ledger.append(history, record)
    elif history.state is State.PREPARED and is_expired(history.prepared, tools.age):
        history = await tools.ledger.append(history, Lapsed(at=tools.now(), why=Text("nobody approved in time")))
    match next_story(history.glance, tools.age):
        case Story.PREPARE:
            return await prepare(batch, tools)
        case Story.DELIVER:
            return await deliver(batch, tools)
        case _:
            return history
