"""What was learned of the vendor's limits is there for every process, for one vendor alone, until it is forgotten."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.model.vendor_limits import SUSPICION, LearnedLimit, LearnedLimits, LimitKind
from jobs.ports import VendorLimits
from tests.support.builders import NOON
from tests.support.object_storage import BucketServer
from tests.support.small import MemoryLimits
from worker.objects.bucket import Bucket
from worker.objects.vendor_limits import ObjectLimits
from worker.storage.vendor_limits import LimitBook

VENDOR = "https://eidas.example"


def a_limit(kind: LimitKind, most: int) -> LearnedLimit:
    return LearnedLimit(kind=kind, most=most, learned_at=NOON, said=f"at most {most}")


@dataclass
class Clock:
    """A clock that a test sets."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "disk", "bucket"])
def limits(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> VendorLimits:
    make: dict[str, Callable[[], VendorLimits]] = {
        "memory": lambda: MemoryLimits(clock.now),
        "disk": lambda: LimitBook(tmp_path / "vendor-limits", VENDOR, clock.now),
        "bucket": lambda: ObjectLimits(request.getfixturevalue("bucket"), VENDOR, clock.now),
    }
    return make[request.param]()


async def test_what_was_learned_is_known_by_kind(limits: VendorLimits) -> None:
    assert await limits.known() == LearnedLimits()
    await limits.learn(a_limit(LimitKind.CONSENT, 1000))
    await limits.learn(a_limit(LimitKind.FINALIZE, 100))
    known = await limits.known()
    assert {limit.kind: limit for limit in known.limits} == {
        LimitKind.CONSENT: a_limit(LimitKind.CONSENT, 1000),
        LimitKind.FINALIZE: a_limit(LimitKind.FINALIZE, 100),
    }
    assert known.most(LimitKind.SIGNATURE) is None


async def test_of_two_limits_of_a_kind_the_lower_one_stays(limits: VendorLimits) -> None:
    for most in (500, 1000, 200):
        await limits.learn(a_limit(LimitKind.SIGNATURE, most))
    assert (await limits.known()).limits == (a_limit(LimitKind.SIGNATURE, 200),)


async def test_what_a_token_tells_counts_anew_each_time_and_is_no_limit_that_was_met(limits: VendorLimits) -> None:
    for seconds in (600, 60, 300):
        await limits.learn(a_limit(LimitKind.LIFE, seconds))
    known = await limits.known()
    assert (known.token_life, known.met, known.most_documents(5000)) == (timedelta(seconds=300), (), 5000)


async def test_what_is_forgotten_can_be_learned_anew(limits: VendorLimits) -> None:
    await limits.learn(a_limit(LimitKind.CONSENT, 100))
    assert (await limits.forget()).limits == (a_limit(LimitKind.CONSENT, 100),)
    assert await limits.known() == await limits.forget() == LearnedLimits()
    await limits.learn(a_limit(LimitKind.CONSENT, 2000))
    assert (await limits.known()).most(LimitKind.CONSENT) == 2000


async def test_what_was_only_suspected_counts_for_a_while_and_can_be_learned_anew(
    limits: VendorLimits, clock: Clock
) -> None:
    suspected = a_limit(LimitKind.CALLS, 1).model_copy(update={"until": NOON + SUSPICION})
    await limits.learn(suspected)
    assert (await limits.known()).limits == (suspected,)
    clock.time += SUSPICION
    assert await limits.known() == LearnedLimits()
    await limits.learn(a_limit(LimitKind.CALLS, 3))
    assert (await limits.known()).most(LimitKind.CALLS) == 3


async def test_what_cannot_be_written_down_stops_nobody(tmp_path: Path, object_storage: BucketServer) -> None:
    (tmp_path / "in-the-way").touch()
    nowhere = replace(object_storage, name="no-such-bucket").bucket()
    for book in (LimitBook(tmp_path / "in-the-way", VENDOR), ObjectLimits(nowhere, VENDOR)):
        await book.learn(a_limit(LimitKind.CONSENT, 100))
        assert await book.known() == LearnedLimits()


@pytest.mark.parametrize("where", ["disk", "bucket"])
async def test_limits_of_another_vendor_do_not_count_and_are_learned_over(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    def book(vendor: str) -> VendorLimits:
        return (
            LimitBook(tmp_path, vendor) if where == "disk" else ObjectLimits(request.getfixturevalue("bucket"), vendor)
        )

    test, real = book("https://test.example"), book(VENDOR)
    await test.learn(a_limit(LimitKind.CONSENT, 10))
    assert await real.known() == LearnedLimits()
    await real.learn(a_limit(LimitKind.CONSENT, 1000))
    assert (await real.known()).most(LimitKind.CONSENT) == 1000
    assert await test.known() == LearnedLimits()


@pytest.mark.parametrize("content", [b"", b"{", b'{"kind": "consent", "most": 0}', b"\xff"])
async def test_what_cannot_be_read_is_not_known_and_is_learned_again(tmp_path: Path, content: bytes) -> None:
    book = LimitBook(tmp_path, VENDOR)
    (tmp_path / "consent.json").write_bytes(content)
    assert await book.known() == LearnedLimits()
    await book.learn(a_limit(LimitKind.CONSENT, 100))
    assert (await LimitBook(tmp_path, VENDOR).known()).most(LimitKind.CONSENT) == 100


async def test_a_file_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    book = LimitBook(tmp_path, VENDOR)
    await book.learn(a_limit(LimitKind.CONSENT, 100))
    (tmp_path / "consent.json").unlink()
    assert await book.known() == LearnedLimits()


@pytest.mark.parametrize("content", [b"", b"{", b'{"kind": "consent", "most": 0}', b"\xff"])
async def test_an_object_that_cannot_be_read_is_not_known_and_is_learned_again(bucket: Bucket, content: bytes) -> None:
    here, there = ObjectLimits(bucket, VENDOR), ObjectLimits(bucket, VENDOR)
    bucket.write("vendor-limits/consent.json", content)
    assert await here.known() == LearnedLimits()
    await here.learn(a_limit(LimitKind.CONSENT, 100))
    assert (await there.known()).most(LimitKind.CONSENT) == 100
    await there.learn(a_limit(LimitKind.CONSENT, 50))
    assert (await here.known()).most(LimitKind.CONSENT) == 50


def test_a_batch_is_as_large_as_route_consent_and_signature_calls_allow() -> None:
    known = LearnedLimits()
    assert known.most_documents(5000) == 5000
    known = known.with_limit(a_limit(LimitKind.SIGNATURE, 100))
    # As many calls as it takes, while nothing says that one authorization is good for one.
    assert known.most_documents(5000) == 5000
    assert known.with_limit(a_limit(LimitKind.CALLS, 1)).most_documents(5000) == 100
    assert known.with_limit(a_limit(LimitKind.CALLS, 3)).most_documents(5000) == 300
    known = known.with_limit(a_limit(LimitKind.CONSENT, 1000)).with_limit(a_limit(LimitKind.FINALIZE, 10))
    assert known.most_documents(5000) == 1000
    assert known.most_documents(20) == 20
