"""One batch: its documents, how it stands, what happened to it, and what a person may do."""

from aiohttp import web

from jobs.abandon import abandon as give_up
from jobs.lapse import ask_again as try_again
from jobs.model.lifecycle import TRANSITIONS, State
from jobs.model.names import batch_route
from jobs.model.records import Prepared
from jobs.model.roles import Action
from jobs.model.standstill import Cause, select_standstills
from jobs.model.text import Text
from jobs.planning.looking import look_at_open_batches
from jobs.planning.standing import Situation, explain_batch
from jobs.planning.turns import find_turns, has_to_be_prepared
from jobs.release import release as let_go
from jobs.turn import Turn
from worker.desk.batch_details import renewal_reason, timeline
from worker.desk.batch_status import NO_SEAL, STEPS, batch_status, steps_done
from worker.desk.document_rows import DocumentLists
from worker.desk.listing import read_page
from worker.desk.marks import Surroundings
from worker.desk.permissions import PermittedBatch, require_batch, routes_of
from worker.desk.ports import DESK, DeskContext
from worker.desk.rendering import redirect, render_page
from worker.desk.sitting import appearance
from worker.desk.sitting_steps import has_granted

LOOK_AGAIN = 5
"""Seconds until a page without scripts shows a moving batch anew."""


async def batch(request: web.Request) -> web.Response:
    """Show the batch; while it moves, the page looks again by itself."""
    permitted = await require_batch(request)
    history, desk = permitted.history, request.app[DESK]
    is_granted = await has_granted(request, history)
    is_enrolled = await desk.find_seal(history.gathered.seal) is not None
    standing = select_standstills(await desk.standstills(), history.batch, history.gathered.route)
    # That a seal is missing, or that it stopped, is said by the status itself, with what to do; a freeze by its banner.
    said = {Cause.SEAL_NOT_ENROLLED, Cause.STOPPED, Cause.FROZEN}
    standing = tuple(each for each in standing if each.cause not in said)
    freeze = await desk.tools.freezes.find(permitted.route.name)
    turn = Turn.of(permitted.person.code, history, permitted.route, now=desk.tools.now(), freeze=freeze)
    unreleased = turn.action is Action.RELEASE
    status = batch_status(history, enrolled=is_enrolled, granted=is_granted, held=bool(standing), unreleased=unreleased)
    is_cancellable = State.ABANDONED in TRANSITIONS[history.state] and not is_granted
    # Whoever is about to cancel it has a page that stays as it is.
    is_cancelling = "cancel" in request.query
    lists = DocumentLists.of(history, await _look_around(permitted, desk))
    return render_page(
        request,
        "batch.html",
        refresh=LOOK_AGAIN if status.is_moving and not is_cancelling else None,
        is_cancelling=is_cancelling,
        history=history,
        appearance=appearance(history) if history.has(Prepared) else None,
        prepared=history.prepared if history.has(Prepared) else None,
        status=status,
        waits_for=await _explain(permitted, desk) if is_enrolled and not (standing or freeze or is_granted) else None,
        standing=() if history.is_over else standing,
        steps=STEPS,
        done=steps_done(history, granted=is_granted),
        lists=lists,
        page=_choose_page(request, lists),
        asked_anew=renewal_reason(history),
        timeline=timeline(history, permitted.person.code, await desk.people.names()),
        freeze=None if history.is_over else freeze,
        turn=turn,
        actions=permitted.actions,
        may_approve=turn.may_approve and not is_granted,
        may_cancel=is_cancellable and Action.CANCEL in permitted.actions,
        may_enrol=status is NO_SEAL and _may_enrol(permitted),
        now=desk.tools.now(),
    )


async def _explain(permitted: PermittedBatch, desk: DeskContext) -> Text | None:
    """What the batch waits for, where nothing else on its page says that."""
    history, tools = permitted.history, desk.tools
    if history.is_over or history.is_stopped:
        return None
    waits = has_to_be_prepared(history.glance, tools.age)
    turns = find_turns(await look_at_open_batches(tools), tools.age) if waits else ()
    return explain_batch(history.glance, Situation(tools.now(), tools.routes, turns=turns))


def _may_enrol(permitted: PermittedBatch) -> bool:
    """Whether the person may enrol the very seal that the batch was made for."""
    return Action.ENROL in permitted.actions and permitted.history.gathered.seal == permitted.route.seal


async def _look_around(permitted: PermittedBatch, desk: DeskContext) -> Surroundings:
    """What the batch's documents are held against; whether they were there before is asked while somebody decides."""
    history, documents = permitted.history, tuple(permitted.history.documents.values())
    hashes = {document.sha256.hex for document in documents}
    seen = await desk.find_same_content(history.batch, hashes) if history.state is State.PREPARED else {}
    theirs = {route.name for route in routes_of(permitted.person.code, desk.tools)}
    return Surroundings(
        documents=documents,
        looks=await desk.previews.find_looks(documents),
        seen=seen,
        batches={one.batch for one in seen.values() if batch_route(one.batch) in theirs},
    )


def _choose_page(request: web.Request, lists: DocumentLists) -> int:
    """The page that `?page=` names, or the one on which the document of `?document=` stands; the nearest there is."""
    if "document" in request.query:
        return lists.page_of(request.query["document"])
    return min(read_page(request.query), lists.pages)


async def ask_again(request: web.Request) -> web.Response:
    """Have a stopped batch prepared and asked for once more. Raises NotApprovable and Conflict."""
    permitted = await require_batch(request, Action.ASK_AGAIN)
    await try_again(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")


async def release(request: web.Request) -> web.Response:
    """Let a batch go on to whoever approves it. Raises NotApprovable and Conflict."""
    permitted = await require_batch(request, Action.RELEASE)
    await let_go(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")


async def abandon(request: web.Request) -> web.Response:
    """Cancel a batch that nobody has consented to. Raises IllegalTransition and Conflict."""
    permitted = await require_batch(request, Action.CANCEL)
    await give_up(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")
