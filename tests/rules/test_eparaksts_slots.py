"""Slots: who goes first, and that none is ever lost."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.eparaksts.congestion import Bounds
from worker.eparaksts.operations import TERMS, Operation, Rank
from worker.eparaksts.slots import Slots
from worker.precedence import in_turn

OLD = datetime(2026, 11, 28, 12, tzinfo=UTC)


def fixed(count: int) -> Bounds:
    return Bounds(first=count, least=count, most=count)


class House:
    """Callers of one vendor, which answers when it is told to."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.began: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.ranks: dict[str, Rank] = {}
        self._answers: dict[str, asyncio.Event] = {}

    async def call(self, name: str, rank: Rank, age: int = 0) -> None:
        """Ask for a slot; what can begin has begun when this returns."""
        self._answers[name], self.ranks[name] = asyncio.Event(), rank
        with in_turn(OLD - timedelta(hours=age)):
            self.tasks[name] = asyncio.create_task(self._run(name, rank))
        await settled()

    async def answer(self, *names: str) -> None:
        for name in names:
            self.release(name)
            await settled()

    def release(self, name: str) -> None:
        self._answers[name].set()

    async def _run(self, name: str, rank: Rank) -> None:
        async with self.slots.hold(rank, "any"):
            self.began.append(name)
            await self._answers[name].wait()

    async def end(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        for task in self.tasks.values():
            with suppress(asyncio.CancelledError):
                await task


async def settled() -> None:
    """Everything that can go on without anybody has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_downloads_go_before_uploads_and_these_before_closing() -> None:
    house = House(Slots(fixed(1)))
    for name, rank in (("first", Rank.UPLOAD), ("close", Rank.CLOSE), ("up", Rank.UPLOAD), ("down", Rank.DOWNLOAD)):
        await house.call(name, rank)
    await house.answer("first", "down", "up", "close")
    assert house.began == ["first", "down", "up", "close"]
    await house.end()


async def test_within_a_rank_the_oldest_batch_goes_first_and_then_whoever_came_first() -> None:
    house = House(Slots(fixed(1)))
    await house.call("first", Rank.UPLOAD)
    for name, age in (("young", 1), ("old", 9), ("old too", 9), ("younger", 0)):
        await house.call(name, Rank.UPLOAD, age)
    await house.answer("first", "old", "old too", "young", "younger")
    assert house.began == ["first", "old", "old too", "young", "younger"]
    await house.end()


async def test_people_and_batches_never_wait_behind_documents() -> None:
    house = House(Slots(fixed(1)))
    for number in range(50):
        await house.call(f"up {number}", Rank.UPLOAD)
    await house.call("sign", Rank.PERSON)
    await house.call("finalize", Rank.BATCH)
    assert house.began == ["up 0", "sign", "finalize"]
    await house.end()


async def test_people_wait_neither_behind_batches_nor_without_a_bound_at_the_vendor() -> None:
    house = House(Slots(fixed(1)))
    for number in range(30):
        await house.call(f"finalize {number}", Rank.BATCH)
    for number in range(30):
        await house.call(f"sign {number}", Rank.PERSON)
    assert len(house.began) == 32
    assert "sign 0" in house.began
    await house.end()


async def test_documents_go_on_beside_calls_for_many_that_hang() -> None:
    house = House(Slots(Bounds(first=4, least=2, most=4)))
    for number in range(20):
        await house.call(f"finalize {number}", Rank.BATCH)
    for number in range(3):
        await house.call(f"up {number}", Rank.UPLOAD)
    assert [name for name in house.began if name.startswith("up")] == ["up 0", "up 1"]
    await house.answer("up 0")
    assert "up 2" in house.began
    await house.end()


async def test_even_the_last_in_rank_gets_a_slot_while_others_never_cease() -> None:
    house = House(Slots(fixed(1)))
    await house.call("down 0", Rank.DOWNLOAD)
    await house.call("close", Rank.CLOSE)
    for number in range(1, 10):
        await house.call(f"down {number}", Rank.DOWNLOAD, age=number)
        await house.answer(house.began[-1])
    assert "close" in house.began
    await house.end()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_documents_wait_while_the_vendor_rests_and_people_do_not() -> None:
    clock = Clock()
    slots = Slots(fixed(4), clock=clock)
    async with slots.hold(Rank.UPLOAD, "any") as slot:
        slot.note_refusal(0.02, is_too_many=True)
    house = House(slots)
    await house.call("up", Rank.UPLOAD)
    await house.call("sign", Rank.PERSON)
    assert house.began == ["sign"]
    clock.now = 0.03
    async with asyncio.timeout(30):
        while "up" not in house.began:  # noqa: ASYNC110  nothing else tells of it
            await asyncio.sleep(0.005)
    await house.end()


async def test_whoever_observes_hears_how_many_there_are() -> None:
    told: list[int] = []
    slots = Slots(Bounds(first=8, least=2, most=8), observe=told.append)
    async with slots.hold(Rank.UPLOAD, "any") as slot:
        slot.note_refusal(0.0, is_too_many=False)
    assert told == [8, 6]


Act = tuple[str, int]
ACTS = st.lists(st.tuples(st.sampled_from(["call", "answer", "cancel", "answer, then cancel"]), st.integers(0, 30)))


@given(acts=ACTS, ranks=st.lists(st.sampled_from(list(Rank)), min_size=31, max_size=31), count=st.integers(1, 4))
def test_whoever_is_cancelled_whenever_no_slot_is_lost_and_none_is_given_twice(
    acts: list[Act], ranks: list[Rank], count: int
) -> None:
    async def play() -> None:
        house = House(Slots(fixed(count)))
        for number, (act, which) in enumerate(acts):
            names = list(house.tasks)
            if act == "call" or not names:
                await house.call(str(number), ranks[which])
                continue
            name = names[which % len(names)]
            if act.startswith("answer"):
                house.release(name)
            if act.endswith("cancel"):
                # In the same moment in which another one may be given what becomes free.
                house.tasks[names[(which + 1) % len(names)]].cancel()
            await settled()
            held = [each for each, task in house.tasks.items() if each in house.began and not task.done()]
            of_documents = [each for each in held if house.ranks[each].is_of_a_document]
            assert len(of_documents) <= count
        await house.end()
        # All slots are there again: so many begin at once.
        for number in range(count + 1):
            await house.call(f"last {number}", Rank.UPLOAD)
        assert [name for name in house.began if name.startswith("last")] == [f"last {n}" for n in range(count)]
        assert house.slots.queue_length == 1
        await house.end()
        assert house.slots.queue_length == 0

    asyncio.run(play())


def test_the_table_ranks_every_call_that_is_made_for_each_document() -> None:
    ranked = {operation for operation, terms in TERMS.items() if terms.rank.is_of_a_document}
    assert ranked == {
        Operation.UPLOAD,
        Operation.ADD_DIGESTS,
        Operation.LIST,
        Operation.DOWNLOAD,
        Operation.VALIDATE,
        Operation.CLOSE,
    }
