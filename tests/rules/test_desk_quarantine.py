"""What the pages of quarantine, documents and seals show, as rules: choosing, paging, words, names of files."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.duplicates import Duplicate, Duplicates, EarlierDocument
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.text import Language, Written
from tests.support.builders import ANNA, INVOICES, JANIS, NOON, a_document, a_route, a_seal, documents
from tests.support.memory_app import MemoryApp
from worker.desk.batch_status import Tone
from worker.desk.document_facts import DocumentFacts, DocumentStanding
from worker.desk.document_history import STATUS, document_events
from worker.desk.quarantine_list import PAGE, QuarantineChoice, QuarantinePage
from worker.desk.reader import Reader
from worker.desk.reason_titles import TITLES
from worker.desk.resending_words import summarize
from worker.desk.seal_list import SealLine
from worker.desk.sending import disposition, zip_pieces
from worker.desk.sessions import DeskSession, SessionEnds
from worker.storage.explanation import Explanation, NotQuarantined, QuarantineEntry
from worker.translation import translate

SALARIES = RouteName("salaries")


def an_entry(number: int, reason: Reason = Reason.DAMAGED, *, route: RouteName | None = INVOICES) -> QuarantineEntry:
    """One that came to quarantine `number` minutes after noon."""
    document, at = a_document(number), NOON + timedelta(minutes=number)
    refusal = Refusal(document=document.id, reason=reason, detail="")
    explanation = Explanation.of(document, refusal, None, at).model_copy(update={"route": route})
    return QuarantineEntry(Path("original"), Path("shown"), explanation)


def listed(page: QuarantinePage) -> list[list[str]]:
    return [[entry.explanation.name for entry in group.entries] for group in page.groups]


def test_what_has_one_reason_stands_together_and_the_newest_first() -> None:
    entries = [an_entry(1), an_entry(2, Reason.EMPTY), an_entry(3)]
    page = QuarantinePage.of(entries, QuarantineChoice())
    assert listed(page) == [["invoice-3.pdf", "invoice-1.pdf"], ["invoice-2.pdf"]]
    assert page.by_reason == {Reason.DAMAGED: 2, Reason.EMPTY: 1}


def test_a_route_and_a_reason_can_be_chosen() -> None:
    entries = [
        an_entry(1),
        an_entry(2, route=SALARIES),
        an_entry(3, Reason.EMPTY, route=SALARIES),
        an_entry(4, route=None),
    ]
    assert QuarantinePage.of(entries, QuarantineChoice(route=SALARIES)).total == 2
    assert listed(QuarantinePage.of(entries, QuarantineChoice(route=SALARIES, reason=Reason.EMPTY))) == [
        ["invoice-3.pdf"]
    ]
    assert QuarantinePage.of(entries, QuarantineChoice()).by_route == {INVOICES: 1, SALARIES: 2}


@pytest.mark.parametrize(("page", "shown", "first"), [(1, PAGE, PAGE * 2 + 1), (3, 1, 1), (99, 1, 1)])
def test_a_page_holds_so_many_and_one_beyond_the_last_is_the_last(page: int, shown: int, first: int) -> None:
    chosen = QuarantinePage.of([an_entry(number) for number in range(1, PAGE * 2 + 2)], QuarantineChoice(page=page))
    (names,) = listed(chosen)
    assert (len(names), names[0], chosen.pages) == (shown, f"invoice-{first}.pdf", 3)


@pytest.mark.parametrize(
    "choice",
    [
        QuarantineChoice(),
        QuarantineChoice(route=INVOICES),
        QuarantineChoice(reason=Reason.EMPTY, dismissed=True, page=7),
        QuarantineChoice(INVOICES, page=2),
    ],
)
def test_the_address_of_a_choice_is_read_as_that_choice(choice: QuarantineChoice) -> None:
    query = dict(part.split("=") for part in choice.address(page=choice.page).partition("?")[2].split("&") if part)
    assert QuarantineChoice.of(query, [INVOICES]) == choice


@pytest.mark.parametrize("page", ["0", "-1", "²", "x", "", "9" * 30])
def test_an_address_that_makes_no_sense_chooses_nothing(page: str) -> None:
    assert (
        QuarantineChoice.of({"route": "secret", "reason": "none", "show": "x", "page": page}, [INVOICES])
        == QuarantineChoice()
    )


def test_another_choice_begins_at_its_first_page() -> None:
    assert QuarantineChoice(page=7).address(reason=Reason.EMPTY) == "/quarantine?reason=empty"


def test_each_reason_has_a_title_and_each_standing_its_words() -> None:
    assert set(TITLES) == set(Reason)
    assert set(STATUS) == set(DocumentStanding)


def test_what_became_of_many_is_told_in_one_sentence_for_each_kind() -> None:
    sent, refused = a_document(1), Refusal(document=a_document(2).id, reason=Reason.EMPTY, detail="")
    assert summarize([sent]) == ("1 document is on its way again.", "good")
    text, tone = summarize([sent, sent, refused, NotQuarantined("gone")])
    assert text.startswith("2 documents are on their way again. 1 was refused once more")
    assert "1 could not be sent" in text
    assert tone == "bad"


def test_what_became_of_many_is_told_in_latvian_on_the_next_page() -> None:
    session = DeskSession({}, NOON, NOON, SessionEnds(timedelta(hours=1), timedelta(hours=1)))
    text, tone = summarize([a_document(1), NotQuarantined("gone")])
    session.flash(text, tone)
    flash = session.take_flash()
    assert flash is not None
    told = [translate(Written(sentence), Language.LATVIAN) for sentence in flash.sentences]
    assert told == ["1 dokuments atkal ir ceļā.", translate(Written(text.sentences[1]), Language.LATVIAN)]
    assert told[1].startswith("1 neizdevās nosūtīt")


def test_what_is_the_same_as_another_did_not_fail_to_be_sent() -> None:
    earlier = EarlierDocument(document=a_document(1).id, name="a.pdf", received_at=NOON)
    duplicate = Duplicate(document=a_document(2), rule=Duplicates.SKIP, earlier=earlier)
    text, tone = summarize([duplicate])
    assert (text.startswith("1 is not sealed by itself"), "could not be sent" in text, tone) == (True, False, "good")
    facts = DocumentFacts(duplicate.document.id, received=duplicate.document, duplicate=duplicate)
    assert facts.state is DocumentStanding.SKIPPED


@pytest.mark.parametrize(
    ("days", "tone", "words"),
    [
        (30, Tone.GOOD, "30 days left"),
        (29, Tone.ASKS, "29 days left"),
        (1, Tone.ASKS, "1 day left"),
        (0, Tone.ASKS, "Its certificate ends within a day"),
        (-1, Tone.BAD, "Its certificate has ended"),
    ],
)
def test_a_seal_warns_from_thirty_days_on(days: int, tone: Tone, words: str) -> None:
    seal = a_seal().model_copy(update={"expires_at": NOON + timedelta(days=days, hours=1)})
    line = SealLine.of((a_route(),), seal, NOON)
    assert (line.tone, line.words, line.asks) == (tone, words, tone is not Tone.GOOD)


def test_a_seal_that_is_not_enrolled_asks_for_it() -> None:
    line = SealLine.of((a_route(),), None, NOON)
    assert (line.tone, line.words) == (Tone.ASKS, "Not enrolled yet")


async def test_a_documents_way_is_told_from_its_arrival_to_its_delivery() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(2))
    document = history.gathered.documents[0]
    facts = DocumentFacts(document.id, received=document, history=history)
    told = [event.text for event in document_events(facts, Reader(ANNA))]
    assert told == [
        "It was taken in: a copy of our own was made and hashed.",
        "It was looked at: nothing in it stands in the way.",
        f"It became part of batch {history.batch}.",
        "Its digest was calculated, ready for approval.",
        "You approved.",
        "Its signature value came back and was verified.",
    ]
    assert facts.state is DocumentStanding.IN_BATCH
    other = Reader(JANIS, {ANNA: "Anna Parauga"})
    assert "Anna Parauga approved." in [event.text for event in document_events(facts, other)]
    assert f"The person {ANNA} approved." in [event.text for event in document_events(facts, Reader(JANIS))]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('2026/rē "1".pdf', "attachment; filename=\"r_ _1_.pdf\"; filename*=UTF-8''r%C4%93%20%221%22.pdf"),
        (
            "a\r\nSet-Cookie: b.pdf",
            "attachment; filename=\"a__Set-Cookie: b.pdf\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b.pdf",
        ),
    ],
)
def test_a_file_is_called_by_its_name_and_nothing_in_it_becomes_a_header(name: str, header: str) -> None:
    assert disposition(name, is_shown=False) == header


def test_a_zip_is_made_while_it_is_sent_and_no_more_of_it_than_a_piece_is_held() -> None:
    content = bytes(range(256)) * 4096
    pieces = list(zip_pieces([("folder/a", iter([content] * 8)), ("b", iter([b"b"]))]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    assert archive.read("folder/a") == content * 8
    assert archive.read("b") == b"b"
