"""Four eyes: somebody looks at a frozen batch and lets it go on to whoever approves it, who is somebody else."""

from jobs.model.errors import NotApprovable
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode
from jobs.model.records import Released
from jobs.model.roles import Action, actions_of
from jobs.model.text import Text
from jobs.ports import Story, Tools
from jobs.prompts import next_action


async def release(batch: BatchId, by: PersonalCode, tools: Tools) -> History:
    """Release the batch; its digests are then made fresh, and the approvers are asked.

    It counts for these documents, which are frozen, however often digests are made. Raises NotApprovable unless the
    batch waits for that and the person may, and Conflict.
    """
    history = await tools.ledger.read(batch)
    name = history.gathered.route
    route = tools.routes.get(name)
    if route is None or Action.RELEASE not in actions_of(by, route):
        raise NotApprovable(Text("You are not on the list of releasers of route {route}.", route=name))
    if next_action(history, route) is not Action.RELEASE:
        raise NotApprovable(Text("Batch {batch} does not wait for a release.", batch=batch))
    if freeze := await tools.freezes.find(name):
        raise NotApprovable(freeze.sentence)
    history = await tools.ledger.append(history, Released(at=tools.now(), releaser=by))
    await tools.doorbell.ring(Story.PREPARE, batch)
    return history
