"""Whatever becomes of a batch, and however often somebody looks at it: each session is closed exactly once."""

from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from jobs.abandon import abandon
from jobs.deliver import deliver
from jobs.model.documents import Document, Profile
from jobs.model.errors import Uncertain
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.prepare import prepare
from jobs.recover import recover
from tests.support.builders import ANNA, a_document_id, documents
from tests.support.memory_app import MemoryApp


async def deliver_all(app: MemoryApp) -> BatchId:
    return (await deliver((await app.signed(*documents(3))).batch, app.tools)).batch


async def give_up_what_is_prepared(app: MemoryApp) -> BatchId:
    batch = (await app.prepared(*documents(3))).batch
    await abandon(batch, ANNA, app.tools)
    return batch


async def refuse_one_at_every_step(app: MemoryApp) -> BatchId:
    app.vendor.refused_at_upload, app.vendor.unsealable = {a_document_id(1)}, {a_document_id(2)}
    app.vendor.errors_at_finalize = {a_document_id(3): "signing:finalize"}
    return (await deliver((await app.signed(*documents(5))).batch, app.tools)).batch


async def give_up_what_was_not_finalized(app: MemoryApp) -> BatchId:
    app.vendor.errors_at_finalize = {document.id: "signing:finalize" for document in documents(3)}
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert history.state is State.LAPSED
    await abandon(history.batch, ANNA, app.tools)
    return history.batch


async def lose_an_upload(app: MemoryApp) -> BatchId:
    batch, upload, calls = await app.gathered(*documents(3)), app.vendor.upload, count()

    async def lose_the_first(session: str, document: Document, profile: Profile) -> None:
        if next(calls) == 0:
            raise Uncertain("reset")
        await upload(session, document, profile)

    app.vendor.upload = lose_the_first  # type: ignore[method-assign]
    await prepare(batch, app.tools)
    await abandon(batch, ANNA, app.tools)
    return batch


@pytest.mark.parametrize(
    "end",
    [
        deliver_all,
        give_up_what_is_prepared,
        refuse_one_at_every_step,
        give_up_what_was_not_finalized,
        lose_an_upload,
    ],
)
async def test_each_session_is_closed_once_whoever_looks_at_the_batch_afterwards(
    end: Callable[[MemoryApp], Awaitable[BatchId]],
) -> None:
    app = MemoryApp()
    batch = await end(app)
    # The story's own ring, and those of sweeps that looked while it was signed, finalized or delivered.
    await deliver(batch, app.tools)
    await recover(batch, app.tools)
    await deliver(batch, app.tools)
    assert await app.ledger.open_batches() == ()
    assert sorted(app.vendor.closed) == sorted(app.vendor.opened)
