"""The table of what may be repeated, read whole."""

import dataclasses

from worker.eparaksts.operations import TERMS, Operation, Repeat, seconds_for


def test_every_operation_stands_in_the_table() -> None:
    assert TERMS.keys() == set(Operation)


def test_what_spends_a_code_a_token_a_digest_or_a_timestamp_is_never_repeated() -> None:
    never = {operation for operation, terms in TERMS.items() if terms.repeat is Repeat.NEVER}
    assert never == {Operation.EXCHANGE, Operation.SIGN, Operation.FINALIZE, Operation.ARCHIVE}


def test_an_upload_is_repeated_only_when_it_was_not_sent_and_digests_only_when_not_begun() -> None:
    assert TERMS[Operation.UPLOAD].repeat is TERMS[Operation.ADD_DIGESTS].repeat is Repeat.UNLESS_SENT
    assert TERMS[Operation.CALCULATE_DIGEST].repeat is Repeat.UNLESS_BEGUN


def test_a_start_is_given_ten_seconds_first_and_a_minute_then() -> None:
    terms = TERMS[Operation.START]
    assert [terms.seconds(attempt) for attempt in (1, 2, 3)] == [10, 60, 60]


def test_the_last_patience_holds_for_all_further_attempts() -> None:
    assert dataclasses.replace(TERMS[Operation.LIST], patience=(5.0,)).seconds(9) == 5


def test_patience_grows_with_the_number_of_documents_and_never_to_hours() -> None:
    waits = [seconds_for(count) for count in (1, 100, 1000, 5000)]
    assert waits == sorted(waits)
    assert (waits[0], waits[1]) == (2, 200)
    assert waits[-1] < 1200
