from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.approve import authorization_request, find_obstacle, is_stale
from jobs.model.asking import Asking
from jobs.model.calendar import Calendar, Weekday
from jobs.model.errors import NotApprovable
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.history import History
from jobs.model.names import PersonalCode, personal_code
from jobs.model.records import Released
from jobs.prepare import prepare
from jobs.release import release
from jobs.turn import Turn
from tests.support.builders import ANNA, INVOICES, JANIS, NOON, a_route, age_at, documents
from tests.support.memory_app import MemoryApp

PETERIS, ILZE = personal_code("PNOLV-000123-00003"), personal_code("PNOLV-000123-00004")
TEN_MINUTES = timedelta(minutes=10)


async def test_a_person_is_asked_about_exactly_what_was_prepared() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    request = authorization_request(history, ANNA, app.route, now=app.time, freeze=None)
    assert (request.identity, request.summary) == (history.prepared.seal.identity, history.prepared.summary)


async def test_only_people_on_the_list_may_approve() -> None:
    app = MemoryApp()
    with pytest.raises(NotApprovable, match="not on the list"):
        authorization_request(await app.prepared(*documents(1)), JANIS, app.route, now=app.time, freeze=None)


async def test_a_deputy_may_approve_once_the_approvers_had_their_time() -> None:
    asking = Asking(escalate_after=timedelta(hours=6))
    app = MemoryApp(route=a_route().model_copy(update={"deputies": frozenset({JANIS}), "asking": asking}))
    history = await app.prepared(*documents(1))
    with pytest.raises(NotApprovable, match="As a deputy you may approve this from"):
        authorization_request(history, JANIS, app.route, now=app.time + timedelta(hours=5), freeze=None)
    assert authorization_request(history, JANIS, app.route, now=app.time + timedelta(hours=6), freeze=None)


async def test_nobody_is_asked_while_sealing_is_frozen() -> None:
    app = MemoryApp()
    freeze = Freeze(route=INVOICES, at=NOON, by="Anna Parauga", reason="wrong template")
    with pytest.raises(NotApprovable, match="Anna Parauga froze sealing in route invoices: wrong template"):
        authorization_request(await app.prepared(*documents(1)), ANNA, app.route, now=app.time, freeze=freeze)


async def test_of_two_freezes_that_of_everything_is_told_and_one_of_another_route_holds_nothing() -> None:
    everything = Freeze(at=NOON, by="root", reason="moving house")
    here, elsewhere = everything.model_copy(update={"route": INVOICES}), everything.model_copy(update={"route": "b"})
    assert select_freeze([here, everything], INVOICES) == everything
    assert select_freeze([here, elsewhere], INVOICES) == here
    assert select_freeze([elsewhere], INVOICES) is None


async def test_each_person_is_told_whose_turn_it_is() -> None:
    eyes = {"four_eyes": True, "releasers": frozenset({JANIS})}
    app = MemoryApp(route=a_route().model_copy(update=eyes))
    history = await app.prepared(*documents(1))

    def turn(person: PersonalCode, of: History) -> Turn:
        return Turn.of(person, of, app.route, now=app.time, freeze=None)

    assert turn(JANIS, history).may_release
    assert not turn(ANNA, history).may_approve
    assert "has to look at it first" in str(turn(ANNA, history).obstacle)
    await release(history.batch, JANIS, app.tools)
    history = await prepare(history.batch, app.tools)
    assert turn(ANNA, history).may_approve
    assert not turn(JANIS, history).may_release
    assert "list of approvers" in str(turn(JANIS, history).obstacle)


async def test_only_a_prepared_batch_can_be_approved() -> None:
    app = MemoryApp()
    with pytest.raises(NotApprovable, match="does not wait for an approval"):
        authorization_request(await app.signed(*documents(1)), ANNA, app.route, now=app.time, freeze=None)


async def test_digests_grow_stale() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    assert not is_stale(history, TEN_MINUTES, age_at(app.time + TEN_MINUTES))
    assert is_stale(history, TEN_MINUTES, age_at(app.time + TEN_MINUTES + timedelta(seconds=1)))


people = st.frozensets(st.sampled_from([ANNA, JANIS, PETERIS, ILZE]))


@given(
    person=st.sampled_from([ANNA, JANIS, PETERIS, ILZE]),
    approvers=people.filter(bool),
    releasers=people,
    deputies=people,
    four_eyes=st.booleans(),
    releaser=st.none() | st.sampled_from([ANNA, JANIS, PETERIS, ILZE]),
    hours=st.integers(0, 12),
    is_frozen=st.booleans(),
)
async def test_whatever_the_settings_say_nobody_approves_alone_early_uncalled_or_frozen(
    *,
    person: PersonalCode,
    approvers: frozenset[PersonalCode],
    releasers: frozenset[PersonalCode],
    deputies: frozenset[PersonalCode],
    four_eyes: bool,
    releaser: PersonalCode | None,
    hours: int,
    is_frozen: bool,
) -> None:
    calendar = Calendar(days=frozenset(Weekday))
    asking = Asking(escalate_after=timedelta(hours=6), calendar=calendar)
    update = {"approvers": approvers, "releasers": releasers, "deputies": deputies, "four_eyes": four_eyes}
    app = MemoryApp(route=a_route().model_copy(update=update | {"asking": asking}))
    history = await app.prepared(*documents(1))
    if releaser is not None:
        history = await app.ledger.append(history, Released(at=app.time, releaser=releaser))
        history = await prepare(history.batch, app.tools)
    freeze = Freeze(at=NOON, by="root", reason="an audit") if is_frozen else None
    now = app.time + timedelta(hours=hours)
    may = find_obstacle(person, history, app.route, now=now, freeze=freeze) is None
    is_called = person in approvers or (person in deputies and hours >= 6)
    is_second = not four_eyes or (releaser is not None and releaser != person)
    assert may is (is_called and is_second and not is_frozen)
