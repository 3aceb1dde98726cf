"""A prepared batch is looked at before anybody is asked: where the data folder is an older copy, it was sealed since.

Every other state passes through `prepare` or `finalize`, which look for themselves.
"""

from jobs.approve import is_expired
from jobs.lapse import lapse
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.text import Text
from jobs.ports import SessionState, Story, Tools
from jobs.sealed_before import Witnesses, session_state, warn_of_earlier


async def reconcile(batch: BatchId, tools: Tools) -> History:
    """Have a prepared batch prepared anew where outbox or vendor know more of it than the ledger; else idle.

    Raises Conflict, and whatever the vendor's calls raise.
    """
    history = await tools.ledger.read(batch)
    if history.state is not State.PREPARED:
        return history
    why = await find_doubt(history, tools)
    return await give_way(history, why, tools) if why else history


async def give_way(history: History, why: str, tools: Tools) -> History:
    """Void what was prepared, so that it is looked into and prepared anew. Raises Conflict."""
    history = await tools.ledger.append(history, lapse(history, why, tools.now(), is_refusal=False))
    await tools.doorbell.ring(Story.PREPARE, history.batch)
    return history


async def find_doubt(history: History, witnesses: Witnesses) -> str:
    """Say why what was prepared must not be sealed as it is; empty when neither outbox nor vendor know more of it.

    Costs one call to the vendor, and raises whatever that raises.
    """
    if doubt := await find_doubt_in_outbox(history, witnesses):
        return doubt
    if is_expired(history.prepared, witnesses.age):
        return ""
    # The first session stands for all: they are finalized in one call, and closed together.
    match await session_state(history.prepared.documents[0], history, witnesses):
        case SessionState.SEALED:
            return Text("the sessions at eParaksts hold sealed files already")
        case SessionState.GONE:
            return Text("the sessions at eParaksts ended before their time")
        case SessionState.WAITS:
            return ""


async def find_doubt_in_outbox(history: History, witnesses: Witnesses) -> str:
    """Say why what waits for its seal must not be sealed as it is; empty when the outbox knows nothing of it."""
    waiting = tuple(history.documents[item.document] for item in history.prepared.documents)
    return warn_of_earlier(await witnesses.outbox.find_earlier(waiting))
