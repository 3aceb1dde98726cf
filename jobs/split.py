"""A frozen batch that is too large for one authorization is split, before anybody is asked about it.

Its first documents stay, and the others go on as the route's newest batch. The record names its number before it is
made, so whoever continues after a crash makes that very one: no document is ever in two batches, or in none.
"""

from contextlib import suppress

from jobs.approve import renew
from jobs.concurrency import wait_for_all
from jobs.gather import clear_waiting_list
from jobs.model.errors import Conflict, UnknownBatch
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, batch_id, batch_number
from jobs.model.records import Gathered, Lapsed, Prepared, Split
from jobs.model.text import Text
from jobs.model.vendor_limits import SUSPICION, LearnedLimit, LimitKind, even_part, next_figure
from jobs.ports import Story, Tools


async def split(history: History, most: int, tools: Tools) -> History:
    """Keep the first documents in the batch, `most` at most, which is then to be prepared; the rest gets its own.

    Raises Conflict.
    """
    rest = tuple(history.documents)[even_part(len(history.documents), most) :]
    why = Text("eParaksts takes {most} documents at most with one approval", most=most)
    history = await _name_rest(history, rest, why, tools)
    return await open_rest(history, tools)


async def open_rest(history: History, tools: Tools) -> History:
    """Make the batch that a split one has named, unless that was done before; idle in any other state.

    Raises Conflict, and BrokenLedger while nobody can say whose the number is.
    """
    while history.state is State.SPLIT:
        named = history.last(Split)
        # As whoever gathers does: nothing that the newest batch holds may still be waiting.
        await clear_waiting_list(batch_id(history.gathered.route, batch_number(named.rest) - 1), tools)
        with suppress(Conflict):
            await tools.ledger.open(named.rest, _gather_rest(history, named))
        if await _is_rest_of(history, named.rest, tools):
            await tools.doorbell.ring(Story.PREPARE, named.rest)
            await _close_sessions(history, named, tools)
            return await tools.ledger.append(history, Lapsed(at=tools.now(), why=named.why))
        history = await _name_rest(history, named.documents, named.why, tools)
    return history


async def suspect_size(batch: BatchId, summary: str, said: str, tools: Tools) -> bool:
    """Have a batch split for whose digests the platform refused to ask anybody; says whether that was done.

    Nobody can tell from outside whether its size is why, so it is suspected of large ones alone, and the next smaller
    figure is tried. Raises Conflict.
    """
    history = await tools.ledger.read(batch)
    if history.state is not State.PREPARED or history.prepared.summary != summary:
        return False
    most = next_figure(len(history.prepared.documents))
    if most is None:
        return False
    now = tools.now()
    limit = LearnedLimit(kind=LimitKind.CONSENT, most=most, learned_at=now, said=said, until=now + SUSPICION)
    await tools.limits.learn(limit)
    await renew(history, tools, Text("eParaksts did not ask for a consent to so many documents at once"))
    await tools.doorbell.ring(Story.PREPARE, batch)
    return True


async def _close_sessions(history: History, named: Split, tools: Tools) -> None:
    """Let the vendor forget the documents that go on elsewhere: they get sessions of their own there."""
    items, going = history.prepared.documents if history.has(Prepared) else (), frozenset(named.documents)
    await wait_for_all(tools.service.close(item.session) for item in items if item.document in going)


async def _name_rest(history: History, rest: tuple[DocumentId, ...], why: str, tools: Tools) -> History:
    route = history.gathered.route
    number = await tools.ledger.latest(route) + 1
    return await tools.ledger.append(
        history, Split(at=tools.now(), why=why, rest=batch_id(route, number), documents=rest)
    )


def _gather_rest(history: History, named: Split) -> Gathered:
    going = frozenset(named.documents)
    documents = tuple(document for document in history.gathered.documents if document.id in going)
    return history.gathered.model_copy(update={"at": named.at, "documents": documents, "split_from": history.batch})


async def _is_rest_of(history: History, batch: BatchId, tools: Tools) -> bool:
    """Whether the batch of that number is ours; what a repair has set aside, it has settled, too."""
    try:
        return (await tools.ledger.read(batch)).gathered.split_from == history.batch
    except UnknownBatch:
        return True
