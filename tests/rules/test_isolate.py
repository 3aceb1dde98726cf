from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.isolate import Calculate, isolate
from jobs.model.digest import Digest, DigestSet, SessionDigest
from jobs.model.errors import Permanent, Rejected, TooMany, Uncertain
from jobs.model.reasons import Reason

REFUSAL = Rejected(Reason.REFUSED_BY_VENDOR, "no")
FAILURE = Uncertain("500")


def refusing(bad: set[str], calls: list[int], error: Exception = REFUSAL) -> Calculate:
    """A vendor that refuses any set with a bad session in it, or fails on it, and does not say which."""

    async def calculate(sessions: Sequence[str]) -> DigestSet:
        calls.append(len(sessions))
        if bad & set(sessions):
            raise error
        digests = tuple(SessionDigest(session=session, digest=Digest.sha256(session.encode())) for session in sessions)
        return DigestSet(digests=digests, summary="s", summary_algorithm="SHA256", signature_algorithm="ecdsa")

    return calculate


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=n - 1))))
async def test_exactly_the_bad_ones_are_found_and_the_others_get_digests(drawn: tuple[int, set[int]]) -> None:
    count, spoiled = drawn
    sessions = [f"s{number}" for number in range(count)]
    bad = {f"s{number}" for number in spoiled}
    digests, culprits = await isolate(sessions, refusing(bad, []))
    assert set(culprits) == bad
    assert digests is not None
    assert [item.session for item in digests.digests] == [session for session in sessions if session not in bad]


async def test_one_bad_document_among_a_hundred_costs_few_calls() -> None:
    calls: list[int] = []
    await isolate([f"s{number}" for number in range(100)], refusing({"s42"}, calls))
    assert len(calls) <= 16


async def test_of_two_that_are_refused_only_together_the_first_is_kept() -> None:
    calls: list[int] = []

    async def calculate(sessions: Sequence[str]) -> DigestSet:
        return await refusing({"s9"} if "s2" in sessions else set(), calls)(sessions)

    digests, culprits = await isolate([f"s{number}" for number in range(16)], calculate)
    assert set(culprits) == {"s9"}
    assert digests is not None
    assert len(digests.digests) == 15
    assert len(calls) <= 10


async def test_a_lone_bad_document_leaves_nothing() -> None:
    digests, culprits = await isolate(["s1"], refusing({"s1"}, []))
    assert digests is None
    assert set(culprits) == {"s1"}


async def test_when_all_of_several_are_refused_no_document_is_blamed() -> None:
    with pytest.raises(Permanent, match="every document"):
        await isolate(["s1", "s2"], refusing({"s1", "s2"}, []))


@pytest.mark.parametrize("bad", [{"s0"}, {"s42"}, {"s99"}, {"s6", "s7"}, {"s3", "s50", "s51", "s98"}])
async def test_a_document_that_makes_the_vendor_fail_is_found_like_one_that_it_refuses(bad: set[str]) -> None:
    sessions = [f"s{number}" for number in range(100)]
    digests, culprits = await isolate(sessions, refusing(bad, [], FAILURE))
    assert set(culprits) == bad
    assert digests is not None
    assert len(digests.digests) == 100 - len(bad)


async def test_an_outage_blames_no_document_and_is_not_asked_about_every_subset() -> None:
    sessions, calls = [f"s{number}" for number in range(100)], list[int]()
    with pytest.raises(Uncertain):
        await isolate(sessions, refusing({*sessions}, calls, FAILURE))
    assert len(calls) <= 20


async def test_a_lone_document_that_makes_the_vendor_fail_is_not_blamed() -> None:
    with pytest.raises(Uncertain):
        await isolate(["s1"], refusing({"s1"}, [], FAILURE))


def taking(most: int, calls: list[int], error: Exception = REFUSAL) -> Calculate:
    """A vendor that takes so many at once, and does not say so."""

    async def calculate(sessions: Sequence[str]) -> DigestSet:
        return await refusing({*sessions} if len(sessions) > most else set(), calls, error)(sessions)

    return calculate


@pytest.mark.parametrize("most", [1000, 100, 250, 2, 73])
async def test_a_limit_is_found_exactly_and_soon_though_the_vendor_never_names_it(most: int) -> None:
    calls: list[int] = []
    with pytest.raises(TooMany) as caught:
        await isolate([f"s{number}" for number in range(min(3000, 40 * most))], taking(most, calls))
    assert caught.value.most == most
    assert sum(size > most for size in calls) <= 75


@given(st.integers(2, 60), st.integers(1, 60))
async def test_no_document_is_blamed_for_the_size_of_its_batch(most: int, more: int) -> None:
    with pytest.raises(TooMany) as caught:
        await isolate([f"s{number}" for number in range(most + more)], taking(most, []))
    assert caught.value.most == most


async def test_a_vendor_that_fails_on_large_batches_alone_gets_smaller_ones() -> None:
    with pytest.raises(TooMany) as caught:
        await isolate([f"s{number}" for number in range(1000)], taking(600, [], FAILURE))
    assert caught.value.most == 500
