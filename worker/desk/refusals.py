"""What the desk says no to. Each becomes a readable page, never a traceback."""

from http import HTTPStatus


class Refused(Exception):
    """The desk will not do this; the page says why and what to do."""

    def __init__(self, status: HTTPStatus, heading: str, advice: str) -> None:
        super().__init__(heading)
        self.status = status
        self.heading = heading
        self.advice = advice


class NotSignedIn(Exception):
    """The page is only for somebody who is signed in."""


def not_an_approver(name: str, code: str) -> Refused:
    """Nobody named this person as an approver."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "You are not an approver yet",
        f"You came as {name} ({code}). Ask the administrator of zimogs to add this personal code to the "
        "approvers of a route in zimogs.toml, then sign in again.",
    )


def not_of_this_route(route: str) -> Refused:
    """The person approves other routes, but not this one."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This belongs to another route",
        f"You are not on the list of approvers of route {route}. If you should be, ask the administrator of zimogs.",
    )


def dialog_not_known() -> Refused:
    """The callback's state is unknown, used, expired, or of another browser."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        "This link was used already",
        "Answers from eParaksts can be used once, soon, and only in the browser that asked for them. "
        "Nothing was changed and nothing was sealed. Go back to the desk and begin again.",
    )


def form_not_ours() -> Refused:
    """The form does not repeat the session's secret."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This form is out of date",
        "Your session ended while the page was open. Nothing was changed. Go back to the desk and try again.",
    )


def no_seal_of_yours(label: str) -> Refused:
    """No route that the person approves uses this seal."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This seal is not yours to enrol",
        f"None of the routes that you approve uses the seal “{label}”. Only its approvers can enrol a seal.",
    )
