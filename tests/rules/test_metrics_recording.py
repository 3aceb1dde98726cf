from datetime import timedelta

from prometheus_client import generate_latest

from jobs.model.digest import Digest
from jobs.model.documents import Profile
from jobs.model.history import History
from jobs.model.names import batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Gathered, Prepared, PreparedDocument, Refusal, Released, Signing
from tests.support.builders import ANNA, INVOICES, NOON, a_document_id, a_seal, documents
from worker.metrics.recording import Recorder
from worker.metrics.series import Series

BATCH = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(3))
PREPARED = Prepared(
    at=NOON + timedelta(seconds=2),
    documents=(PreparedDocument(document=a_document_id(1), session="s", digest=Digest.sha256(b"")),),
    seal=a_seal(),
    summary="s",
    summary_algorithm="SHA256",
    signature_algorithm="ecdsa",
    expires_at=NOON + timedelta(days=1),
)


def exposed(series: Series) -> str:
    return generate_latest(series.registry).decode()


def test_each_record_is_counted_once_and_its_stage_timed() -> None:
    series = Series()
    for records in ((GATHERED,), (GATHERED, PREPARED)):
        Recorder(series).observe_record(History(batch=BATCH, records=records))
    page = exposed(series)
    assert 'zimogs_batch_records_total{state="gathered"} 1.0' in page
    assert 'zimogs_stage_seconds_sum{stage="prepared"} 2.0' in page
    assert "zimogs_batch_documents_sum 3.0" in page


def test_the_wait_for_a_person_is_kept_apart_from_the_stages() -> None:
    series = Series()
    signing = Signing(at=NOON + timedelta(seconds=62), approver=ANNA, attempt=1)
    Recorder(series).observe_record(History(batch=BATCH, records=(GATHERED, PREPARED, signing)))
    page = exposed(series)
    assert "zimogs_approval_wait_seconds_sum 60.0" in page
    assert 'stage="signing"' not in page


def test_the_wait_for_a_release_is_a_person_s_too() -> None:
    series = Series()
    released = Released(at=NOON + timedelta(seconds=32), releaser=ANNA)
    Recorder(series).observe_record(History(batch=BATCH, records=(GATHERED, PREPARED, released)))
    page = exposed(series)
    assert "zimogs_approval_wait_seconds_sum 30.0" in page
    assert 'stage="released"' not in page


def test_an_abandoned_batch_counts_every_document_with_its_reason() -> None:
    series = Series()
    refusal = Refusal(document=a_document_id(1), reason=Reason.TOO_LARGE, detail="")
    abandoned = Abandoned(at=NOON, why="x", refused=(refusal,))
    Recorder(series).observe_record(History(batch=BATCH, records=(GATHERED, abandoned)))
    page = exposed(series)
    assert 'zimogs_documents_quarantined_total{reason="too-large"} 1.0' in page
    assert 'zimogs_documents_quarantined_total{reason="abandoned"} 2.0' in page
