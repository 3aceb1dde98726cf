from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.isolate import Calculate, isolated
from jobs.model.digest import Digest, DigestSet, SessionDigest
from jobs.model.errors import Permanent, Rejected
from jobs.model.reasons import Reason


def refusing(bad: set[str], calls: list[int]) -> Calculate:
    """A vendor that refuses any set with a bad session in it, and does not say which."""

    async def calculate(sessions: Sequence[str]) -> DigestSet:
        calls.append(len(sessions))
        if bad & set(sessions):
            raise Rejected(Reason.REFUSED_BY_VENDOR, "no")
        digests = tuple(SessionDigest(session=session, digest=Digest.sha256(session.encode())) for session in sessions)
        return DigestSet(digests=digests, summary="s", summary_algorithm="SHA256", signature_algorithm="ecdsa")

    return calculate


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=n - 1))))
async def test_exactly_the_bad_ones_are_found_and_the_others_get_digests(drawn: tuple[int, set[int]]) -> None:
    count, spoiled = drawn
    sessions = [f"s{number}" for number in range(count)]
    bad = {f"s{number}" for number in spoiled}
    digests, culprits = await isolated(sessions, refusing(bad, []))
    assert set(culprits) == bad
    assert digests is not None
    assert [item.session for item in digests.digests] == [session for session in sessions if session not in bad]


async def test_one_bad_document_among_a_hundred_costs_few_calls() -> None:
    calls: list[int] = []
    await isolated([f"s{number}" for number in range(100)], refusing({"s42"}, calls))
    assert len(calls) <= 16


async def test_a_lone_bad_document_leaves_nothing() -> None:
    digests, culprits = await isolated(["s1"], refusing({"s1"}, []))
    assert digests is None
    assert set(culprits) == {"s1"}


async def test_when_all_of_several_are_refused_no_document_is_blamed() -> None:
    with pytest.raises(Permanent, match="every document"):
        await isolated(["s1", "s2"], refusing({"s1", "s2"}, []))
