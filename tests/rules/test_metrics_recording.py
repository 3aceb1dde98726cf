"""What each record of a batch's life is counted as."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobs.model.asking import Asking
from jobs.model.calendar import Calendar
from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile, Route
from jobs.model.history import History
from jobs.model.names import batch_id
from jobs.model.reasons import Reason
from jobs.model.records import (
    Abandoned,
    Archived,
    Archiving,
    Delivered,
    Delivery,
    DocumentResult,
    Finalizing,
    Gathered,
    Lapsed,
    Prepared,
    PreparedDocument,
    Record,
    Refusal,
    Released,
    Sealed,
    Signed,
    SignedDocument,
    Signing,
)
from jobs.model.way_in import WayIn
from jobs.ports import Story
from tests.support.builders import ANNA, INVOICES, NOON, a_document, a_route, a_seal
from tests.support.vendor import value_for
from worker.metrics.recording import Recorder
from worker.metrics.series import Series
from worker.queue.task_runner import RunOutcome

DIGEST = Digest.sha256(b"attributes")
FIRST, SECOND, THIRD = (a_document(number, age=30, size=1000 * number) for number in (1, 2, 3))
REFUSAL = Refusal(document=THIRD.id, reason=Reason.NOT_FINALIZED, detail="")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def prepared_again(seconds: float) -> Prepared:
    return PREPARED.model_copy(update={"at": after(seconds)})


GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=(FIRST, SECOND, THIRD))
PREPARED = Prepared(
    at=after(10),
    documents=tuple(PreparedDocument(document=each.id, session="s", digest=DIGEST) for each in GATHERED.documents),
    seal=a_seal(),
    summary="s",
    summary_algorithm="SHA256",
    signature_algorithm="ecdsa",
    expires_at=NOON + timedelta(days=1),
)
SIGNING = Signing(at=after(70), approver=ANNA, attempt=1)
SIGNED = Signed(
    at=after(71),
    values=tuple(SignedDocument(document=each.id, value=value_for(DIGEST)) for each in GATHERED.documents),
)
SEALED = Sealed(
    at=after(80),
    results=(
        DocumentResult(document=FIRST.id),
        DocumentResult(document=SECOND.id),
        DocumentResult(document=THIRD.id, error="no"),
    ),
)
ARCHIVED = Archived(at=after(84), results=(DocumentResult(document=FIRST.id), DocumentResult(document=SECOND.id)))


def a_delivery(document: Document, size: int) -> Delivery:
    return Delivery(document=document.id, name=document.name, sha256=DIGEST, size=size, level="PAdES B-LT")


DELIVERED = Delivered(at=after(90), outcomes=(a_delivery(FIRST, 5000), a_delivery(SECOND, 6000), REFUSAL))
WHOLE_LIFE = (GATHERED, PREPARED, SIGNING, SIGNED, Finalizing(at=after(72), attempt=1), SEALED)


class Counts:
    """What was counted of one batch whose records were written one by one."""

    def __init__(self, *records: Record, route: Route | None = None) -> None:
        self.series = Series([INVOICES])
        recorder = Recorder(self.series, {INVOICES: route or a_route()})
        for end in range(1, len(records) + 1):
            recorder.observe_record(History(batch=batch_id(INVOICES, 1), records=records[:end]))

    def __getitem__(self, sample: str) -> float | None:
        name, _, labels = sample.partition(" ")
        pairs = dict(pair.split("=") for pair in labels.split())
        return self.series.registry.get_sample_value(f"zimogs_{name}", pairs)


def test_each_record_is_counted_once_and_its_stage_timed() -> None:
    counts = Counts(GATHERED, PREPARED)
    assert counts["batch_records_total state=gathered"] == 1
    assert counts["batch_records_total state=prepared"] == 1
    assert counts["stage_seconds_sum stage=prepared"] == 10
    assert counts["batch_documents_sum route=invoices"] == 3


def test_documents_and_bytes_are_counted_by_the_way_they_came() -> None:
    came = tuple(
        document.model_copy(update={"way_in": way})
        for document, way in zip(GATHERED.documents, (WayIn.API, WayIn.FOLDER, WayIn.API), strict=True)
    )
    counts = Counts(GATHERED.model_copy(update={"documents": came}))
    assert counts["documents_received_total route=invoices way_in=api"] == 2
    assert counts["bytes_received_total route=invoices way_in=api"] == 4000
    assert counts["documents_received_total route=invoices way_in=folder"] == 1
    assert counts["documents_received_total route=invoices way_in=submit"] == 0


def test_what_is_delivered_is_counted_with_the_size_of_the_sealed_files() -> None:
    counts = Counts(*WHOLE_LIFE, DELIVERED)
    assert counts["documents_sealed_total route=invoices way_in=folder"] == 2
    assert counts["bytes_sealed_total route=invoices way_in=folder"] == 11000
    assert counts["documents_quarantined_total route=invoices reason=not-finalized"] == 1


def test_the_wait_for_a_person_is_kept_apart_from_the_stages() -> None:
    counts = Counts(GATHERED, PREPARED, SIGNING)
    assert counts["approval_wait_seconds_sum route=invoices"] == 60
    assert counts["stage_seconds_count stage=signing"] == 0


def test_the_wait_for_a_release_is_a_person_s_too() -> None:
    counts = Counts(GATHERED, PREPARED, Released(at=after(40), releaser=ANNA))
    assert counts["approval_wait_seconds_sum route=invoices"] == 30
    assert counts["batch_seconds_total route=invoices waits_for=person"] == 30


@pytest.mark.parametrize(
    ("records", "person", "machine"),
    [
        ((GATHERED, PREPARED, SIGNING, SIGNED), 60, 11),
        ((GATHERED, PREPARED, Lapsed(at=after(40), why="nobody approved in time")), 30, 10),
        (
            (
                GATHERED,
                PREPARED,
                SIGNING,
                Lapsed(at=after(75), why="refused"),
                PREPARED.model_copy(update={"at": after(80)}),
            ),
            60,
            20,
        ),
        (
            (
                GATHERED,
                PREPARED,
                SIGNING,
                Lapsed(at=after(75), why="in vain", is_stopped=True),
                Lapsed(at=after(175), why="a person wants it again"),
            ),
            160,
            15,
        ),
    ],
)
def test_time_is_counted_for_whoever_it_is_waited_for(records: Sequence[Record], person: float, machine: float) -> None:
    counts = Counts(*records)
    assert counts["batch_seconds_total route=invoices waits_for=person"] == person
    assert counts["batch_seconds_total route=invoices waits_for=machine"] == machine


def test_one_authorization_covers_the_documents_that_were_asked_about() -> None:
    counts = Counts(GATHERED, PREPARED, SIGNING)
    assert counts["authorization_documents_count route=invoices"] == 1
    assert counts["authorization_documents_sum route=invoices"] == 3


def test_timestamps_are_counted_for_what_was_finalized_and_once_more_for_what_was_archived() -> None:
    counts = Counts(*WHOLE_LIFE, Archiving(at=after(82)), ARCHIVED)
    assert counts["timestamps_total route=invoices kind=seal"] == 2
    assert counts["timestamps_total route=invoices kind=archive"] == 2


class TestPromises:
    def test_a_document_is_asked_about_from_its_arrival_on(self) -> None:
        counts = Counts(GATHERED, PREPARED)
        assert counts["document_asked_seconds_count route=invoices"] == 3
        assert counts["document_asked_seconds_sum route=invoices"] == 3 * 40

    def test_asked_anew_it_is_not_counted_once_more(self) -> None:
        counts = Counts(
            GATHERED, PREPARED, Lapsed(at=after(20), why="old"), PREPARED.model_copy(update={"at": after(30)})
        )
        assert counts["document_asked_seconds_count route=invoices"] == 3

    def test_what_is_collected_until_a_time_of_day_waits_as_it_should_until_then(self) -> None:
        calendar = Calendar(zone=ZoneInfo("UTC"))
        route = a_route().model_copy(update={"asking": Asking(at=(time(11, 59, 50),), calendar=calendar)})
        counts = Counts(GATHERED, PREPARED, route=route)
        assert counts["document_asked_seconds_sum route=invoices"] == 3 * 20

    def test_a_document_is_sealed_from_the_approval_on(self) -> None:
        counts = Counts(*WHOLE_LIFE, DELIVERED)
        assert counts["document_sealed_seconds_count route=invoices"] == 2
        assert counts["document_sealed_seconds_sum route=invoices"] == 2 * 20

    def test_what_is_refused_after_the_approval_was_approved_in_vain(self) -> None:
        assert Counts(*WHOLE_LIFE, DELIVERED)["documents_approved_in_vain_total route=invoices"] == 1

    def test_so_was_what_has_to_be_approved_once_more(self) -> None:
        counts = Counts(GATHERED, PREPARED, SIGNING, Lapsed(at=after(75), why="the consent was spent"))
        assert counts["documents_approved_in_vain_total route=invoices"] == 3

    def test_what_nobody_approved_in_time_was_not(self) -> None:
        lapsed = Lapsed(at=after(40), why="nobody approved in time")
        again = (prepared_again(50), lapsed.model_copy(update={"at": after(60)}))
        assert Counts(GATHERED, PREPARED, lapsed, *again)["documents_approved_in_vain_total route=invoices"] == 0

    def test_what_was_refused_before_the_approval_breaks_no_promise(self) -> None:
        prepared = PREPARED.model_copy(update={"documents": PREPARED.documents[:2], "refused": (REFUSAL,)})
        counts = Counts(GATHERED, prepared, *WHOLE_LIFE[2:], DELIVERED)
        assert counts["documents_approved_in_vain_total route=invoices"] == 0
        assert counts["documents_quarantined_total route=invoices reason=not-finalized"] == 1


def test_an_abandoned_batch_counts_every_document_with_its_reason_but_none_that_was_delivered_before() -> None:
    refusal = Refusal(document=FIRST.id, reason=Reason.TOO_LARGE, detail="")
    delivered = (a_delivery(SECOND, 5000),)
    counts = Counts(GATHERED, Abandoned(at=after(5), why="x", refused=(refusal,), delivered=delivered))
    assert counts["documents_quarantined_total route=invoices reason=too-large"] == 1
    assert counts["documents_quarantined_total route=invoices reason=abandoned"] == 1


def test_a_clock_that_was_set_back_makes_no_counter_fall() -> None:
    counts = Counts(GATHERED, PREPARED.model_copy(update={"at": after(-3600)}))
    assert counts["batch_seconds_total route=invoices waits_for=machine"] == 0
    assert counts["document_asked_seconds_sum route=invoices"] == 0


def test_what_happens_outside_of_the_ledger_is_counted_as_it_is_told() -> None:
    series = Series([INVOICES])
    recorder = Recorder(series)
    recorder.count_quarantined(None, Reason.NO_ROUTE)
    recorder.observe_consent(INVOICES, 100, 12.5)
    recorder.observe_run(Story.PREPARE, RunOutcome.DONE, 1.5)
    found = series.registry.get_sample_value
    assert found("zimogs_documents_quarantined_total", {"route": "", "reason": "no-route"}) == 1
    assert found("zimogs_consent_seconds_sum", {"route": "invoices"}) == 12.5
    assert found("zimogs_documents_consented_total", {"route": "invoices"}) == 100
    assert found("zimogs_story_seconds_sum", {"story": "prepare"}) == 1.5
