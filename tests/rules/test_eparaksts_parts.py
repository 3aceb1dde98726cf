"""Calls about many in as few parts as the vendor takes, and nothing begun that its token would not outlive."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from jobs.model.digest import Digest
from jobs.model.errors import ConsentVoid, CredentialsRefused, Permanent, Uncertain
from jobs.model.vendor_limits import LearnedLimit, LimitKind
from tests.support.builders import NOON
from tests.support.small import MemoryLimits
from worker.eparaksts.failures import PerhapsTooMany
from worker.eparaksts.parts import Parts, suggest_size

DIGESTS = tuple(Digest.sha256(str(number).encode()) for number in range(250))
LATER = NOON + timedelta(minutes=10)


def refusal(said: str = "", *, is_of_size: bool = False) -> PerhapsTooMany:
    return PerhapsTooMany(f"sign: 400{said}", said, is_of_size=is_of_size)


class Vendor:
    """Takes so many at once, needs `seconds` for each, and fails in the calls that are named."""

    def __init__(self, most: int = 10**6, *, seconds: float = 0, faults: dict[int, Exception] | None = None) -> None:
        self.calls: list[int] = []
        self.limits = MemoryLimits()
        self.time = NOON
        self._most, self._seconds, self._faults = most, seconds, faults or {}

    def now(self) -> datetime:
        return self.time

    async def sign(self, digests: Sequence[Digest]) -> Sequence[bytes]:
        self._take(len(digests))
        return [digest.value for digest in digests]

    async def finalize(self, sessions: Sequence[str]) -> dict[str, str | None]:
        self._take(len(sessions))
        return dict.fromkeys(sessions)

    def known(self) -> dict[LimitKind, int]:
        return {limit.kind: limit.most for limit in self.limits.learned.limits}

    def _take(self, count: int) -> None:
        self.calls.append(count)
        if fault := self._faults.get(len(self.calls)):
            raise fault
        if count > self._most:
            raise refusal()
        self.time += timedelta(seconds=self._seconds * count)


async def sign(vendor: Vendor, ends_at: datetime = LATER) -> tuple[bytes, ...]:
    return await Parts(vendor.limits, vendor.now).sign(DIGESTS, ends_at, vendor.sign)


@pytest.mark.parametrize(
    ("count", "said", "is_of_size", "suggested"),
    [
        (5000, " (invalid_request: requests must hold 1 to 1000 entries.)", False, 1000),
        (5000, " (BSS-002: 1000 at most, 5000 given)", False, 1000),
        (5000, "", False, 1000),
        (1000, "", False, 500),
        (250, "", False, 100),
        (5000, " (version 2.1 refuses it)", False, 1000),
        (5000, " (400: document 37 is none, error 17)", False, 1000),
        (5000, " (422: no)", False, 1000),
        (20, " (document 7 is none)", False, None),
        (101, "", True, 100),
        (100, "", False, None),
        (100, "", True, 50),
        (20, " (at most 10 are taken)", False, 10),
        (1, "", True, None),
    ],
)
def test_what_is_tried_instead_is_a_figure_that_was_named_as_a_limit_or_the_next_round_one(
    *, count: int, said: str, is_of_size: bool, suggested: int | None
) -> None:
    assert suggest_size(count, refusal(said, is_of_size=is_of_size)) == suggested


async def test_all_is_signed_in_one_call_where_the_vendor_takes_it() -> None:
    vendor = Vendor()
    assert await sign(vendor) == tuple(digest.value for digest in DIGESTS)
    assert (vendor.calls, vendor.known()) == ([250], {})


async def test_what_is_refused_for_its_size_is_signed_in_parts_in_order_and_remembered() -> None:
    vendor = Vendor(100)
    assert await sign(vendor) == tuple(digest.value for digest in DIGESTS)
    assert (vendor.calls, vendor.known()) == ([250, 100, 100, 50], {LimitKind.SIGNATURE: 100})
    await sign(vendor)
    assert vendor.calls[4:] == [100, 100, 50]


async def test_a_vendor_whose_token_is_spent_by_one_call_is_asked_for_as_much_as_that_signs() -> None:
    vendor = Vendor(100, faults={3: Permanent("sign: 401")})
    with pytest.raises(ConsentVoid):
        await sign(vendor)
    assert vendor.known() == {LimitKind.SIGNATURE: 100, LimitKind.CALLS: 1}
    assert vendor.limits.learned.most_documents(5000) == 100


async def test_a_lost_answer_to_a_part_is_a_lost_answer_and_nothing_more_is_signed() -> None:
    vendor = Vendor(100, faults={3: Uncertain("lost")})
    with pytest.raises(Uncertain):
        await sign(vendor)
    assert (len(vendor.calls), vendor.known()) == (3, {LimitKind.SIGNATURE: 100})


async def test_a_plain_refusal_stays_one() -> None:
    vendor = Vendor(faults={1: Permanent("sign: 403")})
    with pytest.raises(Permanent, match="403"):
        await sign(vendor)
    assert (vendor.calls, vendor.known()) == ([250], {})


async def test_no_part_is_begun_that_the_token_would_not_outlive() -> None:
    vendor = Vendor(100, seconds=1)
    with pytest.raises(ConsentVoid, match="its token ends"):
        await sign(vendor, NOON + timedelta(seconds=240))
    assert vendor.calls == [250, 100]
    assert vendor.known() == {LimitKind.SIGNATURE: 100, LimitKind.CALLS: 1}
    assert len(await sign(Vendor(100, seconds=1), NOON + timedelta(seconds=260))) == len(DIGESTS)


async def test_each_session_stands_in_one_part() -> None:
    vendor, sessions = Vendor(100), [str(number) for number in range(250)]
    parts = Parts(vendor.limits, vendor.now)
    assert await parts.call(LimitKind.FINALIZE, sessions, vendor.finalize) == dict.fromkeys(sessions)
    assert (vendor.calls, vendor.known()) == ([250, 100, 100, 50], {LimitKind.FINALIZE: 100})


async def test_a_limit_of_one_call_is_none_of_another() -> None:
    vendor = Vendor()
    await vendor.limits.learn(LearnedLimit(kind=LimitKind.FINALIZE, most=7, learned_at=NOON))
    await sign(vendor)
    assert vendor.calls == [250]


async def test_a_refusal_behind_parts_that_were_done_is_no_refusal_of_the_whole() -> None:
    vendor, sessions = Vendor(100, faults={3: Permanent("archive: 409")}), [str(number) for number in range(250)]
    with pytest.raises(Uncertain, match="409"):
        await Parts(vendor.limits, vendor.now).call(LimitKind.ARCHIVE, sessions, vendor.finalize)
    vendor = Vendor(100, faults={3: CredentialsRefused("archive: 403")})
    with pytest.raises(CredentialsRefused):
        await Parts(vendor.limits, vendor.now).call(LimitKind.ARCHIVE, sessions, vendor.finalize)
    vendor = Vendor(faults={1: Permanent("archive: 409")})
    with pytest.raises(Permanent, match="409"):
        await Parts(vendor.limits, vendor.now).call(LimitKind.ARCHIVE, sessions, vendor.finalize)


async def test_a_limit_that_shrinks_between_two_parts_is_learned_anew_with_the_same_token() -> None:
    vendor = Vendor(100, faults={4: refusal(), 5: refusal(" (at most 20)")})
    await vendor.limits.learn(LearnedLimit(kind=LimitKind.SIGNATURE, most=50, learned_at=NOON))
    with pytest.raises(Permanent):
        await sign(vendor)
    vendor = Vendor(100, faults={4: refusal(" (at most 20)")})
    await vendor.limits.learn(LearnedLimit(kind=LimitKind.SIGNATURE, most=50, learned_at=NOON))
    assert await sign(vendor) == tuple(digest.value for digest in DIGESTS)
    assert vendor.calls == [50, 50, 50, 50, 20, 20, 20, 20, 20]
    assert vendor.known() == {LimitKind.SIGNATURE: 20}


async def test_a_slow_evening_makes_batches_smaller_for_a_week_and_no_longer() -> None:
    vendor = Vendor(100, seconds=1)
    with pytest.raises(ConsentVoid, match="its token ends"):
        await sign(vendor, NOON + timedelta(seconds=240))
    assert vendor.limits.learned.most_documents(5000) == 100
    assert vendor.limits.learned.at(vendor.now() + timedelta(days=6)).most_documents(5000) == 100
    assert vendor.limits.learned.at(vendor.now() + timedelta(days=8)).most_documents(5000) == 5000
