"""Enrolling a seal: the person identifies themselves anew, and the platform tells of their seals."""

from aiohttp import web
from pydantic import SecretStr

from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.seals import normalise_label
from jobs.ports import Story, Tools
from worker.desk.admission import DESK, routes_of, signed_in
from worker.desk.dialogs import Enrolling
from worker.desk.refusals import no_seal_of_yours
from worker.desk.rendering import leaving, redirect
from worker.desk.sessions import VISIT


async def enrol(request: web.Request) -> web.Response:
    """Send the browser to the platform (leg 1). Raises Refused for a seal that none of the person's routes uses."""
    desk, person = request.app[DESK], signed_in(request)
    label = str((await request.post()).get("label", ""))
    if label not in {route.seal for route in routes_of(person.code, desk.tools)}:
        raise no_seal_of_yours(label)
    dialog = Enrolling(binding=request[VISIT].binding, label=label, holder=person.code)
    return leaving(request, desk.consent.identification_url(await desk.dialogs.begin(dialog)))


async def enrolled(request: web.Request, dialog: Enrolling, code: SecretStr) -> web.Response:
    """The callback of an enrolment: keep the seal, and wake the batches that waited for it.

    Raises AnotherPerson, and the vendor's errors with a sentence for the person.
    """
    desk = request.app[DESK]
    seal = await desk.consent.seal(code, dialog.label, dialog.holder)
    await desk.seal_book.save(seal)
    for batch in await _waiting_for(dialog.label, desk.tools):
        await desk.tools.doorbell.ring(Story.PREPARE, batch)
    request[VISIT].say(f"The seal {normalise_label(dialog.label)} is enrolled.", "good")
    return redirect("/")


async def _waiting_for(label: str, tools: Tools) -> list[BatchId]:
    histories = [await tools.ledger.read(batch) for batch in await tools.ledger.open_batches()]
    return [
        history.batch
        for history in histories
        if history.state in {State.GATHERED, State.LAPSED}
        and normalise_label(history.gathered.seal) == normalise_label(label)
    ]
