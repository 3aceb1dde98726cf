"""What senders say about documents: taken exactly, or refused with a sentence that says what to change."""

import json
from datetime import date
from decimal import Decimal

import pytest

from jobs.model.documents import Document
from jobs.model.metadata import BadMetadata, Metadata, read_metadata, read_pairs
from jobs.model.totals import total_by_currency
from tests.support.builders import a_document, documents

WHOLE = """\ufeff{
  "number": 2026001, "issued_on": "2026-11-28", "total": 1234.50, "currency": "EUR",
  "customer": "SIA Re\u0304k\u0327ins", "sender": " Noliktava ", "reference": null,
  "other": {"paid": true, "order": "A-7", "rate": 1.0E2, "nothing": null}
}"""


def test_every_field_is_taken_exactly_as_it_is_written() -> None:
    read = read_metadata(WHOLE.encode())
    assert (read.number, read.issued_on, read.total, read.currency) == (
        "2026001",
        date(2026, 11, 28),
        Decimal("1234.50"),
        "EUR",
    )
    assert (read.customer, read.sender, read.reference) == ("SIA Rēķins", "Noliktava", None)
    assert read.other == {"paid": "true", "order": "A-7", "rate": "100"}


def test_what_was_read_survives_the_ledger_to_the_last_digit() -> None:
    read = read_metadata(b'{"total": 99999999999999.9900}')
    assert read.total == Decimal("99999999999999.9900")
    assert Metadata.model_validate_json(read.model_dump_json()) == read
    assert len({read, Metadata.model_validate_json(read.model_dump_json())}) == 1


def test_an_exponent_is_only_another_way_of_writing() -> None:
    assert str(read_metadata(b'{"total": 1.23456789E4}').total) == "12345.6789"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe{", "no text in UTF-8"),
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "no object"),
        (b"[" * 60_000, "nested too deep"),
        (b'{"other":' * 6_000, "nested too deep|no JSON"),
        (b" " * 65_537, "more than 65\N{NO-BREAK SPACE}536 bytes"),
        (b'{"total": NaN}', "NaN is no number"),
        (b'{"total": -Infinity}', "Infinity is no number"),
        (b'{"total": 1e999999999}', "too large"),
        (b'{"total": 1e99999999999999999999}', "too large"),
        (b'{"total": ' + b"9" * 60_000 + b"}", "too large"),
        (b'{"total": "1 234,50"}', "write it as 1234.50"),
        (b'{"total": true}', "is no sum"),
        (b'{"total": 1.23456}', "4 decimal places"),
        (b'{"number": "1", "number": "2"}', "'number' stands in it twice"),
        (b'{"other": {"a": "1", "a": "2"}}', "'a' stands in it twice"),
        (b'{"amount": 1}', "there is no field 'amount'"),
        (b'{"other": {"a": {"b": 1}}}', "'a' in 'other': is a list or an object"),
        (b'{"other": {"a": ["b"]}}', "list or an object"),
        (b'{"other": "a"}', "'other' must be an object"),
        (b'{"customer": ["SIA"]}', "'customer': is a list"),
        (b'{"customer": "a\\u202eb"}', "holds U\\+202E"),
        (b'{"customer": "a\\nb"}', "holds U\\+000A"),
        (b'{"customer": "a\\u0085b"}', "holds U\\+0085"),
        (b'{"customer": "\\ud800"}', "customer"),
        (b'{"other": {"a\\u2066": "b"}}', r"holds U\+2066"),
        (b'{"customer": ""}', "at least 1 character"),
        (b'{"issued_on": 1764288000}', "write it as 2026-11-28"),
        (b'{"issued_on": "28.11.2026"}', "write it as 2026-11-28"),
        (b'{"issued_on": "2026-02-30"}', "issued_on"),
        (b'{"currency": "eur"}', "three capital letters"),
        (json.dumps({"other": {str(n): "x" for n in range(51)}}).encode(), "at most 50 items"),
        (
            json.dumps({"other": {str(n): "ž" * 180 for n in range(40)}}).encode(),
            "at most 8\N{NO-BREAK SPACE}192 can be carried",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_carried_is_refused_with_what_to_change(content: bytes, why: str) -> None:
    with pytest.raises(BadMetadata, match=why):
        read_metadata(content)


def test_an_error_repeats_nothing_that_could_steer_a_terminal() -> None:
    with pytest.raises(BadMetadata) as caught:
        read_metadata(b'{"\\u001b[2J\\u202e": 1}')
    assert str(caught.value).isprintable()


def test_pairs_are_fields_by_their_names_and_all_else_is_other() -> None:
    read = read_pairs([("number", "7"), ("total", "12.10"), ("cost centre", "44")])
    assert (read.number, read.total, read.other) == ("7", Decimal("12.10"), {"cost centre": "44"})
    with pytest.raises(BadMetadata, match="given twice"):
        read_pairs([("number", "7"), ("number", "8")])


def about(which: int, /, **fields: str) -> Document:
    return a_document(which).model_copy(update={"metadata": Metadata.model_validate(fields)})


def test_sums_are_added_up_for_each_currency_by_itself() -> None:
    stated = [about(1, total="0.10", currency="USD"), about(2, total="0.20", currency="USD")]
    stated += [about(3, total="-5", currency="EUR"), about(4, total="1"), about(5, number="7")]
    totals = total_by_currency(document.metadata for document in [*stated, *documents(2)])
    assert list(totals.items()) == [("", Decimal(1)), ("EUR", Decimal(-5)), ("USD", Decimal("0.30"))]
