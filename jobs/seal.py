"""The approved digests become verified signature values: one code, one exchange, one signature call.

Everything here can be done once only. If any of it fails, nothing is sealed yet: the consent lapses, the batch
is prepared again and the person is asked again. So it does, before anything is spent, when the seal was enrolled
again with another certificate since, or its certificate has ended, or sealing is frozen.
"""

import asyncio

from jobs.approve import FROZEN, renew, require_approver, void_reason
from jobs.lapse import lapse
from jobs.model.errors import ConsentRefused, ConsentVoid, NotEnrolled, Permanent, SealingError, WrongClock
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Record, Signed, SignedDocument, Signing
from jobs.model.seals import Authorization
from jobs.model.text import Text
from jobs.ports import Story, Tools
from jobs.reconcile import find_doubt_in_outbox, give_way
from jobs.right_clock import require_right_clock


async def seal(authorization: Authorization, tools: Tools) -> History:
    """Use the authorization for its batch; idle unless the batch waits for exactly this consent.

    Raises Conflict, and NotApprovable for somebody who may not approve it (any more). The vendor's errors do not
    leave here: they become a Lapsed record.
    """
    history = await tools.ledger.read(authorization.batch)
    if history.state is not State.PREPARED or history.prepared.summary != authorization.summary:
        return history
    name, now = history.gathered.route, tools.now()
    # Whether that is frozen is looked at last, and voids the consent instead.
    require_approver(authorization.approver, history, tools.routes.get(name), now=now, freeze=None)
    if doubt := await find_doubt_in_outbox(history, tools):
        return await give_way(history, doubt, tools)
    why = await _void_reason(history, tools)
    # The last thing that is looked at: nothing lies between this and the record after which nobody can stop it.
    if await tools.freezes.find(name) is not None:
        why = FROZEN
    if why is not None:
        history = await renew(history, tools, why)
        await tools.doorbell.ring(Story.PREPARE, history.batch)
        return history
    intent = Signing(at=tools.now(), approver=authorization.approver, attempt=history.count(Signing) + 1)
    history = await tools.ledger.append(history, intent)
    # Shielded: a worker asked to stop must not throw away values that a person's consent was spent on.
    return await asyncio.shield(_sign_and_record(authorization, history, tools))


async def _void_reason(history: History, tools: Tools) -> str | None:
    """Why the consent cannot be used now, before anything of it is spent; None where it can."""
    try:
        await require_right_clock(tools)
        return void_reason(history, await tools.seals.find(history.gathered.seal), tools.now())
    except NotEnrolled:
        # Nothing says that the certificate that was asked about is not the one to use.
        return None
    except WrongClock as error:
        return str(error)


async def _sign_and_record(authorization: Authorization, history: History, tools: Tools) -> History:
    prepared = history.prepared
    record: Record
    try:
        values = await tools.service.sign(prepared, authorization)
        digests = [item.digest for item in prepared.documents]
        verified = await tools.verifier.verify_values(prepared.seal, tuple(zip(digests, values, strict=True)))
    except ConsentRefused as error:
        record, follower = lapse(history, str(error), tools.now(), is_refusal=False), Story.PREPARE
    except SealingError as error:
        is_refusal = isinstance(error, Permanent) and not isinstance(error, ConsentVoid)
        why = Text("the signature call failed: {error}", error=error)
        record, follower = lapse(history, why, tools.now(), is_refusal=is_refusal), Story.PREPARE
    else:
        pairs = zip(prepared.documents, verified, strict=True)
        signed = tuple(SignedDocument(document=item.document, value=value) for item, value in pairs)
        record, follower = Signed(at=tools.now(), values=signed), Story.DELIVER
    history = await tools.ledger.append(history, record)
    await tools.doorbell.ring(follower, history.batch)
    return history
