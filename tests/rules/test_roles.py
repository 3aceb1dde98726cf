"""Who may do what: the table, and that nobody without a role may do anything."""

import pytest

from jobs.model.documents import Route
from jobs.model.names import PersonalCode, personal_code
from jobs.model.roles import ALLOWED, Act, Role, acts_of
from tests.support.builders import ANNA, JANIS, a_route

DEPUTY, VIEWER, STRANGER = (personal_code(f"PNOLV-000123-0000{number}") for number in (3, 4, 5))

DECIDES = {Act.SEE, Act.GATHER, Act.CANCEL, Act.ASK_AGAIN, Act.RETRY, Act.FREEZE}


def route(**changed: object) -> Route:
    people = {"four_eyes": True, "releasers": {JANIS}, "deputies": {DEPUTY}, "viewers": {VIEWER}}
    return a_route().model_copy(update=people | changed)


@pytest.mark.parametrize(
    ("person", "acts"),
    [
        (ANNA, DECIDES | {Act.APPROVE, Act.ENROL}),
        (JANIS, DECIDES | {Act.RELEASE}),
        (DEPUTY, {Act.SEE, Act.APPROVE}),
        (VIEWER, {Act.SEE}),
        (STRANGER, set()),
    ],
)
def test_each_role_may_do_what_is_its_own(person: PersonalCode, acts: set[Act]) -> None:
    assert acts_of(person, route()) == acts


def test_approvers_release_where_nobody_else_is_named() -> None:
    assert Act.RELEASE in acts_of(ANNA, route(releasers=frozenset()))


def test_nobody_releases_where_no_four_eyes_are_asked_for() -> None:
    plain = route(four_eyes=False)
    assert Act.RELEASE not in acts_of(ANNA, plain) | acts_of(JANIS, plain)
    assert acts_of(JANIS, plain) == {Act.SEE}, "somebody who was to release still sees"


@pytest.mark.parametrize("act", Act)
def test_every_act_is_allowed_to_somebody_and_no_deciding_to_a_viewer(act: Act) -> None:
    assert ALLOWED[act]
    assert (Role.VIEWER in ALLOWED[act]) is (act is Act.SEE)
