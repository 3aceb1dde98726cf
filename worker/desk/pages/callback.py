"""The one address the platform sends browsers back to. Its query holds a one-time code: it is never logged or shown."""

import re
from contextlib import suppress

from aiohttp import web
from pydantic import SecretStr

from jobs.model.errors import Conflict
from jobs.model.names import PersonalCode
from jobs.model.text import Text
from jobs.split import suspect_size
from worker.desk.dialogs import Approving, Dialog, Enrolling, SigningIn
from worker.desk.errors import NotSignedIn, dialog_not_known, dialog_of_another_session
from worker.desk.pages import sitting
from worker.desk.pages.approval import complete_approval
from worker.desk.pages.enrolment import complete_enrolment
from worker.desk.pages.sign_in import complete_sign_in
from worker.desk.ports import DESK
from worker.desk.rendering import redirect
from worker.desk.sessions import SESSION

CANCELLED = {
    SigningIn: Text("eParaksts ended it, or you cancelled it there; you are not signed in."),
    Enrolling: Text("eParaksts ended it, or you cancelled it there; the seal was not enrolled."),
    Approving: Text("eParaksts ended it, or you cancelled it there; nothing was sealed."),
}
DENIED = "access_denied"
"""The person said no, or the server did, for a locked password perhaps (RFC 6749 §4.1.2.1)."""
INVALID = "invalid_request"
"""What the platform says of a request that it does not put to anybody (RFC 6749 §4.1.2.1)."""
LONGEST_REASON = 200
DIVIDED = Text(
    "eParaksts did not ask you for so many documents at once, and nothing was sealed. The batch is being divided; "
    "approve its parts then."
)
# The query is whatever somebody typed: only what looks like an error's code is repeated on a page (RFC 6749 §4.1.2.1).
_ERROR = re.compile(r"[a-z_]{1,40}")


async def callback(request: web.Request) -> web.Response:
    """Spend the dialog's state and go on with what was begun. Raises Refused for a state not of this browser."""
    dialog = await request.app[DESK].dialogs.take(request.query.get("state", ""))
    if dialog is None:
        raise dialog_not_known()
    if not request[SESSION].is_bound_to(dialog.binding):
        raise dialog_of_another_session()
    if not request.query.get("code"):
        return await _return_without_consent(request, dialog)
    code = SecretStr(request.query["code"])
    match dialog:
        case SigningIn():
            return await complete_sign_in(request, dialog, code)
        case Enrolling():
            _require_same_person(request, dialog.holder)
            return await complete_enrolment(request, dialog, code)
        case Approving():
            _require_same_person(request, dialog.approver)
            if dialog.in_sitting:
                return await sitting.complete_approval_in_sitting(request, dialog, code)
            return await complete_approval(request, dialog, code)


async def _return_without_consent(request: web.Request, dialog: Dialog) -> web.Response:
    """Go back to where the person came from, with a sentence; a batch that may be too large to ask for is divided."""
    error = request.query.get("error", "")
    if not isinstance(dialog, Approving):
        _flash_error(request, dialog, error)
        return redirect("/")
    is_own = _is_of_same_person(request, dialog.approver)
    said = request.query.get("error_description", "")[:LONGEST_REASON]
    is_divided = is_own and error == INVALID and await _divide(request, dialog, said)
    if is_divided:
        request[SESSION].flash(DIVIDED, "bad")
    if dialog.in_sitting and is_own:
        told = "" if error == DENIED or not _ERROR.fullmatch(error) else error
        return await sitting.pause(request, dialog, told)
    if not is_divided:
        _flash_error(request, dialog, error)
    return redirect(f"/batches/{dialog.batch}")


async def _divide(request: web.Request, dialog: Approving, said: str) -> bool:
    # Where somebody else moved the batch on, whoever looks again sees it.
    with suppress(Conflict):
        return await suspect_size(dialog.batch, dialog.summary, said, request.app[DESK].tools)
    return False


def _flash_error(request: web.Request, dialog: Dialog, error: str) -> None:
    if error == DENIED:
        request[SESSION].flash(CANCELLED[type(dialog)])
    else:
        request[SESSION].flash(_describe_error(error), "bad")


def _describe_error(error: str) -> Text:
    if not _ERROR.fullmatch(error):
        return Text(
            "eParaksts gave no answer that we know. Nothing was sealed. If this happens again, tell the "
            "administrator of zimogs."
        )
    return Text(
        "eParaksts answered “{error}”. Nothing was sealed. If this happens again, tell the administrator of zimogs.",
        error=error,
    )


def _require_same_person(request: web.Request, code: PersonalCode) -> None:
    if not _is_of_same_person(request, code):
        raise NotSignedIn


def _is_of_same_person(request: web.Request, code: PersonalCode) -> bool:
    person = request[SESSION].person
    return person is not None and person.code == code
