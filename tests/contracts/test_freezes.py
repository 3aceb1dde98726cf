"""A freeze is there for every process at once, survives a restart, and holds also where it cannot be read."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.model.names import PersonalCode, RouteName
from jobs.model.standstill import Cause
from jobs.ports import Freezes
from tests.support.builders import ANNA, INVOICES, JANIS, NOON
from tests.support.installation import an_installation
from tests.support.small import MemoryFreezes
from tests.support.waiting import until
from worker.app.freeze_log import tell_changes, tell_freezes
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.objects.failures import StorageAway
from worker.objects.freezes import ObjectFreezes
from worker.storage.freezes import FreezeBook

LETTERS = RouteName("letters")
EVERYTHING = Freeze(at=NOON, by="root", reason="an audit")
LATER = NOON + timedelta(hours=1)
HERE = Freeze(route=INVOICES, at=NOON, by="Anna Parauga", person=ANNA, reason="wrong template")


@pytest.fixture(params=["memory", "disk", "bucket"])
def freezes(request: pytest.FixtureRequest, tmp_path: Path) -> Freezes:
    make: dict[str, Callable[[], Freezes]] = {
        "memory": MemoryFreezes,
        "disk": lambda: FreezeBook(tmp_path / "data" / "freezes"),
        "bucket": lambda: ObjectFreezes(request.getfixturevalue("bucket")),
    }
    return make[request.param]()


async def test_a_freeze_of_a_route_holds_that_route_and_no_other(freezes: Freezes) -> None:
    assert await freezes.all() == ()
    await freezes.begin(HERE)
    assert (await freezes.find(INVOICES), await freezes.find(LETTERS)) == (HERE, None)
    assert await freezes.lift(LETTERS, at=LATER, by="root") is None
    lifted = LiftedFreeze(freeze=HERE, at=LATER, by="Jānis Bērziņš", person=JANIS)
    assert await freezes.lift(INVOICES, at=LATER, by="Jānis Bērziņš", person=JANIS) == lifted
    assert await freezes.lift(INVOICES, at=LATER, by="root") is None
    assert await freezes.find(INVOICES) is None
    assert await freezes.past() == (lifted,)


async def test_a_freeze_of_everything_is_lifted_apart_from_that_of_a_route(freezes: Freezes) -> None:
    await freezes.begin(HERE)
    await freezes.begin(EVERYTHING)
    assert await freezes.all() == (EVERYTHING, HERE)
    assert await freezes.find(LETTERS) == EVERYTHING
    assert await freezes.lift(None, at=LATER, by="root") == LiftedFreeze(freeze=EVERYTHING, at=LATER, by="root")
    assert (await freezes.find(INVOICES), await freezes.find(LETTERS)) == (HERE, None)


async def test_a_later_freeze_of_the_same_takes_the_place_of_the_earlier(freezes: Freezes) -> None:
    await freezes.begin(HERE)
    await freezes.begin(later := HERE.model_copy(update={"reason": "still wrong"}))
    assert await freezes.all() == (later,)


async def test_it_survives_a_restart_and_a_crash_in_the_middle_of_writing(tmp_path: Path) -> None:
    await FreezeBook(tmp_path).begin(HERE)
    # As a process leaves it that is killed before it gives the file its name.
    (tmp_path / ".0123456789abcdef.tmp").write_bytes(b'{"at": "20')
    assert await FreezeBook(tmp_path).all() == (HERE,)


@pytest.mark.parametrize(("name", "holds_letters"), [("invoices.json", False), ("_all.json", True), ("?.json", True)])
async def test_what_cannot_be_read_is_frozen(tmp_path: Path, name: str, holds_letters: bool) -> None:  # noqa: FBT001
    (tmp_path / name).write_bytes(b"")
    found = await FreezeBook(tmp_path).find(INVOICES)
    assert found is not None
    assert "cannot be read" in found.reason
    assert (await FreezeBook(tmp_path).find(LETTERS) is not None) is holds_letters


async def test_a_freeze_that_was_copied_to_another_route_does_not_free_that(tmp_path: Path) -> None:
    await FreezeBook(tmp_path).begin(HERE)
    (tmp_path / "invoices.json").rename(tmp_path / "letters.json")
    assert await FreezeBook(tmp_path).find(LETTERS) is not None


async def test_a_file_that_cannot_be_read_can_be_lifted(tmp_path: Path) -> None:
    (tmp_path / "invoices.json").write_bytes(b"")
    assert await FreezeBook(tmp_path).lift(INVOICES, at=LATER, by="root") is not None
    assert await FreezeBook(tmp_path).all() == ()


async def test_a_folder_that_cannot_be_looked_into_is_an_error_and_not_a_yes(tmp_path: Path) -> None:
    (tmp_path / "freezes").write_bytes(b"")
    with pytest.raises(OSError, match="freezes"):
        await FreezeBook(tmp_path / "freezes").find(INVOICES)


async def test_a_frozen_route_stands_still_and_says_who_and_why(tmp_path: Path) -> None:
    settings = an_installation(tmp_path)
    disk = OnDisk.of(settings)
    async with disk.presence.announced():
        await disk.freezes.begin(HERE)
        (standstill,) = await find_standstills(settings, disk)
        assert (standstill.subject, standstill.cause, standstill.since) == (INVOICES, Cause.FROZEN, NOON)
        assert standstill.detail == "Anna Parauga froze sealing in route invoices: wrong template"
        await disk.freezes.lift(INVOICES, at=LATER, by="root")
        assert await find_standstills(settings, disk) == ()


def test_the_log_tells_who_froze_and_who_lifted_and_names_nobody_who_is_not_to_be_named() -> None:
    lifted = LiftedFreeze(freeze=HERE, at=LATER, by="Jānis Bērziņš", person=JANIS)
    with capture_logs() as log:
        tell_changes({lifted, HERE, EVERYTHING.model_copy(update={"at": LATER + timedelta(hours=1)})}, _pseudonym)
    assert [(line["event"], line["route"], line["by"]) for line in log] == [
        ("sealing frozen", INVOICES, "approver-00001"),
        ("sealing goes on", INVOICES, "approver-00002"),
        ("sealing frozen", "all", "root"),
    ]
    assert "Anna" not in str(log)
    assert "Bērziņš" not in str(log)


async def test_a_process_tells_what_it_finds_frozen_and_what_changes_while_it_runs() -> None:
    freezes = MemoryFreezes()
    await freezes.begin(EVERYTHING)
    await freezes.lift(None, at=LATER, by="root")
    await freezes.begin(HERE)
    with capture_logs() as log:
        telling = asyncio.create_task(tell_freezes(freezes, _pseudonym, timedelta(0)))
        await until(lambda: len(log) == 1)
        await freezes.lift(INVOICES, at=LATER, by="root")
        await until(lambda: len(log) == 2)
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    assert [(line["event"], line["route"]) for line in log] == [
        ("sealing frozen", INVOICES),
        ("sealing goes on", INVOICES),
    ]


class AwayAtFirst(MemoryFreezes):
    """Cannot be read by the first looks, as a storage that does not answer."""

    looks = 0

    async def all(self, *, may_lag: bool = False) -> tuple[Freeze, ...]:
        self._look()
        return await super().all(may_lag=may_lag)

    async def past(self) -> tuple[LiftedFreeze, ...]:
        self._look()
        return await super().past()

    def _look(self) -> None:
        self.looks += 1
        if self.looks < 4:
            raise StorageAway("the endpoint is not reached")


async def test_a_storage_that_is_away_delays_what_is_told_of_freezes_and_no_more() -> None:
    freezes = AwayAtFirst()
    await freezes.begin(HERE)
    with capture_logs() as log:
        telling = asyncio.create_task(tell_freezes(freezes, _pseudonym, timedelta(0)))
        await until(lambda: bool(log) or telling.done())
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    assert [line["event"] for line in log] == ["sealing frozen"]


def _pseudonym(person: PersonalCode) -> str:
    return f"approver-{person[-5:]}"
