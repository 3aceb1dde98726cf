"""What a sitting knows: what comes next, what is open, and what counts as approved."""

from datetime import timedelta

from jobs.model.names import batch_id
from tests.support.builders import ANNA, INVOICES, NOON, documents
from tests.support.memory_app import MemoryApp
from worker.desk.sessions import GRANT_LIFE
from worker.desk.sitting import BatchStep, Plan, Planned, Sitting, Skip, Step, appearance

FIRST, SECOND, THIRD = (batch_id(INVOICES, number) for number in (1, 2, 3))
PLAN = Plan(
    person=ANNA,
    began_at=NOON,
    batches=tuple(Planned(batch=batch, appearance="a") for batch in (FIRST, SECOND, THIRD)),
)
ASKED, DECLINED = BatchStep(step=Step.ASKED, at=NOON), BatchStep(step=Step.DECLINED, at=NOON)
APPROVED = BatchStep(step=Step.APPROVED, at=NOON, summary="s=")
SKIPPED = BatchStep(step=Step.SKIPPED, at=NOON, why=Skip.LEFT_OUT)


def test_it_goes_through_its_batches_in_order_and_is_over_when_each_has_its_end() -> None:
    begun = Sitting(plan=PLAN, progress={})
    assert [planned.batch for planned in begun.rest] == [FIRST, SECOND, THIRD]
    asked = Sitting(plan=PLAN, progress={FIRST: APPROVED, SECOND: ASKED})
    assert (asked.open, [planned.batch for planned in asked.rest], asked.is_over) == (SECOND, [THIRD], False)
    declined = Sitting(plan=PLAN, progress={FIRST: APPROVED, SECOND: DECLINED, THIRD: SKIPPED})
    assert (declined.open, declined.is_over) == (SECOND, False)
    over = Sitting(plan=PLAN, progress={FIRST: APPROVED, SECOND: SKIPPED, THIRD: APPROVED})
    assert over.is_over
    assert [batch for batch, _ in over.batches_at(Step.APPROVED)] == [FIRST, THIRD]


async def test_a_consent_is_on_its_way_for_these_digests_and_for_a_while() -> None:
    history = await MemoryApp().prepared(*documents(1))
    given = BatchStep(step=Step.APPROVED, at=NOON, summary=history.prepared.summary)
    sitting = Sitting(plan=PLAN, progress={history.batch: given})
    assert sitting.has_approved(history, NOON)
    assert not sitting.has_approved(history, NOON + GRANT_LIFE)
    other = given.model_copy(update={"summary": "other="})
    assert not Sitting(plan=PLAN, progress={history.batch: other}).has_approved(history, NOON)
    before = given.model_copy(update={"at": NOON - timedelta(seconds=1)})
    assert not Sitting(plan=PLAN, progress={history.batch: before}).has_approved(history, NOON)


async def test_what_a_person_looked_at_is_told_from_what_they_did_not() -> None:
    history = await MemoryApp().prepared(*documents(2))
    prepared = history.prepared

    def seen(**changes: object) -> str:
        records = (*history.records[:-1], prepared.model_copy(update=changes))
        return appearance(history.model_copy(update={"records": records}))

    assert seen(summary="renewed=", at=NOON + timedelta(hours=1)) == appearance(history)
    assert seen(caution="It may have been sealed before.") != appearance(history)
    assert seen(documents=prepared.documents[:1]) != appearance(history)
