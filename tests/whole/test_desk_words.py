"""A batch in plain words: every state, every record, every reason."""

import errno
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import OutOfMemoryError

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Content, DataFile, Profile, SealFormat, Validation
from jobs.model.history import History
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from jobs.model.reasons import ADVICE, Reason
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
    Split,
)
from jobs.model.standstill import WORDS, Cause
from jobs.model.text import Language, Text
from tests.support.builders import ANNA, INVOICES, JANIS, NOON, a_document, a_document_id, a_seal, documents
from worker.desk import formats
from worker.desk.batch_details import renewal_reason, timeline
from worker.desk.batch_status import STEPS, Tone, batch_status, steps_done
from worker.desk.document_rows import DocumentLists
from worker.desk.errors import explain
from worker.desk.marks import Surroundings
from worker.desk.rendering import templates
from worker.objects.failures import StorageAway
from worker.translation import moment, size

ONE, TWO = a_document_id(1), a_document_id(2)
LATE = Refusal(document=TWO, reason=Reason.NOT_FINALIZED, detail="BSS-999")

GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))
PREPARED = Prepared(
    at=NOON,
    documents=tuple(
        PreparedDocument(document=one, session=f"s-{one}", digest=Digest.sha256(b"")) for one in (ONE, TWO)
    ),
    seal=a_seal(),
    summary="c3VtbWFyeQ==",
    summary_algorithm="SHA256",
    signature_algorithm="ecdsa",
    expires_at=NOON + timedelta(days=1),
)
RELEASED = Released(at=NOON, releaser=JANIS)
SIGNING = Signing(at=NOON, approver=ANNA, attempt=1)
SIGNED = Signed(
    at=NOON, values=tuple(SignedDocument(document=one, value=SignatureValue.of(b"value")) for one in (ONE, TWO))
)
FINALIZING = Finalizing(at=NOON, attempt=1)
SEALED = Sealed(at=NOON, results=(DocumentResult(document=ONE), DocumentResult(document=TWO, error="BSS-999")))
ARCHIVING = Archiving(at=NOON)
ARCHIVED = Archived(at=NOON, results=(DocumentResult(document=ONE),))
ARRIVED = Delivery(document=ONE, name="invoice-1.pdf", sha256=Digest.sha256(b""), size=1, level="PAdES B-LT")
DELIVERED = Delivered(at=NOON, outcomes=(ARRIVED, LATE))
LAPSED = Lapsed(at=NOON, why="nobody approved in time")
CANCELLED = Abandoned(at=NOON, why="cancelled on the desk", by=ANNA)
SPLIT = Split(at=NOON, why="too many", rest=batch_id(INVOICES, 2), documents=(TWO,))
LIVES: dict[State, tuple[Record, ...]] = {
    State.GATHERED: (GATHERED,),
    State.SPLIT: (GATHERED, SPLIT),
    State.PREPARED: (GATHERED, PREPARED),
    State.RELEASED: (GATHERED, PREPARED, RELEASED),
    State.SIGNING: (GATHERED, PREPARED, SIGNING),
    State.SIGNED: (GATHERED, PREPARED, SIGNING, SIGNED),
    State.FINALIZING: (GATHERED, PREPARED, SIGNING, SIGNED, FINALIZING),
    State.SEALED: (GATHERED, PREPARED, SIGNING, SIGNED, FINALIZING, SEALED),
    State.ARCHIVING: (GATHERED, PREPARED, SIGNING, SIGNED, FINALIZING, SEALED, ARCHIVING),
    State.ARCHIVED: (GATHERED, PREPARED, SIGNING, SIGNED, FINALIZING, SEALED, ARCHIVING, ARCHIVED),
    State.DELIVERED: (GATHERED, PREPARED, SIGNING, SIGNED, FINALIZING, SEALED, DELIVERED),
    State.LAPSED: (GATHERED, PREPARED, LAPSED),
    State.ABANDONED: (GATHERED, PREPARED, CANCELLED),
}


def a_history(*records: Record) -> History:
    return History(batch=batch_id(INVOICES, 1), records=records)


def lists_of(history: History) -> DocumentLists:
    """The documents as they stand, with nothing known of them but the ledger."""
    return DocumentLists.of(history, Surroundings(tuple(history.documents.values()), {}, {}, ()))


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words(state: State) -> None:
    status = batch_status(a_history(*LIVES[state]))
    assert status.label
    assert status.sentence.endswith(".")


@pytest.mark.parametrize("state", State)
def test_a_batch_moves_unless_it_waits_for_a_person_or_is_over(state: State) -> None:
    resting = {State.PREPARED, State.DELIVERED, State.ABANDONED}
    assert batch_status(a_history(*LIVES[state])).is_moving == (state not in resting)


@pytest.mark.parametrize("state", State)
def test_every_record_has_its_sentence(state: State) -> None:
    entries = timeline(a_history(*LIVES[state]), ANNA)
    assert len(entries) == len(LIVES[state])
    assert all(entry.text.endswith(".") for entry in entries)


def test_a_batch_that_was_sealed_before_says_so_and_where_each_document_is() -> None:
    why = "Documents of this batch were sealed before"
    aside = Refusal(document=TWO, reason=Reason.SEALED_BEFORE, detail="collected")
    history = a_history(GATHERED, Abandoned(at=NOON, why=why, refused=(aside,), delivered=(ARRIVED,)))
    assert batch_status(history).label == "Sealed before"
    assert why in batch_status(history).sentence
    lists = lists_of(history)
    assert [row.tone for row in (*lists.put_aside, *lists.sealing)] == [Tone.BAD, Tone.GOOD]


def test_steps_only_go_forward() -> None:
    way = [State.GATHERED, State.PREPARED, State.SIGNING, State.SIGNED, State.SEALED, State.DELIVERED]
    done = [steps_done(a_history(*LIVES[state])) for state in way]
    assert done == sorted(set(done))
    assert done[-1] == len(STEPS)


def test_consent_on_its_way_is_a_step() -> None:
    history = a_history(*LIVES[State.PREPARED])
    assert batch_status(history, granted=True).is_moving
    assert steps_done(history, granted=True) == steps_done(history) + 1


def test_without_its_seal_a_batch_asks_for_a_person() -> None:
    assert batch_status(a_history(GATHERED), enrolled=False).tone is Tone.ASKS


def test_the_end_counts_both_kinds() -> None:
    status = batch_status(a_history(*LIVES[State.DELIVERED]))
    assert status.label == "Sealed, 1 put aside"
    assert status.sentence == "1 document sealed, verified and in the outbox; 1 document put aside."


def test_nothing_sealed_is_bad_news() -> None:
    refused = Refusal(document=ONE, reason=Reason.NOT_VERIFIED, detail="x")
    end = Delivered(at=NOON, outcomes=(refused, LATE))
    assert batch_status(a_history(*LIVES[State.SEALED], end)).tone is Tone.BAD


def test_a_folder_tells_which_files_are_in_it() -> None:
    file = DataFile(name="līgums.txt", size=1, sha256=Digest.sha256(b"x"), media_type="text/plain")
    folder = a_document(1, name="līgums.edoc").model_copy(update={"data_files": (file,)})
    (row,) = lists_of(a_history(GATHERED.model_copy(update={"documents": (folder,)}))).sealing
    assert [file.name for file in row.data_files] == ["līgums.txt"]


def test_each_document_has_its_own_ending() -> None:
    lists = lists_of(a_history(*LIVES[State.DELIVERED]))
    (refused,), (sealed,) = lists.put_aside, lists.sealing
    assert (sealed.words, sealed.tone) == ("Sealed (PAdES B-LT) as invoice-1.pdf", Tone.GOOD)
    assert (refused.words, refused.advice, refused.detail) == ("Put aside", ADVICE[Reason.NOT_FINALIZED], "BSS-999")


def test_a_document_put_aside_at_preparation_is_named_before_anybody_approves() -> None:
    damaged = Refusal(document=TWO, reason=Reason.DAMAGED, detail="no trailer")
    prepared = PREPARED.model_copy(update={"documents": PREPARED.documents[:1], "refused": (damaged,)})
    lists = lists_of(a_history(GATHERED, prepared))
    assert [(row.name, row.words) for row in lists.put_aside] == [("invoice-2.pdf", "Put aside")]
    assert [(row.name, row.words) for row in lists.sealing] == [("invoice-1.pdf", "")]


def test_cancelling_is_explained_once_and_not_for_every_document() -> None:
    history = a_history(*LIVES[State.ABANDONED])
    assert "zimogs retry" in batch_status(history).sentence
    assert {(row.words, row.advice) for row in lists_of(history).put_aside} == {("Put aside", "")}


def test_the_viewer_is_called_you_and_nobody_else_is() -> None:
    history = a_history(*LIVES[State.SIGNING])
    assert timeline(history, ANNA)[-1].text.startswith("You approved")
    assert timeline(history, JANIS)[-1].text.startswith(f"The person {ANNA} approved")


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(minutes=60), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(passed: timedelta, words: str) -> None:
    assert formats.age(NOON - passed, NOON) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (999_999, "1.0 MB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_a_size_is_told_in_decimal_units(count: int, words: str) -> None:
    assert size(count) == words


@given(st.integers(min_value=0, max_value=10**15))
def test_no_size_is_longer_than_a_column(count: int) -> None:
    assert len(size(count)) <= len("999.9 TB") + 1


def test_a_moment_names_its_zone() -> None:
    at = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
    assert moment(at).endswith(f"{at.astimezone():%H:%M %Z}")


def test_commands_in_a_sentence_stand_out_and_nothing_else_gets_through() -> None:
    mark = templates(Language.ENGLISH).filters["mark_commands"]
    assert mark("use `zimogs retry` & <b>") == "use <code>zimogs retry</code> &amp; &lt;b&gt;"
    assert mark("`<b>`") == "<code>&lt;b&gt;</code>"


def test_a_sentence_of_a_template_tells_the_texts_and_numbers_in_it() -> None:
    page = "{% trans count=n, why=why %}Preparing {{ why }}{% pluralize %}{{ why }}, {{ count }} <b>{% endtrans %}"
    values = {"why": Text("nobody approved in time"), "n": 10_000}
    told = templates(Language.LATVIAN).from_string(page).render(values)
    assert told == "neviens laikus neapstiprināja, 10\N{NO-BREAK SPACE}000 <b>"


def test_what_a_template_puts_into_a_sentence_is_escaped() -> None:
    page = "{% trans name=name %}Preparing {{ name }}{% endtrans %}"
    assert templates(Language.ENGLISH).from_string(page).render({"name": "<b>"}) == "Preparing &lt;b&gt;"


def test_large_numbers_are_grouped() -> None:
    assert formats.quantity(10_000) == "10\N{NO-BREAK SPACE}000 documents"


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (Profile(), "PDF (PAdES), B-LT"),
        (
            Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
            "EDOC container (XAdES), B-LT, by hash: files stay here",
        ),
        (Profile(level=SealLevel.LTA), "PDF (PAdES), B-LTA"),
        (Profile(validation=Validation.VENDOR), "PDF (PAdES), B-LT, validated by eParaksts"),
    ],
)
def test_how_a_batch_is_sealed_is_said_in_words(profile: Profile, words: str) -> None:
    assert formats.describe_profile(profile) == words


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OutOfMemoryError("Command (c0de) caused error: OOM"), Cause.REDIS_FULL),
        (OSError(errno.ENOSPC, "No space left"), Cause.DISK_FULL),
        (StorageAway("https://storage.internal/our-bucket says 503"), Cause.STORAGE_AWAY),
    ],
)
def test_what_fails_below_the_desk_is_told_without_quoting_it(error: Exception, cause: Cause) -> None:
    refused = explain(error)
    assert (refused.status, refused.advice) == (503, " ".join(WORDS[cause]))


def test_a_batch_is_stopped_up_only_where_it_would_move() -> None:
    held = [state for state in State if batch_status(a_history(*LIVES[state]), held=True).tone is Tone.HELD]
    assert set(held) == set(State) - {State.PREPARED, State.DELIVERED, State.ABANDONED}
    assert batch_status(a_history(GATHERED), held=True).is_moving


def test_who_is_asked_again_is_told_why() -> None:
    assert renewal_reason(a_history(GATHERED, PREPARED)) == ""
    assert renewal_reason(a_history(GATHERED, PREPARED, LAPSED, PREPARED)) == LAPSED.why


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "any moment"), (1, "in 1 second"), (60, "in 60 seconds"), (290, "in 5 minutes")]
)
def test_the_next_try_is_told_as_a_time_to_wait(seconds: int, words: str) -> None:
    assert formats.until(NOON + timedelta(seconds=seconds), NOON) == words
