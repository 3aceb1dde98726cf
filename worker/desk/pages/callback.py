"""The one address the platform sends browsers back to. Its query holds a one-time code: it is never logged or shown."""

import re

from aiohttp import web
from pydantic import SecretStr

from worker.desk.admission import DESK
from worker.desk.dialogs import Approving, Dialog, Enrolling, SigningIn
from worker.desk.pages.approval import approved
from worker.desk.pages.enrolment import enrolled
from worker.desk.pages.signing_in import identified
from worker.desk.refusals import NotSignedIn, dialog_not_known
from worker.desk.rendering import redirect
from worker.desk.sessions import VISIT

CANCELLED = {
    SigningIn: "You cancelled; you are not signed in.",
    Enrolling: "You cancelled; the seal was not enrolled.",
    Approving: "You cancelled; nothing was sealed.",
}
_ERROR = re.compile(r"[a-z_]{1,40}")


async def callback(request: web.Request) -> web.Response:
    """Spend the dialog's state and go on with what was begun. Raises Refused for a state not of this browser."""
    dialog = await request.app[DESK].dialogs.take(request.query.get("state", ""))
    if dialog is None or not request[VISIT].began(dialog.binding):
        raise dialog_not_known()
    code = request.query.get("code", "")
    if not code:
        return _turned_back(request, dialog)
    return await _continued(request, dialog, SecretStr(code))


async def _continued(request: web.Request, dialog: Dialog, code: SecretStr) -> web.Response:
    match dialog:
        case SigningIn():
            return await identified(request, code)
        case Enrolling():
            _still_here(request, dialog.holder)
            return await enrolled(request, dialog, code)
        case Approving():
            _still_here(request, dialog.approver)
            return await approved(request, dialog, code)


def _still_here(request: web.Request, code: str) -> None:
    person = request[VISIT].person
    if person is None or person.code != code:
        raise NotSignedIn


def _turned_back(request: web.Request, dialog: Dialog) -> web.Response:
    error = request.query.get("error", "")
    word = error if _ERROR.fullmatch(error) else "nothing we know"
    answered = (
        f"eParaksts answered “{word}”. Nothing was sealed. If this happens again, tell the administrator of zimogs."
    )
    text = CANCELLED[type(dialog)] if error == "access_denied" else answered
    request[VISIT].say(text, "plain" if error == "access_denied" else "bad")
    return redirect(f"/batches/{dialog.batch}" if isinstance(dialog, Approving) else "/")
