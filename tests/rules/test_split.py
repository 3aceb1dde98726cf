"""A batch that is too large for one authorization is split: no document is ever in two batches, or in none."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.abandon import abandon
from jobs.cancel import CancelTools, cancel_batch
from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.documents import Document
from jobs.model.errors import Conflict, ConsentVoid, IllegalTransition, Retryable, SealRefused
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Delivered, Delivery, Gathered, Lapsed, Record, Split
from jobs.model.text import Text
from jobs.model.vendor_limits import LearnedLimit, LimitKind, even_part
from jobs.ports import Ledger, Story
from jobs.prepare import prepare
from jobs.recover import next_story, recover
from jobs.seal import seal
from jobs.split import split, suspect_size
from tests.support.builders import ANNA, INVOICES, a_route, documents
from tests.support.ledger import MemoryLedger
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLimits


class Died(Exception):
    """The process died."""


class ForgetfulLimits(MemoryLimits):
    """Cannot be written to."""

    async def learn(self, limit: LearnedLimit) -> None:
        return


class DyingLedger(MemoryLedger):
    """Dies before, or behind, its n-th write."""

    def __init__(self, at: int, *, written: bool) -> None:
        super().__init__()
        self.writes, self._at, self._written = 0, at, written

    async def open(self, batch: BatchId, record: Gathered) -> History:
        self._die(written=False)
        history = await super().open(batch, record)
        self._die(written=True)
        return history

    async def append(self, history: History, record: Record) -> History:
        self._die(written=False)
        longer = await super().append(history, record)
        self._die(written=True)
        return longer

    def _die(self, *, written: bool) -> None:
        self.writes += not written
        if self.writes == self._at and written is self._written:
            self._at = 0
            raise Died


async def finish(app: MemoryApp) -> None:
    """Go on with whatever is open, as the sweep has it, until nothing is; Anna approves whatever waits."""
    for code in range(200):
        open_batches = await app.ledger.open_batches()
        waiting = await app.shelf.waiting_list(INVOICES)
        if not open_batches and not waiting:
            return
        await gather(app.route, app.tools, at_once=True)
        for batch in open_batches:
            history = await app.ledger.read(batch)
            if history.state is State.PREPARED:
                await seal(app.consent(history, f"code-{code}-{batch}"), app.tools)
            elif next_story(history.glance, app.age):
                with suppress(Retryable):
                    await recover(batch, app.tools)
        app.later(20)
    raise AssertionError("it goes round and round")


async def sealed_in(ledger: Ledger) -> Counter[str]:
    """How often each document was delivered."""
    histories = [await ledger.read(batch) for batch in await ledger.batches()]
    ends = [outcome for one in histories if one.has(Delivered) for outcome in one.last(Delivered).outcomes]
    return Counter(end.document for end in ends if isinstance(end, Delivery))


def limited(most: int, ledger: MemoryLedger | None = None) -> MemoryApp:
    app = MemoryApp() if ledger is None else MemoryApp(ledger=ledger)
    app.vendor.most_digests = most
    return app


async def test_a_refusal_for_size_splits_the_batch_before_anybody_is_asked() -> None:
    app = limited(4)
    history = await app.prepared(*documents(10))
    assert history.state is State.PREPARED
    assert tuple(history.documents.values()) == documents(10)[:4]
    rest = await app.ledger.read(batch_id(INVOICES, 2))
    assert (rest.gathered.split_from, tuple(rest.documents.values())) == (history.batch, documents(10)[4:])
    assert (Story.PREPARE, rest.batch) in app.doorbell.rings
    assert "sign" not in app.vendor.calls
    known = await app.limits.known()
    assert known.most(LimitKind.CONSENT) == 4
    assert known.limits[0].said == "signing:calculateDigest"


async def test_every_document_is_sealed_once_whatever_the_vendor_takes() -> None:
    for most in (2, 3, 9, 10):
        app = limited(most)
        await app.prepared(*documents(10))
        await finish(app)
        assert await sealed_in(app.ledger) == Counter(one.id for one in documents(10))
        assert app.vendor.calls.count("sign") == -(-10 // most)


async def test_what_is_known_splits_a_batch_before_anything_is_uploaded() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(10))
    await app.limits.learn(LearnedLimit(kind=LimitKind.CONSENT, most=3, learned_at=app.time))
    await prepare(batch, app.tools)
    assert app.vendor.calls.count("upload") == 3
    assert len(await app.ledger.batches()) == 2


async def test_bad_documents_are_blamed_and_the_size_is_learned_in_one_preparation() -> None:
    app, (bad, *good) = limited(4), documents(10)
    app.vendor.unsealable = {bad.id}
    await app.prepared(bad, *good)
    await finish(app)
    assert (await app.limits.known()).most(LimitKind.CONSENT) == 4
    assert await sealed_in(app.ledger) == Counter(one.id for one in good)
    assert list(app.quarantine.refusals) == [bad.id]


async def test_no_session_of_a_split_batch_is_left_open() -> None:
    app = limited(4)
    await app.prepared(*documents(10))
    await finish(app)
    assert app.vendor.sessions == {}


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("at", range(1, 12))
async def test_a_crash_at_any_write_loses_and_doubles_nothing(at: int, *, written: bool) -> None:
    ledger = DyingLedger(at, written=written)
    app = limited(4, ledger)
    app.shelf.admit(*documents(7))
    with pytest.raises(Died):
        await finish(app)
    await finish(app)
    assert await sealed_in(app.ledger) == Counter(one.id for one in documents(7))
    assert await app.shelf.waiting_list(INVOICES) == ()


async def a_split_one(app: MemoryApp, *, of: tuple[Document, ...]) -> History:
    """A batch whose record names the one for its rest, which is not made."""
    batch = await app.gathered(*of)
    history = await app.ledger.read(batch)
    rest = tuple(history.documents)[2:]
    named = Split(at=app.time, why="too many", rest=batch_id(INVOICES, 2), documents=rest)
    return await app.ledger.append(history, named)


async def test_where_a_gatherer_took_the_number_first_the_next_one_is_named() -> None:
    app = MemoryApp()
    history = await a_split_one(app, of=documents(5))
    app.shelf.admit(*documents(7)[5:])
    assert await gather(app.route, app.tools, at_once=True) == (batch_id(INVOICES, 2),)
    history = await prepare(history.batch, app.tools)
    assert history.state is State.PREPARED
    assert [split.rest for split in history.records if isinstance(split, Split)] == [
        batch_id(INVOICES, 2),
        batch_id(INVOICES, 3),
    ]
    await finish(app)
    assert await sealed_in(app.ledger) == Counter(one.id for one in documents(7))


async def test_a_list_that_a_dead_gatherer_left_is_cleared_before_the_rest_becomes_a_batch() -> None:
    app = limited(2)
    batch = await app.gathered(*documents(5))
    # It died between its record and the list.
    app.shelf.admit(*documents(5))
    await prepare(batch, app.tools)
    await finish(app)
    assert await sealed_in(app.ledger) == Counter(one.id for one in documents(5))


async def test_two_workers_that_split_one_batch_make_one_batch_of_the_rest() -> None:
    app = MemoryApp()
    history = await app.ledger.read(await app.gathered(*documents(5)))
    await split(history, 2, app.tools)
    with pytest.raises(Conflict):
        await split(history, 2, app.tools)
    assert len(await app.ledger.batches()) == 2


async def test_a_batch_cannot_be_given_up_before_its_rest_is_safe_and_can_behind_that() -> None:
    app = MemoryApp()
    history = await a_split_one(app, of=documents(5))
    with pytest.raises(IllegalTransition):
        await cancel_batch(history.batch, Text("no"), CancelTools(app.ledger, app.shelf, app.tools.now))
    await prepare(history.batch, app.tools)
    await deliver((await abandon(history.batch, ANNA, app.tools)).batch, app.tools)
    await finish(app)
    assert set(app.quarantine.refusals) == {one.id for one in documents(5)[:2]}
    assert await sealed_in(app.ledger) == Counter(one.id for one in documents(5)[2:])


async def test_a_consent_that_is_asked_of_nobody_makes_a_large_batch_smaller_step_by_step() -> None:
    app = MemoryApp(route=a_route(max_documents=5000))
    history = await app.prepared(*documents(260))
    for most in (200, 100):
        assert await suspect_size(history.batch, history.prepared.summary, "no", app.tools)
        history = await prepare(history.batch, app.tools)
        assert len(history.documents) == most
    assert not await suspect_size(history.batch, history.prepared.summary, "no", app.tools)
    assert not await suspect_size(history.batch, "another summary", "no", app.tools)
    assert (await app.ledger.read(history.batch)).state is State.PREPARED


async def test_a_batch_is_divided_where_nothing_can_be_remembered() -> None:
    app = limited(4)
    app.limits = ForgetfulLimits()
    app.shelf.admit(*documents(10))
    await finish(app)
    assert await sealed_in(app.ledger) == Counter(one.id for one in documents(10))
    assert app.vendor.calls.count("upload") <= 10 + 6 + 4 + 10


@given(st.integers(1, 5000), st.integers(1, 1000))
def test_as_few_batches_come_of_a_division_as_can_be(count: int, most: int) -> None:
    assert sum(1 for _ in parts(count, most)) == -(-count // most)


def parts(count: int, *most: int) -> Iterator[int]:
    """The sizes of what a batch is divided into, where one limit after the other is learned."""
    while count > 0:
        part = even_part(count, most[0])
        yield from parts(part, *most[1:]) if most[1:] else [part]
        count -= part


@pytest.mark.parametrize(("count", "approvals"), [(400, 4), (1100, 11), (2000, 20), (5000, 50)])
def test_a_batch_that_is_divided_again_leaves_no_small_rests(count: int, approvals: int) -> None:
    assert len(list(parts(count, 1000, 500, 100))) == approvals
    assert len(list(parts(400, 250, 100))) == 4


async def test_a_refused_seal_is_asked_about_before_thousands_of_documents_are() -> None:
    app = MemoryApp(route=a_route(max_documents=5000))
    batch = await app.gathered(*documents(40))
    app.vendor.revoked = {(await app.tools.seals.find(app.route.seal)).certificate}
    with pytest.raises(SealRefused):
        await prepare(batch, app.tools)
    assert (app.vendor.calls.count("digests"), app.vendor.calls.count("require_accepted")) == (1, 1)
    assert app.vendor.sessions == {}


async def test_approvals_that_made_a_batch_smaller_do_not_count_against_it() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(32))
    app.vendor.faults = {"sign": ConsentVoid("one approval is not good for so many signature calls")}
    for most in (16, 8, 4, 2):
        await app.limits.learn(LearnedLimit(kind=LimitKind.SIGNATURE, most=most, learned_at=app.time))
        await app.limits.learn(LearnedLimit(kind=LimitKind.CALLS, most=1, learned_at=app.time))
        history = await seal(app.consent(history, f"code-{most}"), app.tools)
        assert not history.is_stopped
        history = await prepare(history.batch, app.tools)
        assert len(history.documents) == most
    for number in range(3):
        history = await seal(app.consent(history, f"in-vain-{number}"), app.tools)
        assert history.is_stopped == (number == 2)
        history = await prepare(history.batch, app.tools)


async def test_whoever_is_asked_again_is_told_why() -> None:
    history = await limited(4).prepared(*documents(10))
    lapsed = history.records[-2]
    assert isinstance(lapsed, Lapsed)
    assert lapsed.why == "eParaksts takes 4 documents at most with one approval"
