"""The data folder is an older copy of what it was: nothing is sealed once more without a person who was told so."""

from datetime import timedelta

import pytest

from jobs.abandon import abandon
from jobs.approve import renew
from jobs.deliver import deliver
from jobs.lapse import ask_again
from jobs.model.digest import Digest
from jobs.model.documents import Profile
from jobs.model.earlier import EarlierDelivery
from jobs.model.errors import Retryable, Uncertain
from jobs.model.history import History
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivered, Delivery, Lapsed, Refusal
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.reconcile import reconcile
from jobs.recover import recover
from jobs.seal import seal
from jobs.sealed_before import ENDED_EARLY, settle_earlier
from tests.support.builders import ANNA, INVOICES, NOON, a_document, a_route, documents
from tests.support.ledger import MemoryLedger
from tests.support.memory_app import MemoryApp


def an_earlier_delivery(number: int = 1, *, is_proven: bool = True, original: Digest | None = None) -> EarlierDelivery:
    document = a_document(number)
    return EarlierDelivery(
        delivery=Delivery(
            document=document.id, name=document.name, sha256=Digest.sha256(b"sealed"), size=9, level="PAdES B-LT"
        ),
        batch=batch_id(INVOICES, 1),
        original=original or document.sha256,
        sealed_at=NOON,
        is_proven=is_proven,
    )


def restore(ledger: MemoryLedger, history: History) -> None:
    """Bring the ledger back to an older copy."""
    del ledger.entries[history.batch][len(history.records) :]
    ledger.closed.clear()


async def delivered_since(app: MemoryApp) -> History:
    """A batch of three that was prepared when the copy was made, and is delivered."""
    copied = await app.prepared(*documents(3))
    await deliver((await seal(app.consent(copied), app.tools)).batch, app.tools)
    restore(app.ledger, copied)
    return copied


class TestWhatTheOutboxShows:
    @pytest.mark.parametrize("is_proven", [True, False])
    def test_only_what_is_proven_counts_as_delivered(self, *, is_proven: bool) -> None:
        earlier = an_earlier_delivery(is_proven=is_proven)
        outcome = settle_earlier(a_document(), earlier)
        assert (outcome == earlier.delivery) == is_proven
        assert is_proven or (isinstance(outcome, Refusal) and outcome.reason is Reason.SEALED_BEFORE)

    def test_a_file_of_another_original_proves_nothing(self) -> None:
        earlier = an_earlier_delivery(original=Digest.sha256(b"another"))
        assert isinstance(settle_earlier(a_document(), earlier), Refusal)

    async def test_what_was_delivered_is_not_sealed_again_and_its_batch_ends(self) -> None:
        app = MemoryApp()
        copied = await delivered_since(app)
        signatures = app.vendor.calls.count("sign")
        lapsed = await reconcile(copied.batch, app.tools)
        assert lapsed.state is State.LAPSED
        assert (Story.PREPARE, copied.batch) in app.doorbell.rings
        history = await prepare(copied.batch, app.tools)
        assert {delivery.document for delivery in history.last(Abandoned).delivered} == {d.id for d in documents(3)}
        assert await app.quarantine.reasons() == {}
        assert app.vendor.calls.count("sign") == signatures
        assert await app.ledger.open_batches() == ()

    @pytest.mark.parametrize("at", [State.SEALED, State.ARCHIVING, State.ARCHIVED])
    async def test_what_the_vendor_let_go_of_since_is_found_in_the_outbox(self, at: State) -> None:
        app = MemoryApp(route=a_route(profile=Profile(level=SealLevel.LTA)))
        history = await deliver((await app.signed(*documents(2))).batch, app.tools)
        kinds = [record.kind for record in history.records]
        restore(app.ledger, History(batch=history.batch, records=history.records[: kinds.index(at) + 1]))
        app.later(app.tools.patience.look.total_seconds())
        again = await deliver(history.batch, app.tools)
        assert again.last(Delivered).outcomes == history.last(Delivered).outcomes
        assert await app.quarantine.reasons() == {}

    async def test_the_others_of_its_batch_are_sealed_once_somebody_was_told(self) -> None:
        app = MemoryApp()
        app.outbox.earlier = {a_document(2).id: an_earlier_delivery(2)}
        history = await app.prepared(*documents(3))
        assert [delivery.document for delivery in history.prepared.delivered] == [a_document(2).id]
        assert "A document of this batch was sealed before, according to the outbox" in history.prepared.caution
        renewed = await prepare((await renew(history, app.tools, "stale")).batch, app.tools)
        assert (renewed.prepared.delivered, renewed.prepared.caution) == (
            history.prepared.delivered,
            history.prepared.caution,
        )
        assert app.vendor.calls.count("upload") == 2
        ended = await deliver((await seal(app.consent(renewed), app.tools)).batch, app.tools)
        assert [type(outcome) for outcome in ended.last(Delivered).outcomes] == [Delivery] * 3

    async def test_what_is_not_proven_is_set_apart_with_its_reason(self) -> None:
        app = MemoryApp()
        app.outbox.earlier = {a_document(1).id: an_earlier_delivery(is_proven=False)}
        history = await app.prepared(*documents(1))
        assert history.state is State.ABANDONED
        assert await app.quarantine.reasons() == {a_document(1).id: Reason.SEALED_BEFORE}

    async def test_a_consent_that_comes_all_the_same_seals_nothing(self) -> None:
        app = MemoryApp()
        copied = await delivered_since(app)
        signatures = app.vendor.calls.count("sign")
        history = await seal(app.consent(copied, "code-2"), app.tools)
        assert history.state is State.LAPSED
        assert "according to the outbox" in history.last(Lapsed).why
        assert app.vendor.calls.count("sign") == signatures

    async def test_a_batch_that_is_cancelled_keeps_what_was_delivered_before(self) -> None:
        app = MemoryApp()
        app.outbox.earlier = {a_document(2).id: an_earlier_delivery(2)}
        history = await abandon((await app.prepared(*documents(3))).batch, ANNA, app.tools)
        await deliver(history.batch, app.tools)
        assert set(await app.quarantine.reasons()) == {a_document(1).id, a_document(3).id}


class TestWhatTheVendorShows:
    """The outbox is an older copy too, or its consumers have taken everything away."""

    async def test_a_batch_whose_sessions_hold_sealed_files_is_set_apart(self) -> None:
        app = MemoryApp()
        copied = await app.prepared(*documents(3))
        app.vendor.finish_late()
        await reconcile(copied.batch, app.tools)
        history = await prepare(copied.batch, app.tools)
        assert history.state is State.ABANDONED
        assert set((await app.quarantine.reasons()).values()) == {Reason.SEALED_BEFORE}
        assert set(app.vendor.downloaded) == {document.id for document in documents(3)}

    async def test_sessions_that_ended_before_their_time_are_told_to_whoever_approves(self) -> None:
        app = MemoryApp()
        copied = await delivered_since(app)
        app.outbox.earlier.clear()
        await reconcile(copied.batch, app.tools)
        history = await prepare(copied.batch, app.tools)
        assert (history.state, history.prepared.caution) == (State.PREPARED, ENDED_EARLY)

    @pytest.mark.parametrize("is_sealed", [True, False])
    async def test_a_batch_that_was_signed_when_the_copy_was_made_is_not_finalized_again(
        self, *, is_sealed: bool
    ) -> None:
        app = MemoryApp()
        copied = await app.signed(*documents(2))
        if is_sealed:
            app.vendor.finish_late()
        else:
            app.vendor.sessions.clear()
        assert (await deliver(copied.batch, app.tools)).state is State.LAPSED
        assert "finalize" not in app.vendor.calls
        history = await prepare(copied.batch, app.tools)
        assert history.state is (State.ABANDONED if is_sealed else State.PREPARED)

    async def test_sessions_that_we_closed_ourselves_are_no_reason_to_warn(self) -> None:
        app = MemoryApp()
        signed = await app.signed(*documents(2))
        app.vendor.errors_at_finalize = dict.fromkeys([document.id for document in documents(2)], "no")
        history = await ask_again((await deliver(signed.batch, app.tools)).batch, ANNA, app.tools)
        history = await prepare(history.batch, app.tools)
        assert (history.state, history.prepared.caution) == (State.PREPARED, "")

    async def test_what_a_finalize_that_was_begun_has_done_is_asked_about_with_a_warning(self) -> None:
        app = MemoryApp()
        signed = await app.signed(*documents(2))
        app.vendor.faults["finalize"] = Uncertain("no answer")
        with pytest.raises(Retryable):
            await deliver(signed.batch, app.tools)
        app.vendor.sessions.clear()
        app.later(3600)
        assert (await deliver(signed.batch, app.tools)).last(Lapsed).is_doubtful
        app.vendor.faults.clear()
        history = await prepare(signed.batch, app.tools)
        assert (history.state, history.prepared.caution) == (State.PREPARED, ENDED_EARLY)

    async def test_a_warning_outlives_that_nobody_approved_in_time(self) -> None:
        app = MemoryApp()
        copied = await delivered_since(app)
        app.outbox.earlier.clear()
        await reconcile(copied.batch, app.tools)
        await prepare(copied.batch, app.tools)
        app.later(timedelta(days=2).total_seconds())
        history = await recover(copied.batch, app.tools)
        assert (history.state, history.prepared.caution) == (State.PREPARED, ENDED_EARLY)

    @pytest.mark.parametrize(
        ("shown", "expected"),
        [("proven", None), ("collected", Reason.SEALED_BEFORE), ("nothing", Reason.SEALED_BEFORE)],
    )
    async def test_what_was_sealed_when_the_copy_was_made_and_fetched_since_is_not_sent_again(
        self, shown: str, expected: Reason | None
    ) -> None:
        app = MemoryApp()
        signed = await app.signed(*documents(2))
        app.vendor.faults["download"] = Uncertain("no answer")
        with pytest.raises(Uncertain):
            await deliver(signed.batch, app.tools)
        copied = await app.ledger.read(signed.batch)
        assert copied.state is State.SEALED
        app.vendor.faults.clear()
        await deliver(signed.batch, app.tools)
        restore(app.ledger, copied)
        if shown != "proven":
            app.outbox.earlier = {
                each: earlier.model_copy(update={"is_proven": False})
                for each, earlier in app.outbox.earlier.items()
                if shown == "collected"
            }
        ended = await deliver(signed.batch, app.tools)
        reasons = {getattr(outcome, "reason", None) for outcome in ended.last(Delivered).outcomes}
        assert (ended.state, reasons) == (State.DELIVERED, {expected})


class TestWithoutARestore:
    async def test_a_batch_that_waits_is_left_alone_for_one_call(self) -> None:
        app = MemoryApp()
        history = await app.prepared(*documents(3))
        app.vendor.calls.clear()
        assert await reconcile(history.batch, app.tools) == history
        assert app.vendor.calls == ["session_state"]

    async def test_what_has_expired_is_not_asked_about(self) -> None:
        app = MemoryApp()
        history = await app.prepared(*documents(3))
        app.later(timedelta(days=2).total_seconds())
        app.vendor.calls.clear()
        assert await reconcile(history.batch, app.tools) == history
        assert app.vendor.calls == []
