"""The look that a worker takes at its start."""

from datetime import timedelta

from jobs.model.errors import Retryable
from jobs.model.lifecycle import State
from tests.support.builders import documents
from tests.support.memory_app import MemoryApp
from worker.queue.reconciling import reconcile_open


async def test_a_batch_whose_sessions_are_gone_is_prepared_anew_as_soon_as_the_vendor_can_be_asked() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    app.vendor.sessions.clear()
    app.vendor.faults = {"session_state": Retryable("503")}
    look = app.vendor.session_state

    async def recovering(*args: object) -> object:
        try:
            return await look(*args)  # type: ignore[arg-type]
        finally:
            app.vendor.faults = {}

    app.vendor.session_state = recovering  # type: ignore[method-assign, assignment]
    await reconcile_open(app.tools, pause=timedelta(0))
    assert (await app.ledger.read(history.batch)).state is State.LAPSED
    assert app.vendor.calls.count("session_state") == 2
