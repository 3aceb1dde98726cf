"""Who may do what: the table, and that nobody without a role may do anything."""

import pytest

from jobs.model.documents import Route
from jobs.model.names import PersonalCode, personal_code
from jobs.model.roles import ALLOWED, Action, RouteRole, actions_of
from tests.support.builders import ANNA, JANIS, a_route

DEPUTY, VIEWER, STRANGER = (personal_code(f"PNOLV-000123-0000{number}") for number in (3, 4, 5))

DECIDES = {Action.SEE, Action.GATHER, Action.CANCEL, Action.ASK_AGAIN, Action.RETRY, Action.FREEZE}


def route(**changed: object) -> Route:
    people = {"four_eyes": True, "releasers": {JANIS}, "deputies": {DEPUTY}, "viewers": {VIEWER}}
    return a_route().model_copy(update=people | changed)


@pytest.mark.parametrize(
    ("person", "actions"),
    [
        (ANNA, DECIDES | {Action.APPROVE, Action.ENROL, Action.DECIDE}),
        (JANIS, DECIDES | {Action.RELEASE}),
        (DEPUTY, {Action.SEE, Action.APPROVE}),
        (VIEWER, {Action.SEE}),
        (STRANGER, set()),
    ],
)
def test_each_role_may_do_what_is_its_own(person: PersonalCode, actions: set[Action]) -> None:
    assert actions_of(person, route()) == actions


def test_approvers_release_where_nobody_else_is_named() -> None:
    assert Action.RELEASE in actions_of(ANNA, route(releasers=frozenset()))


def test_nobody_releases_where_no_four_eyes_are_asked_for() -> None:
    plain = route(four_eyes=False)
    assert Action.RELEASE not in actions_of(ANNA, plain) | actions_of(JANIS, plain)
    assert actions_of(JANIS, plain) == {Action.SEE}, "somebody who was to release still sees"


@pytest.mark.parametrize("action", Action)
def test_every_action_is_allowed_to_somebody_and_no_deciding_to_a_viewer(action: Action) -> None:
    assert ALLOWED[action]
    assert (RouteRole.VIEWER in ALLOWED[action]) is (action is Action.SEE)
