"""Answers in every shape that was ever seen, and what is no answer."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.eparaksts.failures import Unreadable
from worker.eparaksts.fields import shape
from worker.eparaksts.platform_replies import read_token
from worker.eparaksts.session_files import SessionFile
from worker.eparaksts.signapi_replies import check_upload, read_files, read_limits, read_results, read_sessions
from worker.eparaksts.wire import Reply

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILE = {"id": "cc8b", "name": "a.pdf", "size": 5, "type": "file"}
A, B = "a" * 64, "b" * 64

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "results", "sessionId", "sessionIds", "id", "size", "error", "expires_in"]), inner
        )
    ),
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
    ):
        with suppress(Unreadable):
            read(a_reply(answer))


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
