import itertools

import pytest

from jobs.model.errors import IllegalTransition
from jobs.model.lifecycle import FINAL, TRANSITIONS, State, follow

PAIRS = list(itertools.product([None, *State], State))


@pytest.mark.parametrize(("state", "record"), PAIRS)
def test_every_move_is_in_the_table_or_refused(state: State | None, record: State) -> None:
    if record in TRANSITIONS[state]:
        assert follow(state, record) is record
    else:
        with pytest.raises(IllegalTransition):
            follow(state, record)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == {None, *State}


def test_every_state_can_be_reached() -> None:
    reached: set[State | None] = {None}
    while new := {target for state in reached for target in TRANSITIONS[state]} - reached:
        reached |= new
    assert reached == {None, *State}


def test_an_end_can_be_reached_from_everywhere() -> None:
    ending: set[State | None] = set(FINAL)
    while new := {state for state in TRANSITIONS if TRANSITIONS[state] & ending} - ending:
        ending |= new
    assert ending == {None, *State}


def test_only_delivered_and_abandoned_are_final() -> None:
    assert {State.DELIVERED, State.ABANDONED} == FINAL


def test_nothing_lapses_once_the_vendor_holds_sealed_files() -> None:
    assert State.LAPSED not in TRANSITIONS[State.SEALED]
