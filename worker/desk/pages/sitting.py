"""Approving all that waits, in one sitting: look, begin, be asked batch after batch, see what became of it."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import SecretStr

from jobs.model.errors import BrokenLedger, NotApprovable, UnknownBatch
from jobs.model.names import BatchId, is_batch_id
from jobs.model.remarks import EXPLANATION, Remark
from jobs.model.roles import Action
from jobs.model.standstill import foresee_standstills
from jobs.model.text import Text
from jobs.right_clock import require_right_clock
from worker.desk.asking import ask_for_consent
from worker.desk.batch_lines import BatchLine, Circumstances, read_lines
from worker.desk.dialogs import Approving
from worker.desk.errors import Refused
from worker.desk.pages.approval import CHANGED, use_consent
from worker.desk.permissions import require_person, require_route
from worker.desk.ports import DESK
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION
from worker.desk.sitting import MOST_BATCHES, Plan, Planned, Sitting, Skip, Step, appearance
from worker.desk.sitting_steps import find_next, find_sitting, note
from worker.desk.sums import Sum, Totals

LOOK_AGAIN = 2
"""Seconds until the page looks for fresh digests again."""
WATCH_AGAIN = 10
"""Seconds until a page without scripts shows moving batches anew."""

NOTHING_CHOSEN = Text("No batch was chosen, so there is nothing to approve.")
SKIPPED: dict[Skip, Text] = {
    Skip.LEFT_OUT: Text("You left it out."),
    Skip.STOPPED: Text("You stopped before you were asked about it."),
    Skip.MOVED_ON: Text("It did not wait for an approval any more: somebody else, or the worker, was faster."),
    Skip.LAPSED: Text("It stopped meanwhile, and its page says why."),
    Skip.CHANGED: CHANGED,
    Skip.RENEWED: Text("Its digests were renewed while you were asked about the old ones. Nothing of it was sealed."),
    Skip.FROZEN: Text("Sealing was frozen while you were asked about it. Nothing of it was sealed."),
    Skip.NOT_ALLOWED: Text("You may not approve it now."),
    Skip.DAMAGED: Text("Its records are damaged. Somebody has to look at it."),
}
"""Why a batch was passed over, for the person."""


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """One batch that may be chosen; `value` is what the form says of it, with what the person sees of it now."""

    line: BatchLine
    value: str
    caution: str
    remarks: tuple[tuple[str, int], ...]
    """What a person should know of its documents, and of how many each is true."""
    sums: tuple[Sum, ...]
    put_aside: int

    @classmethod
    def of(cls, line: BatchLine) -> "BatchChoice":
        """The choice of a batch that awaits an approval."""
        assert line.history is not None  # noqa: S101  it awaits an approval
        history, prepared = line.history, line.history.prepared
        documents = [history.documents[each.document] for each in prepared.documents]
        counted = {remark: sum(remark in document.remarks for document in documents) for remark in Remark}
        return cls(
            line=line,
            value=f"{history.batch} {appearance(history)}",
            caution=prepared.caution,
            remarks=tuple((EXPLANATION[remark], count) for remark, count in counted.items() if count),
            sums=Totals.of(document.metadata for document in documents).sums,
            put_aside=len(prepared.refused),
        )


async def preview(request: web.Request) -> web.Response:
    """Show everything that waits for this person's approval, oldest first, with what they should know of each."""
    seen = await Circumstances.read(request)
    open_batches = await request.app[DESK].tools.ledger.open_batches()
    awaiting = [line for line in await read_lines(request, open_batches, seen) if line.awaits_approval]
    awaiting.sort(key=lambda line: line.history.gathered.at if line.history else seen.now)
    choices = [BatchChoice.of(line) for line in awaiting[:MOST_BATCHES]]
    return render_page(request, "approve_all.html", choices=choices, left=len(awaiting) - len(choices))


async def begin(request: web.Request) -> web.Response:
    """Begin a sitting with the batches that were chosen. Raises NotSignedIn."""
    person, desk, session = require_person(request), request.app[DESK], request[SESSION]
    values = [str(value).partition(" ") for value in (await request.post()).getall("batch", [])]
    planned = {batch: Planned(batch=BatchId(batch), appearance=look) for batch, _, look in values if is_batch_id(batch)}
    if not planned or session.id is None:
        session.flash(NOTHING_CHOSEN)
        return redirect("/approve-all")
    chosen = tuple(planned.values())[:MOST_BATCHES]
    await desk.sittings.begin(session.id, Plan(person=person.code, began_at=desk.tools.now(), batches=chosen))
    return redirect("/sitting/next")


async def go_on(request: web.Request) -> web.Response:
    """Go to the platform for the next batch; wait for its digests where no other is ready; at the end, tell of all.

    Each press of a button, and each consent, leads there once: whoever was asked and did not answer decides anew.
    """
    sitting, desk, person = await find_sitting(request), request.app[DESK], require_person(request)
    if sitting is None or sitting.open is not None or sitting.is_over:
        return redirect("/sitting")
    await require_right_clock(desk.tools)
    following = await find_next(request, sitting)
    if (history := following.ready) is not None:
        route = require_route(request, history.gathered.route, Action.APPROVE)
        leaving = await ask_for_consent(request, history, route, person.code, in_sitting=True)
        await note(request, history.batch, Step.ASKED)
        return leaving
    if (history := following.awaited) is None:
        return redirect("/sitting")
    return render_page(
        request,
        "sitting_waits.html",
        batch=history.batch,
        standing=foresee_standstills(await desk.standstills(), history.batch, history.gathered.route),
        approved=len(sitting.batches_at(Step.APPROVED)),
        count=len(sitting.plan.batches),
        now=desk.tools.now(),
        refresh=LOOK_AGAIN,
    )


async def show(request: web.Request) -> web.Response:
    """Show how far the sitting is: what was approved and how that goes on, what was passed over and why."""
    sitting = await find_sitting(request)
    if sitting is None:
        return redirect("/")
    # A route that is not this person's any more shows nothing of its batches.
    batches = [planned.batch for planned in sitting.plan.batches]
    read = await read_lines(request, batches, await Circumstances.read(request))
    lines = {line.batch: line for line in read}
    approved = [(batch, lines.get(batch)) for batch, _ in sitting.batches_at(Step.APPROVED)]
    is_moving = any(line.status.is_moving for _, line in approved if line)
    return render_page(
        request,
        "sitting.html",
        sitting=sitting,
        approved=approved,
        skipped=[
            (batch, lines.get(batch), SKIPPED[progress.why or Skip.LEFT_OUT], progress.detail)
            for batch, progress in sitting.batches_at(Step.SKIPPED)
        ],
        asked=sitting.open,
        declined=sitting.batches_at(Step.DECLINED),
        documents=sum(len(line.history.documents) for _, line in approved if line and line.history),
        refresh=WATCH_AGAIN if is_moving and sitting.is_over else None,
    )


async def resume(request: web.Request) -> web.Response:
    """Go on with a sitting; where a person was asked and did not consent, they are asked again."""
    sitting, session = await find_sitting(request), request[SESSION].id
    if sitting is not None and session is not None and sitting.open is not None:
        await request.app[DESK].sittings.forget(session, sitting.open)
    return redirect("/sitting/next")


async def leave_out(request: web.Request) -> web.Response:
    """Pass over one batch, and go on."""
    sitting = await find_sitting(request)
    batch = str((await request.post()).get("batch", ""))
    if sitting is not None and batch in _list_open(sitting):
        await note(request, BatchId(batch), Step.SKIPPED, why=Skip.LEFT_OUT)
    return redirect("/sitting/next")


async def stop(request: web.Request) -> web.Response:
    """End the sitting: what was approved goes on, and the rest waits as before."""
    sitting = await find_sitting(request)
    for batch in _list_open(sitting) if sitting else ():
        await note(request, batch, Step.SKIPPED, why=Skip.STOPPED)
    return redirect("/sitting")


async def complete_approval_in_sitting(request: web.Request, dialog: Approving, code: SecretStr) -> web.Response:
    """The callback of an approval in a sitting: queue the sealing, and go straight on to the next batch."""
    try:
        unused = await use_consent(request, dialog, code)
        if unused is None:
            await note(request, dialog.batch, Step.APPROVED, summary=dialog.summary)
        else:
            await note(request, dialog.batch, Step.SKIPPED, why=Skip(unused))
    except Refused:
        await note(request, dialog.batch, Step.SKIPPED, why=Skip.NOT_ALLOWED)
    except (NotApprovable, UnknownBatch):
        await note(request, dialog.batch, Step.SKIPPED, why=Skip.MOVED_ON)
    except BrokenLedger:
        await note(request, dialog.batch, Step.SKIPPED, why=Skip.DAMAGED)
    return redirect("/sitting/next")


async def pause(request: web.Request, dialog: Approving, error: str) -> web.Response:
    """The callback without a consent: nothing of that batch is sealed, and the person decides how to go on."""
    await note(request, dialog.batch, Step.DECLINED, detail=error)
    return redirect("/sitting")


def _list_open(sitting: Sitting) -> tuple[BatchId, ...]:
    """The batches with which the sitting is not done."""
    final = {batch for batch, progress in sitting.progress.items() if progress.is_final}
    return tuple(planned.batch for planned in sitting.plan.batches if planned.batch not in final)
