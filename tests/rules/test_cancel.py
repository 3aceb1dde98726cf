"""What nobody has consented to can be given up without the desk, and never what somebody has."""

from collections.abc import Collection, Sequence

import pytest

from jobs.cancel import CancelTools, cancel_batch, cancel_waiting
from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.documents import Document
from jobs.model.errors import IllegalTransition, UnknownDocument
from jobs.model.lifecycle import State
from jobs.model.names import RouteName, batch_id
from jobs.model.text import Text
from tests.support.builders import INVOICES, documents
from tests.support.memory_app import MemoryApp

WHY = Text("cancelled at the command line by {user}: {reason}", user="anna", reason="wrong month")


def tools_of(app: MemoryApp) -> CancelTools:
    return CancelTools(app.tools.ledger, app.tools.shelf, app.tools.now)


async def test_a_batch_that_waits_for_an_approval_is_given_up_with_its_reason() -> None:
    app = MemoryApp()
    batch = (await app.prepared(*documents(2))).batch
    history = await cancel_batch(batch, WHY, tools_of(app))
    assert (history.state, "wrong month" in str(history.records[-1])) == (State.ABANDONED, True)
    await deliver(batch, app.tools)
    assert {entry.document for entry in app.quarantine.refusals.values()} == {each.id for each in documents(2)}


async def test_a_batch_that_somebody_approved_is_not_given_up() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(1))).batch
    with pytest.raises(IllegalTransition):
        await cancel_batch(batch, WHY, tools_of(app))


async def test_a_waiting_document_is_given_up_alone_and_the_others_go_on_waiting() -> None:
    app = MemoryApp()
    first, second, third = documents(3)
    app.shelf.admit(first, second, third)
    history = await cancel_waiting(second.id, app.route, WHY, tools_of(app))
    assert (history.state, [*history.documents]) == (State.ABANDONED, [second.id])
    assert await app.shelf.waiting_list(INVOICES) == (first, third)
    (batch,) = await gather(app.route, app.tools, at_once=True)
    assert [*(await app.ledger.read(batch)).documents] == [first.id, third.id]


async def test_a_document_that_a_batch_has_just_taken_is_not_given_up_beside_it() -> None:
    app = MemoryApp()
    (document,) = documents(1)
    await app.gathered(document)
    # As a gatherer leaves it that died before it cleared the list.
    app.shelf.admit(document)
    with pytest.raises(UnknownDocument):
        await cancel_waiting(document.id, app.route, WHY, tools_of(app))
    assert await app.ledger.batches() == (batch_id(INVOICES, 1),)


class OvertakenShelf:
    """A shelf on which somebody gathers as soon as the waiting list was read."""

    def __init__(self, app: MemoryApp) -> None:
        self._app = app

    async def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        waiting = await self._app.shelf.waiting_list(route)
        await gather(self._app.route, self._app.tools, at_once=True)
        return waiting

    async def find_busy_routes(self) -> Collection[RouteName]:
        return await self._app.shelf.find_busy_routes()

    async def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        await self._app.shelf.leave_waiting_list(documents)


async def test_whoever_gathers_at_the_same_moment_has_won() -> None:
    app = MemoryApp()
    first, second = documents(2)
    app.shelf.admit(first, second)
    tools = CancelTools(app.ledger, OvertakenShelf(app), app.tools.now)
    with pytest.raises(UnknownDocument):
        await cancel_waiting(first.id, app.route, WHY, tools)
    assert [*(await app.ledger.read(batch_id(INVOICES, 1))).documents] == [first.id, second.id]
