"""Every status at every operation means one of three kinds of failure, or none."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import ClientPayloadError, ConnectionTimeoutError, ServerDisconnectedError
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.errors import CredentialsRefused, Permanent, Rejected, Retryable, SealingError, Uncertain
from jobs.model.reasons import Reason
from worker.eparaksts.failures import Gone, TokenRefused, Unreadable, classify_loss, classify_reply, retry_after
from worker.eparaksts.operations import TERMS, Operation, Repeat, Service

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OF_REPEAT = {repeat: [op for op, terms in TERMS.items() if terms.repeat is repeat] for repeat in Repeat}
operations = st.sampled_from(Operation)


def classify(operation: Operation, status: int, body: bytes = b"", **headers: str) -> SealingError | None:
    return classify_reply(
        operation, status, {name.replace("_", "-"): text for name, text in headers.items()}, body, NOON
    )


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_none(operation: Operation, status: int) -> None:
    assert classify(operation, status) is None


@given(operations, st.integers(300, 999))
def test_whatever_is_no_success_is_an_error(operation: Operation, status: int) -> None:
    assert isinstance(classify(operation, status), SealingError)


@given(operations, st.binary(max_size=200), st.integers(400, 599))
def test_no_body_can_upset_the_classification(operation: Operation, body: bytes, status: int) -> None:
    assert isinstance(classify(operation, status, body), SealingError)


@given(operations)
def test_429_is_retryable_for_all(operation: Operation) -> None:
    assert isinstance(classify(operation, 429), Retryable)


@pytest.mark.parametrize("operation", OF_REPEAT[Repeat.FREELY])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 507, 599])
def test_a_broken_harmless_call_is_retryable(operation: Operation, status: int) -> None:
    assert isinstance(classify(operation, status), Retryable)


@pytest.mark.parametrize("operation", OF_REPEAT[Repeat.UNLESS_BEGUN])
@pytest.mark.parametrize(
    ("status", "kind"), [(408, Retryable), (502, Retryable), (503, Retryable), (500, Uncertain), (504, Uncertain)]
)
def test_a_long_call_is_retryable_only_when_it_was_not_begun(
    operation: Operation, status: int, kind: type[SealingError]
) -> None:
    assert isinstance(classify(operation, status), kind)


@pytest.mark.parametrize("operation", OF_REPEAT[Repeat.NEVER] + OF_REPEAT[Repeat.UNLESS_SENT])
@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504, 599])
def test_a_broken_call_that_spends_something_is_uncertain(operation: Operation, status: int) -> None:
    assert isinstance(classify(operation, status), Uncertain)


@pytest.mark.parametrize("operation", Operation)
def test_401_is_the_tokens_fault_at_signapi_and_the_persons_or_clients_at_the_platform(operation: Operation) -> None:
    of_client = CredentialsRefused if operation in {Operation.INTROSPECT, Operation.EXCHANGE} else Permanent
    expected = TokenRefused if TERMS[operation].service is Service.SIGNAPI else of_client
    assert type(classify(operation, 401)) is expected


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_client_that_gets_no_token_is_refused_itself(status: int) -> None:
    assert type(classify(Operation.INTROSPECT, status, b'{"error":"invalid_client"}')) is CredentialsRefused


@pytest.mark.parametrize("operation", [Operation.START, Operation.UPLOAD, Operation.CALCULATE_DIGEST])
def test_a_right_that_the_client_does_not_have_blames_no_document(operation: Operation) -> None:
    assert type(classify(operation, 403)) is CredentialsRefused


def test_a_persons_token_or_code_that_is_refused_is_not_the_clients_fault() -> None:
    for operation, status in ((Operation.USER, 401), (Operation.USER, 403), (Operation.EXCHANGE, 400)):
        assert type(classify(operation, status)) is Permanent


@pytest.mark.parametrize(
    ("operation", "status", "reason"),
    [
        (Operation.UPLOAD, 413, Reason.TOO_LARGE),
        (Operation.UPLOAD, 400, Reason.REFUSED_BY_VENDOR),
        (Operation.UPLOAD, 415, Reason.REFUSED_BY_VENDOR),
        (Operation.UPLOAD, 422, Reason.REFUSED_BY_VENDOR),
        (Operation.CALCULATE_DIGEST, 400, Reason.REFUSED_BY_VENDOR),
    ],
)
def test_a_refusal_of_this_very_document_rejects_it(operation: Operation, status: int, reason: Reason) -> None:
    error = classify(operation, status)
    assert isinstance(error, Rejected)
    assert error.reason is reason


@pytest.mark.parametrize(
    "operation",
    [op for op in Operation if op not in {Operation.UPLOAD, Operation.ADD_DIGESTS, Operation.CALCULATE_DIGEST}],
)
@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_no_other_call_blames_a_document(operation: Operation, status: int) -> None:
    error = classify(operation, status)
    assert isinstance(error, Permanent)
    assert not isinstance(error, Rejected)


@pytest.mark.parametrize("status", [404, 410])
def test_what_the_vendor_does_not_know_is_gone(status: int) -> None:
    assert isinstance(classify(Operation.LIST, status), Gone)


def test_a_redirect_of_a_harmless_call_is_permanent() -> None:
    assert type(classify(Operation.START, 301)) is Permanent


def test_a_refused_finalize_that_tells_of_its_sessions_is_read() -> None:
    assert classify(Operation.FINALIZE, 400, b'{"data":{"results":[{"sessionId":"a"}]}}') is None
    assert isinstance(classify(Operation.FINALIZE, 400, b'{"data":{"results":[]}}'), Permanent)
    assert isinstance(classify(Operation.FINALIZE, 500, b'{"data":{"results":[{"sessionId":"a"}]}}'), Uncertain)


def test_the_vendors_own_words_are_told() -> None:
    signapi = b'{"error":{"code":"BSS-002","message":"Document format\\n not recognized","details":[]}}'
    assert str(classify(Operation.LIST, 400, signapi)) == (
        "list: the vendor answered 400 (BSS-002: Document format not recognized)"
    )
    platform = b'{"error":"insufficient_scope","error_description":"The token lacks the scope."}'
    assert "(insufficient_scope: The token lacks the scope.)" in str(classify(Operation.USER, 403, platform))


def test_of_a_token_call_only_the_error_word_is_told() -> None:
    body = b'{"error":"invalid_grant","error_description":"The code abc123 is spent"}'
    assert str(classify(Operation.EXCHANGE, 400, body)) == "exchange: the vendor answered 400 (invalid_grant)"
    assert "a b" not in str(classify(Operation.EXCHANGE, 400, b'{"error":"a b"}'))


def test_a_long_message_is_cut() -> None:
    assert len(str(classify(Operation.LIST, 400, b'{"error":{"message":"' + b"x" * 5000 + b'"}}'))) < 300


def test_retry_after_is_honoured_in_seconds_and_as_a_date() -> None:
    error = classify(Operation.LIST, 503, Retry_After="7")
    assert isinstance(error, Retryable)
    assert error.after == timedelta(seconds=7)
    later = format_datetime(NOON + timedelta(minutes=3), usegmt=True)
    assert retry_after({"Retry-After": later}, NOON) == timedelta(minutes=3)


@pytest.mark.parametrize("wrong", [timedelta(minutes=-4), timedelta(hours=1)])
def test_a_date_to_try_again_at_is_told_by_the_vendors_clock_and_not_by_ours(wrong: timedelta) -> None:
    sent, later = (format_datetime(NOON + timedelta(minutes=minutes), usegmt=True) for minutes in (0, 3))
    assert retry_after({"Retry-After": later, "Date": sent}, NOON + wrong) == timedelta(minutes=3)
    assert retry_after({"Retry-After": later, "Date": "soon"}, NOON) == timedelta(minutes=3)


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("Mon, 23 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("Mon, 23 Nov 2099 11:00:00 GMT", timedelta(days=1)),
        ("Mon, 23 Nov 99999999999999999999 11:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_an_odd_retry_after_does_no_harm(text: str, pause: timedelta | None) -> None:
    assert retry_after({"Retry-After": text}, NOON) == pause


@given(st.text(max_size=60))
def test_no_retry_after_can_upset_the_classification(text: str) -> None:
    pause = retry_after({"Retry-After": text}, NOON)
    assert pause is None or timedelta(0) <= pause <= timedelta(days=1)


@given(operations)
def test_a_vendor_never_reached_is_retryable_for_all(operation: Operation) -> None:
    assert isinstance(classify_loss(operation, ConnectionTimeoutError("no")), Retryable)


@given(operations, st.sampled_from([TimeoutError(), ServerDisconnectedError(), ClientPayloadError("half")]))
def test_a_vendor_lost_mid_call_is_uncertain_unless_the_call_was_harmless(
    operation: Operation, cause: Exception
) -> None:
    expected = Retryable if TERMS[operation].repeat is Repeat.FREELY else Uncertain
    assert isinstance(classify_loss(operation, cause), expected)


def test_an_answer_that_cannot_be_read_is_a_lost_answer() -> None:
    assert str(classify_loss(Operation.SIGN, Unreadable("it is not JSON"))) == (
        "sign: the vendor's answer cannot be used: it is not JSON"
    )


def test_no_word_of_the_vendor_acts_on_a_terminal_or_turns_a_page_around() -> None:
    body = json.dumps({"error": {"code": "BSS", "message": "\x1b[2J\x00\x9b\u202eonly\r\nwords\u2028 "}}).encode()
    told = str(classify_reply(Operation.SIGN, 400, {}, body, NOON))
    assert told == "sign: the vendor answered 400 (BSS: [2J only words)"
