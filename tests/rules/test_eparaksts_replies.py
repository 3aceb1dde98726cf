"""Answers in every shape that was ever seen, and what is no answer."""

import json
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.documents import Profile
from tests.support.builders import a_seal
from worker.eparaksts.failures import Unreadable, classify_reply
from worker.eparaksts.fields import shape
from worker.eparaksts.operations import Operation
from worker.eparaksts.platform_replies import (
    read_certificate,
    read_identities,
    read_signature_values,
    read_token,
    read_user,
)
from worker.eparaksts.session_files import SessionFile
from worker.eparaksts.signapi_replies import (
    check_upload,
    read_digests,
    read_files,
    read_limits,
    read_results,
    read_sessions,
)
from worker.eparaksts.validation_report import read_validation
from worker.eparaksts.wire import Reply

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILE = {"id": "cc8b", "name": "a.pdf", "size": 5, "type": "file"}
A, B = "a" * 64, "b" * 64

WORDS = (
    *("data", "results", "sessionId", "sessionIds", "id", "size", "error", "expires_in", "access_token", "name"),
    *("sign_identities", "labels", "status", "links", "signatures", "value", "sessionDigests", "digest", "certificate"),
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["AAAA", "\ud800", math.nan, math.inf, "s1", "CN:x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=12,
)


def a_reply(answer: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(answer).encode())


def in_envelope(answer: Any, status: int = 200) -> Reply:
    return a_reply({"data": answer}, status)


@given(json_values)
def test_no_json_upsets_the_readers(answer: Any) -> None:
    """They read it or raise Unreadable, and nothing else."""
    for read in (
        read_files,
        read_limits,
        lambda reply: read_sessions(reply, 2),
        lambda reply: check_upload(reply, 5),
        lambda reply: read_results(reply, (A,)),
        lambda reply: read_token(reply, NOON),
        read_user,
        read_identities,
        read_certificate,
        lambda reply: read_signature_values(reply, 1),
        lambda reply: read_digests(reply, (A,), a_seal()),
        lambda reply: read_validation(reply, Profile()),
    ):
        with suppress(Unreadable):
            read(a_reply(answer))


@pytest.mark.parametrize(
    "answer",
    [
        {"sign_identities": [{"id": "a", "labels": 5}]},
        {"sign_identities": [{"id": "a", "labels": {"a": 1}, "status": "enabled"}]},
        {"sign_identities": [{"id": "a", "status": ["enabled"], "links": "a"}]},
    ],
)
def test_an_identity_of_which_nothing_can_be_read_is_no_seal(answer: Any) -> None:
    assert [identity.is_seal for identity in read_identities(a_reply(answer))] == [False]


def test_a_signature_value_that_no_alphabet_has_is_no_answer() -> None:
    with pytest.raises(Unreadable, match="base64"):
        read_signature_values(a_reply(["ſāļš"]), 1)


@pytest.mark.parametrize("odd", [b'"\\ud800"', b'"\\uDFFF"', b"NaN", b"-Infinity", b"[" * 100_000])
def test_what_only_passes_for_json_is_no_answer(odd: bytes) -> None:
    """Half a character could stand in no record, so a batch whose answer holds one would never move again."""
    with pytest.raises(Unreadable, match="not JSON"):
        read_validation(Reply(200, b'{"data": {"note": ' + odd + b"}}"), Profile())
    refusal = b'{"error": {"code": "E1", "message": ' + odd + b"}}"
    assert "E1" not in str(classify_reply(Operation.START, 400, {}, refusal, NOON))


def test_a_whole_character_in_two_halves_is_read() -> None:
    assert read_user(a_reply({"name": "\N{GRINNING FACE}", "serial_number": "PNOLV-000123-00001"})).name == "\U0001f600"


def test_a_name_is_at_most_as_long_as_a_cookie_can_carry() -> None:
    told = {"name": "A" * 10_000, "serial_number": "PNOLV-000123-00001"}
    assert len(read_user(a_reply(told)).name) == 200


def test_an_html_page_is_no_answer() -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        read_files(Reply(200, b"<html>Maintenance</html>"))


@pytest.mark.parametrize("life", [600, "600"])
def test_a_token_lives_as_long_as_it_says_as_number_or_text(life: int | str) -> None:
    token = read_token(a_reply({"access_token": "1f0c", "expires_in": life, "scope": "s"}), NOON)
    assert (token.value.get_secret_value(), token.expires_at, token.scope) == (
        "1f0c",
        NOON + timedelta(minutes=10),
        "s",
    )


def test_a_life_too_long_for_the_calendar_is_cut() -> None:
    token = read_token(a_reply({"access_token": "1f0c", "expires_in": "9" * 15}), NOON)
    assert token.expires_at > NOON + timedelta(days=365)


@pytest.mark.parametrize(
    "answer", [{"expires_in": 600}, {"access_token": "", "expires_in": 600}, {"access_token": "x"}]
)
def test_half_a_token_is_no_token(answer: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_token(a_reply(answer), NOON)


def test_sessions_are_read_under_either_name() -> None:
    assert read_sessions(in_envelope({"sessionId": A}, 201), 1) == (A,)
    assert read_sessions(in_envelope({"sessionIds": [A, B]}, 201), 2) == (A, B)


@pytest.mark.parametrize(
    "answer", [{"sessionIds": [A]}, {"sessionIds": [A, A]}, {"sessionIds": [A, B, "c"]}, {"sessionId": A}, {}, []]
)
def test_another_number_of_sessions_is_no_answer(answer: Any) -> None:
    with pytest.raises(Unreadable):
        read_sessions(in_envelope(answer), 2)


@pytest.mark.parametrize("session", ["../../etc", "a/b", "a?b", "", 5, "x" * 200])
def test_a_session_id_that_would_change_a_path_is_refused(session: Any) -> None:
    with pytest.raises(Unreadable):
        read_sessions(in_envelope({"sessionId": session}), 1)


@pytest.mark.parametrize("answer", [FILE, [FILE], [{**FILE, "size": "5"}]])
def test_files_are_read_from_an_array_or_an_object(answer: Any) -> None:
    assert read_files(in_envelope(answer)) == (SessionFile("cc8b", 5, str(FILE["name"])),)


def test_a_hash_in_a_session_needs_no_size() -> None:
    (entry,) = read_files(in_envelope([{"id": "cc8b", "name": "a.xml", "type": "hash"}]))
    assert entry == SessionFile("cc8b", 0, "a.xml", is_hash=True)


def test_an_empty_session_has_no_files() -> None:
    assert read_files(in_envelope([])) == ()


@pytest.mark.parametrize("answer", [FILE, [FILE], {"id": "x"}])
def test_an_upload_of_the_size_sent_is_fine(answer: Any) -> None:
    check_upload(in_envelope(answer, 201), 5)


def test_an_upload_of_another_size_is_no_answer() -> None:
    with pytest.raises(Unreadable, match="6 bytes were sent, 5 were stored"):
        check_upload(in_envelope(FILE), 6)


def test_the_limits_are_read() -> None:
    limits = read_limits(in_envelope({"fileMaxLength": 4202406, "sessionExpirationTimeout": "5105880"}))
    assert (limits.file_max_length, limits.session_life) == (4202406, timedelta(seconds=5105880))


def test_finalize_tells_of_each_session() -> None:
    failed = {"sessionId": B, "error": {"code": "signing:x", "message": "no"}}
    assert read_results(in_envelope({"results": [{"sessionId": A}, failed]}), (A, B)) == {
        A: None,
        B: "signing:x: no",
    }


@pytest.mark.parametrize(
    ("error", "told"), [({}, "the vendor named no reason"), ("late", "late"), ({"message": "m"}, "m"), (None, None)]
)
def test_a_finalize_error_is_told_in_any_shape(error: Any, told: str | None) -> None:
    assert read_results(in_envelope({"results": [{"sessionId": A, "error": error}]}), (A,)) == {A: told}


@pytest.mark.parametrize(
    "results", [[], [{"sessionId": A}], [{"sessionId": A}] * 2, [{"sessionId": A}, {"sessionId": "c"}]]
)
def test_finalize_results_of_other_sessions_are_no_answer(results: list[dict[str, str]]) -> None:
    with pytest.raises(Unreadable):
        read_results(in_envelope({"results": results}), (A, B))


def test_a_refused_finalize_that_spares_a_session_is_no_answer() -> None:
    results = [{"sessionId": A}, {"sessionId": B, "error": "x"}]
    with pytest.raises(Unreadable, match="not every session has an error"):
        read_results(in_envelope({"results": results}, 400), (A, B))


def test_a_shape_is_told_without_its_content() -> None:
    assert shape({"secret": "hush"}) == "an object with 'secret'"
    assert shape([1, 2]) == "a list of 2"
    assert shape("hush") == "a text"
