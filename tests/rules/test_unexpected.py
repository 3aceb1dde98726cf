"""An error that nobody expected is one document's alone, at each step of its way."""

from dataclasses import replace

import pytest

from jobs.deliver import deliver
from jobs.model.documents import Document, Profile
from jobs.model.errors import Rejected, Uncertain
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Delivered, Delivery, Outcome, Prepared, Refusal
from jobs.model.seals import Expectation, Proof
from jobs.unexpected import refusing_unexpected
from tests.support.builders import a_document_id, documents
from tests.support.memory_app import MemoryApp
from tests.support.quarantine import MemoryQuarantine
from tests.support.small import MemoryVerifier
from tests.support.vendor import MemoryVendor

POISON = a_document_id(2)
FAULTS = [RecursionError("deep"), MemoryError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), KeyError("name")]


class StumblingVendor(MemoryVendor):
    """Stumbles over one document, when it is sent or when it is fetched."""

    def __init__(self, at: str, fault: Exception) -> None:
        super().__init__()
        self.at, self.fault = at, fault

    def _stumble(self, at: str, document: Document) -> None:
        if (at, document.id) == (self.at, POISON):
            raise self.fault

    async def upload(self, session: str, document: Document, profile: Profile) -> None:
        self._stumble("upload", document)
        await super().upload(session, document, profile)

    async def is_sealed(self, session: str, document: Document, profile: Profile) -> bool:
        self._stumble("look", document)
        return await super().is_sealed(session, document, profile)

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        self._stumble("download", document)
        await super().download(session, document, profile)


class StumblingVerifier(MemoryVerifier):
    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        if document.id == POISON:
            raise ZeroDivisionError
        return await super().verify_sealed(document, expectation)


class StumblingQuarantine(MemoryQuarantine):
    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        if document.id == POISON:
            raise ValueError("a name that nobody thought of")
        await super().put(document, refusal, batch)


def reasons(outcomes: tuple[Outcome, ...]) -> dict[DocumentId, Reason]:
    return {outcome.document: outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_a_document_that_cannot_be_sent_for_a_fault_of_ours_is_set_aside_alone(fault: Exception) -> None:
    app = MemoryApp(vendor=StumblingVendor("upload", fault))
    prepared = (await app.prepared(*documents(3))).last(Prepared)
    assert reasons(prepared.refused) == {POISON: Reason.UNEXPECTED}
    assert len(prepared.documents) == 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_a_document_that_cannot_be_fetched_for_a_fault_of_ours_is_set_aside_alone(fault: Exception) -> None:
    app = MemoryApp(vendor=StumblingVendor("download", fault))
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert reasons(history.last(Delivered).outcomes) == {POISON: Reason.UNEXPECTED}
    assert sum(isinstance(outcome, Delivery) for outcome in history.last(Delivered).outcomes) == 2


async def test_a_fault_in_the_judgement_is_the_document_s_alone() -> None:
    app = MemoryApp()
    app.verifier = StumblingVerifier(app.vendor.downloaded)
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert reasons(history.last(Delivered).outcomes) == {POISON: Reason.UNEXPECTED}


async def test_a_look_that_meets_a_fault_of_ours_decides_nothing_and_holds_nobody_up() -> None:
    app = MemoryApp(vendor=StumblingVendor("look", RecursionError()))
    batch = (await app.signed(*documents(3))).batch
    app.vendor.faults = {"finalize": Uncertain("504")}
    app.vendor.after_work = {"finalize"}
    history = await deliver(batch, app.tools)
    assert history.state is State.DELIVERED
    assert reasons(history.last(Delivered).outcomes) == {}


async def test_one_original_that_cannot_be_moved_keeps_none_of_the_others_where_it_is() -> None:
    app = MemoryApp(quarantine=StumblingQuarantine())
    app.vendor.refused_at_upload = {POISON, a_document_id(3)}
    batch = (await app.signed(*documents(4))).batch
    with pytest.raises(ValueError, match="nobody thought of"):
        await deliver(batch, app.tools)
    assert set(app.originals.retired) == {a_document_id(1), a_document_id(4)}
    assert a_document_id(3) in app.quarantine.refusals
    assert await app.ledger.open_batches() == (batch,)


async def test_the_fault_is_told_once_with_its_place_and_without_its_words() -> None:
    app, heard = MemoryApp(), list[tuple[DocumentId, Exception]]()
    fault = KeyError("a secret")
    tools = replace(app.tools, tell_fault=lambda document, error: heard.append((document, error)))
    with pytest.raises(Rejected) as caught, refusing_unexpected(POISON, tools):
        raise fault
    assert heard == [(POISON, fault)]
    assert caught.value.detail.startswith("KeyError")
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize("expected", [Uncertain("504"), OSError(28, "No space left on device")])
async def test_what_a_step_says_of_itself_and_what_the_system_says_is_no_document_s_fault(expected: Exception) -> None:
    with pytest.raises(type(expected)), refusing_unexpected(POISON, MemoryApp().tools):
        raise expected
