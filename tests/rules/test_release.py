"""Four eyes: nothing is signed that one person alone decided, whatever a job says."""

import pytest

from jobs.abandon import abandon
from jobs.approve import authorization_request
from jobs.lapse import ask_again
from jobs.model.documents import Route
from jobs.model.errors import NotApprovable, Permanent
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed, Released
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.recover import next_story
from jobs.release import release
from jobs.seal import seal
from tests.support.builders import ANNA, INVOICES, JANIS, a_route, documents
from tests.support.memory_app import MemoryApp


def a_house(**changed: object) -> MemoryApp:
    """Janis releases, Anna approves."""
    update = {"four_eyes": True, "releasers": frozenset({JANIS})} | changed
    return MemoryApp(route=Route.model_validate(a_route().model_dump() | update))


async def released(app: MemoryApp, by: str = JANIS) -> History:
    history = await app.prepared(*documents(2))
    await release(history.batch, by, app.tools)  # type: ignore[arg-type]
    return await prepare(history.batch, app.tools)


async def test_what_one_released_another_one_approves() -> None:
    app = a_house()
    history = await released(app)
    assert (history.state, history.last(Released).releaser) == (State.PREPARED, JANIS)
    assert (await seal(app.consent(history), app.tools)).state is State.SIGNED


async def test_a_consent_to_what_nobody_released_is_not_used() -> None:
    app = a_house()
    history = await app.prepared(*documents(2))
    with pytest.raises(NotApprovable, match="release"):
        await seal(app.consent(history), app.tools)
    with pytest.raises(NotApprovable, match="release"):
        authorization_request(history, ANNA, app.route, now=app.time, freeze=None)
    assert "sign" not in app.vendor.calls
    assert (await app.ledger.read(history.batch)).state is State.PREPARED


async def test_who_released_cannot_approve_it_as_well() -> None:
    app = a_house(releasers=frozenset(), approvers=frozenset({ANNA, JANIS}))
    history = await released(app, by=ANNA)
    with pytest.raises(NotApprovable, match="released this batch yourself"):
        await seal(app.consent(history), app.tools)
    assert "sign" not in app.vendor.calls
    asked = authorization_request(history, JANIS, app.route, now=app.time, freeze=None)
    assert asked.summary == history.prepared.summary


async def test_a_release_asks_for_fresh_digests_of_the_same_documents_in_the_same_sessions() -> None:
    app = a_house()
    before = await app.prepared(*documents(2))
    history = await release(before.batch, JANIS, app.tools)
    assert (history.state, next_story(history.glance, app.age)) == (State.RELEASED, Story.PREPARE)
    assert (Story.PREPARE, before.batch) in app.doorbell.rings
    after = await prepare(before.batch, app.tools)
    assert {one.session for one in after.prepared.documents} == {one.session for one in before.prepared.documents}
    assert after.gathered == before.gathered


async def test_a_release_counts_however_often_digests_are_made() -> None:
    app = a_house()
    history = await released(app)
    app.vendor.faults = {"sign": Permanent("no")}
    history = await seal(app.consent(history), app.tools)
    assert history.is_stopped
    app.vendor.faults = {}
    await ask_again(history.batch, ANNA, app.tools)
    history = await prepare(history.batch, app.tools)
    assert history.count(Released) == 1
    assert (await seal(app.consent(history, "code-2"), app.tools)).state is State.SIGNED


@pytest.mark.parametrize(("person", "why"), [(ANNA, "list of releasers"), ("PNOLV-999999-99999", "list of releasers")])
async def test_only_releasers_release(person: str, why: str) -> None:
    app = a_house()
    history = await app.prepared(*documents(1))
    with pytest.raises(NotApprovable, match=why):
        await release(history.batch, person, app.tools)  # type: ignore[arg-type]


async def test_only_what_waits_for_a_release_is_released() -> None:
    app = a_house()
    history = await released(app)
    with pytest.raises(NotApprovable, match="does not wait for a release"):
        await release(history.batch, JANIS, app.tools)
    await app.ledger.append(history, Lapsed(at=app.time, why="too old"))
    with pytest.raises(NotApprovable, match="does not wait for a release"):
        await release(history.batch, JANIS, app.tools)


async def test_nothing_is_released_while_sealing_is_frozen() -> None:
    app = a_house()
    history = await app.prepared(*documents(1))
    await app.freezes.begin(Freeze(route=INVOICES, at=app.time, by="root", reason="an audit"))
    with pytest.raises(NotApprovable, match="an audit"):
        await release(history.batch, JANIS, app.tools)


async def test_a_route_without_four_eyes_knows_no_release() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    with pytest.raises(NotApprovable, match="list of releasers"):
        await release(history.batch, ANNA, app.tools)


async def test_a_batch_that_was_released_can_still_be_given_up() -> None:
    app = a_house()
    history = await app.prepared(*documents(1))
    await release(history.batch, JANIS, app.tools)
    assert (await abandon(history.batch, JANIS, app.tools)).state is State.ABANDONED
