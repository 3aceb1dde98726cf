"""What the API reads and counts, as rules."""

import base64
import hashlib
from http import HTTPStatus

import pytest
from multidict import CIMultiDict

from jobs.model.errors import DroppedBatch, UnknownBatch
from jobs.model.metadata import BadMetadata
from jobs.model.names import RouteName
from tests.support.builders import INVOICES
from worker.api import problems
from worker.api.content_digest import AnnouncedDigest
from worker.api.listing import MOST_LISTED, read_query
from worker.api.problems import ApiError, ProblemType
from worker.api.rate import RateLimit
from worker.api.said_in_headers import read_metadata_headers, read_name
from worker.desk import errors


def test_a_key_may_ask_evenly_and_a_sixth_of_a_minute_at_once() -> None:
    now = 0.0
    rate = RateLimit(60, lambda: now)
    assert [rate.count("a").is_over for _ in range(11)] == [False] * 10 + [True]
    assert not rate.count("b").is_over
    now = 1.0
    assert [rate.count("a").is_over for _ in range(2)] == [False, True]
    now = 1000.0
    assert [rate.count("a").is_over for _ in range(11)] == [False] * 10 + [True]


def test_what_is_told_of_a_bucket_is_when_there_is_one_more() -> None:
    rate = RateLimit(6, lambda: 0.0)
    assert (rate.count("a").left, rate.count("a").reset) == (0, 10)


@pytest.mark.parametrize("name", ["sha-256", "sha-512"])
def test_an_announced_hash_is_held_against_what_came(name: str) -> None:
    value = base64.b64encode(hashlib.new(name.replace("-", ""), b"ab").digest()).decode()
    digest = AnnouncedDigest.of(CIMultiDict({"Content-Digest": f"unixsum=:AA==:, {name}=:{value}:"}))
    digest.update(b"a")
    with pytest.raises(ApiError):
        digest.require_met()
    digest.update(b"b")
    digest.require_met()


@pytest.mark.parametrize("header", ["sha-256=abc", "sha-256=:a:", "nonsense", "sha-256=:YQ==:;q=1"])
def test_a_hash_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(ApiError):
        AnnouncedDigest.of(CIMultiDict({"Content-Digest": header}))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="R-17.pdf"', "R-17.pdf"),
        ("attachment; filename=\"r_.pdf\"; filename*=UTF-8''r%C4%93%C4%B7ins.pdf", "rēķins.pdf"),
        ("inline", None),
        ("", None),
    ],
)
def test_a_name_is_read_as_rfc_6266_says(header: str, name: str | None) -> None:
    assert read_name(CIMultiDict({"Content-Disposition": header})) == name


def test_metadata_stands_in_one_header_or_in_many_and_not_in_both() -> None:
    assert read_metadata_headers(CIMultiDict()) is None
    assert read_metadata_headers(CIMultiDict({"Zimogs-Metadata": '{"number": "1"}'})) == b'{"number": "1"}'
    fields = CIMultiDict({"Zimogs-Meta-Number": "1", "zimogs-meta-order": "UTF-8''%C4%81"})
    assert read_metadata_headers(fields) == '{"number":"1","other":{"order":"ā"}}'.encode()
    with pytest.raises(ApiError):
        read_metadata_headers(CIMultiDict({"Zimogs-Metadata": "{}", "Zimogs-Meta-Number": "1"}))
    with pytest.raises(BadMetadata):
        read_metadata_headers(CIMultiDict({"Zimogs-Meta-Number": "UTF-8''%FF"}))


def test_a_list_is_asked_for_in_known_words() -> None:
    query = read_query({"since": "2026-11-28T21:47:00+02:00", "state": "sealed", "limit": "7"}, [INVOICES])
    assert (query.limit, query.states, query.routes) == (7, ("sealed",), [INVOICES])
    for strange in (
        {"limit": "0"},
        {"limit": str(MOST_LISTED + 1)},
        {"limit": "٣"},
        {"since": "2026-11-28"},
        {"state": "lost"},
        {"cursor": "x"},
        {"page": "2"},
    ):
        with pytest.raises(ApiError):
            read_query(strange, [RouteName("invoices")])


def test_a_batch_that_was_dropped_by_policy_is_told_apart_from_one_that_never_was() -> None:
    assert problems.explain(DroppedBatch("x")).problem is ProblemType.GONE
    assert problems.explain(UnknownBatch("x")).problem is ProblemType.NOT_FOUND
    assert errors.explain(DroppedBatch("x")).status is HTTPStatus.GONE
    assert errors.explain(UnknownBatch("x")).status is HTTPStatus.NOT_FOUND
