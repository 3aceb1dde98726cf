"""What the page of a batch says beside each document, how it sorts them, and what they amount to."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from jobs.model.documents import Document
from jobs.model.earlier import SameContent
from jobs.model.metadata import Metadata
from jobs.model.names import batch_id
from tests.support.builders import INVOICES, NOON, a_document, documents
from worker.desk.batch_status import Tone
from worker.desk.document_rows import PER_PAGE, DocumentRow, cut_page
from worker.desk.marks import LARGE, Surroundings, list_marks, name_attachments
from worker.desk.sums import Sum, Totals
from worker.preview import Look

HERE, THERE = batch_id(INVOICES, 1), batch_id(INVOICES, 2)
DOCUMENT = a_document(1)


def marks(
    document: Document = DOCUMENT,
    *others: Document,
    look: Look | None = None,
    seen: SameContent | None = None,
    knows: tuple[str, ...] = (THERE,),
) -> list[str]:
    key = document.sha256.hex
    around = Surroundings(
        documents=(document, *others),
        looks={key: look} if look else {},
        seen={key: seen} if seen else {},
        batches=[batch for batch in (HERE, THERE) if batch in knows],
    )
    return list(list_marks(document, around))


def test_an_ordinary_document_has_no_marks() -> None:
    assert marks(DOCUMENT, *documents(6)[1:], look=Look(width=1, height=1)) == []


def test_the_same_content_twice_names_the_other() -> None:
    twin = a_document(2, name="copy.pdf").model_copy(update={"sha256": DOCUMENT.sha256})
    assert marks(DOCUMENT, twin) == ["The same content is in this batch once more: copy.pdf."]
    third = a_document(3).model_copy(update={"sha256": DOCUMENT.sha256})
    assert marks(DOCUMENT, twin, third) == ["The same content is in this batch 2 more times, first as copy.pdf."]


def test_a_batch_of_thousands_is_looked_through_once_and_not_for_each_of_its_documents() -> None:
    looks = 0

    class Watched(tuple[Document, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Document]:
            nonlocal looks
            looks += 1
            return super().__iter__()

    around = Surroundings(Watched(documents(50)), {}, {}, ())
    assert [mark for document in documents(50) for mark in list_marks(document, around)] == []
    assert looks == 2, "once for their contents, once for their sizes"


@pytest.mark.parametrize(
    ("seen", "knows", "words"),
    [
        (SameContent(batch=THERE, sealed_at=NOON), (THERE,), f"The same content was sealed before, in batch {THERE}."),
        (SameContent(batch=THERE, sealed_at=NOON), (), "The same content was sealed before, in another batch."),
        (SameContent(batch=THERE), (THERE,), f"The same content waits in another batch as well: {THERE}."),
        (SameContent(batch=THERE), (), "The same content waits in another batch as well."),
    ],
)
def test_content_of_another_batch_is_told_and_its_name_to_those_who_may_know_it(
    seen: SameContent, knows: tuple[str, ...], words: str
) -> None:
    assert marks(seen=seen, knows=knows) == [words]


def test_signers_are_named_once_and_attachments_are_no_mark() -> None:
    look = Look(width=1, height=1, signers=("Anna", "SIA Paraugs", "Anna"), attachments=("factur-x.xml",))
    assert marks(look=look) == ["Signed already, by its own word, by: Anna, SIA Paraugs."]
    around = Surroundings((DOCUMENT,), {DOCUMENT.sha256.hex: look}, {}, ())
    assert name_attachments(DOCUMENT, around) == ("Attached inside it: factur-x.xml.",)


@pytest.mark.parametrize(
    ("size", "others", "is_marked"),
    [(20 * LARGE, 5, True), (LARGE - 1, 5, False), (20 * LARGE, 1, False), (9 * LARGE, 5, False)],
)
def test_what_is_unusually_large_is_so_beside_its_batch(size: int, others: int, *, is_marked: bool) -> None:
    usual = LARGE if size > LARGE else 1000
    large = DOCUMENT.model_copy(update={"size": size})
    rest = [a_document(number, size=usual) for number in range(2, 2 + others)]
    assert bool(marks(large, *rest)) == is_marked


def a_row(metadata: Metadata) -> DocumentRow:
    return DocumentRow(
        id=DOCUMENT.id,
        name="a.pdf",
        size=1,
        sha256="",
        words="",
        tone=Tone.BUSY,
        advice="",
        detail="",
        data_files=(),
        marks=(),
        remarks=(),
        metadata=metadata,
        has_picture=True,
        without_picture="",
    )


def test_sums_are_added_by_currency_and_what_says_none_is_counted() -> None:
    said = [("10.10", "EUR"), ("0.20", "EUR"), ("5", "USD"), ("7", None), (None, "EUR")]
    known = [Metadata(total=total and Decimal(total), currency=currency) for total, currency in said]
    sums = (Sum(Decimal("10.30"), "EUR", 2), Sum(Decimal(5), "USD", 1))
    assert Totals.of(known) == Totals(sums, unsaid=2)


def test_a_long_list_is_cut_into_pages() -> None:
    rows = [a_row(Metadata())] * (PER_PAGE + 1)
    assert (cut_page(rows, 1).first, cut_page(rows, 1).last) == (1, PER_PAGE)
    assert (cut_page(rows, 2).first, cut_page(rows, 2).last) == (PER_PAGE + 1, PER_PAGE + 1)
    assert cut_page(rows[:1], 2).rows == []
