"""Enrolling a seal: the person identifies themselves anew, and the platform tells of their seals."""

from aiohttp import web
from pydantic import SecretStr

from jobs.enrol import enrol as enrol_seal
from jobs.model.roles import Action
from jobs.model.seals import normalise_label
from jobs.model.text import Text
from worker.desk.dialogs import Enrolling
from worker.desk.errors import no_seal_of_yours
from worker.desk.limits import begin_dialog
from worker.desk.permissions import require_person, routes_of
from worker.desk.ports import DESK
from worker.desk.rendering import redirect, send_to_platform
from worker.desk.sessions import SESSION


async def enrol(request: web.Request) -> web.Response:
    """Send the browser to the platform (leg 1). Raises Refused for a seal that none of the person's routes uses."""
    desk, person = request.app[DESK], require_person(request)
    label = str((await request.post()).get("label", ""))
    if label not in {route.seal for route in routes_of(person.code, desk.tools, Action.ENROL)}:
        raise no_seal_of_yours(label)
    binding, proof = request[SESSION].dialog_binding, desk.consent.new_proof()
    dialog = Enrolling(binding=binding, proof=proof, label=label, holder=person.code)
    state = await begin_dialog(request, dialog)
    return send_to_platform(request, desk.consent.identification_url(state, dialog.verifier))


async def complete_enrolment(request: web.Request, dialog: Enrolling, code: SecretStr) -> web.Response:
    """The callback of an enrolment: keep the seal, and wake the batches that waited for it.

    Raises AnotherPerson, and the vendor's errors with a sentence for the person.
    """
    desk = request.app[DESK]
    await enrol_seal(await desk.consent.enrol(code, dialog.verifier, dialog.label, dialog.holder), desk.tools)
    request[SESSION].flash(Text("The seal {label} is enrolled.", label=normalise_label(dialog.label)), "good")
    return redirect("/")
