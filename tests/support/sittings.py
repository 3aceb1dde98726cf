"""Sittings in memory."""

from jobs.model.names import BatchId
from worker.desk.sitting import BatchStep, Plan, Sitting


class MemorySittings:
    def __init__(self) -> None:
        self._kept: dict[str, Sitting] = {}

    async def begin(self, session: str, plan: Plan) -> None:
        self._kept[session] = Sitting(plan=plan, progress={})

    async def note(self, session: str, batch: BatchId, progress: BatchStep) -> None:
        if session in self._kept:
            known = self._kept[session]
            self._kept[session] = Sitting(plan=known.plan, progress={**known.progress, batch: progress})

    async def forget(self, session: str, batch: BatchId) -> None:
        if session in self._kept:
            known = self._kept[session]
            rest = {each: progress for each, progress in known.progress.items() if each != batch}
            self._kept[session] = Sitting(plan=known.plan, progress=rest)

    async def find(self, session: str) -> Sitting | None:
        return self._kept.get(session)
