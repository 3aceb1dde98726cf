"""A file at which something goes wrong that nobody expected fails alone: the next to it, and the next rescan, go on."""

from pathlib import Path

import pytest

from jobs.model.documents import Profile, SealFormat
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.whole.station import ORDERS, Station
from worker.inbox.candidates import moment_of
from worker.inbox.claim import Claim
from worker.inbox.hashing import Hashed
from worker.inbox.judgement import Judge
from worker.inbox.outcomes import Stuck
from worker.inbox.turns import MOST_AT_ONCE, Turns
from worker.storage.explanation import Explanation
from worker.storage.quarantine import DiskQuarantine
from worker.storage.untaken import Obstacle

POISON = "poison.pdf"


async def test_a_name_that_is_no_text_in_a_folder_that_is_too_large_ends_in_quarantine(tmp_path: Path) -> None:
    """Its refusal could not be written down: every rescan began with it, and took nothing any more."""
    profiles = {INVOICES: Profile(format=SealFormat.EDOC), ORDERS: Profile()}
    station = Station(tmp_path, profiles=profiles)
    station.limit = 1000
    station.drop(b"invoices/a.edoc/\xff\xfe.txt", bytes(2000))
    station.drop("orders/b.pdf", a_pdf("b"))
    rescan = await station.intake.rescan()
    assert (rescan.claimed, rescan.quarantined) == (1, 1)
    (entry,) = await station.quarantine.entries()
    assert entry.explanation.reason is Reason.TOO_LARGE
    assert "\\xff\\xfe.txt has 2\N{NO-BREAK SPACE}000 bytes" in entry.explanation.detail


class StumblingJudge(Judge):
    """Meets a fault of ours at one document; with `early` so soon that it cannot even be put aside."""

    early = False

    def refuse_by_size(self, claim: Claim, standing: object) -> None:
        if self.early and claim.name == POISON:
            raise RecursionError("nobody thought of that")

    def judge(
        self,
        claim: Claim,
        original: Path,
        hashed: Hashed,
        *,
        alone: bool,
    ) -> tuple[RouteName, tuple[Remark, ...]]:
        if claim.name == POISON:
            raise ZeroDivisionError("nobody thought of that")
        return super().judge(claim, original, hashed, alone=alone)


class StumblingQuarantine(DiskQuarantine):
    def put_aside(self, explanation: Explanation) -> None:
        raise KeyError(explanation.name)


@pytest.fixture
def station(tmp_path: Path) -> Station:
    station = Station(tmp_path)
    judge = StumblingJudge(dict.fromkeys((INVOICES, ORDERS), Profile()), limit=lambda: None)
    station.reception._judge = station.reception.claims._judge = judge
    for name in ("a.pdf", POISON, "z.pdf"):
        station.drop(f"invoices/{name}", b"%PDF-1.7 as it was" if name == POISON else a_pdf(name))
    return station


async def test_a_document_that_nobody_can_judge_for_a_fault_of_ours_lies_in_quarantine(station: Station) -> None:
    rescan = await station.intake.rescan()
    assert (rescan.claimed, rescan.quarantined) == (2, 1)
    (entry,) = await station.quarantine.entries()
    assert (entry.explanation.reason, entry.explanation.detail) == (Reason.UNEXPECTED, "ZeroDivisionError")
    assert entry.original.read_bytes() == b"%PDF-1.7 as it was"


async def test_one_that_cannot_even_be_put_aside_is_told_once_and_tried_again(
    station: Station,
) -> None:
    station.reception.quarantine = StumblingQuarantine(station.quarantined, station.layout, now=station.now)
    assert [(await station.intake.rescan()).claimed for _ in range(3)] == [2, 0, 0]
    (stuck,) = station.stuck
    assert isinstance(stuck.error, KeyError)
    assert [left.obstacle for left in station.list.read()] == [Obstacle.UNEXPECTED]
    station.reception.quarantine = station.quarantine
    assert (await station.intake.rescan()).quarantined == 1


async def test_a_claim_that_meets_a_fault_of_ours_holds_up_no_other(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StumblingJudge, "early", True)
    assert (await station.intake.rescan()).claimed == 2
    (stuck,) = station.stuck
    assert isinstance(stuck, Stuck)
    monkeypatch.setattr(StumblingJudge, "early", False)
    assert (await station.intake.rescan()).quarantined == 1


def test_a_time_that_no_calendar_has_is_now() -> None:
    assert moment_of((1 << 63) - 1) >= moment_of(Path("/").stat().st_mtime_ns)
    assert moment_of(10**25).year < 9999


def test_whoever_drops_thousands_has_their_turn_like_everybody_else() -> None:
    turns = Turns[tuple[str, int]](lambda one: one, lambda one: one[0])
    flood = [("flood", number) for number in range(3 * MOST_AT_ONCE)]
    chosen, later = turns.choose([*flood, ("other", 1)])
    assert ("other", 1) in chosen[:2]
    assert (len(chosen), later) == (MOST_AT_ONCE, 2 * MOST_AT_ONCE + 1)


def test_what_could_not_be_taken_comes_again_only_after_all_others() -> None:
    turns = Turns[int](lambda one: one, lambda _: "route")
    stuck = list(range(2 * MOST_AT_ONCE))
    first, second, third = (turns.choose(stuck) for _ in range(3))
    assert first[0] + second[0] == stuck
    assert (second[1], third[0]) == (0, first[0])
