"""Where stories keep what they know: the ledger first, and what holds or stands still beside it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from jobs.model.damage import Damage
from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName
from jobs.model.records import Gathered, Record
from jobs.model.seals import Seal
from jobs.model.standstill import Standstill


class Ledger(Protocol):
    """Batches as write-once, hash-chained records. Whoever creates a record has won; the others read again."""

    async def latest(self, route: RouteName, *, may_lag: bool = False) -> int:
        """Number of the route's newest batch, 0 before the first; where it `may_lag`, as it was a moment ago."""
        ...

    async def open(self, batch: BatchId, record: Gathered) -> History:
        """Create the batch with its first record. Raises Conflict when it exists."""
        ...

    async def append(self, history: History, record: Record) -> History:
        """Write the record after `history`. Raises Conflict when that number is taken, and IllegalTransition."""
        ...

    async def read(self, batch: BatchId) -> History:
        """Read and check the whole chain. Raises UnknownBatch and BrokenLedger."""
        ...

    async def glance(self, batch: BatchId) -> Glance:
        """Look how the batch stands: cheap, where `read` was done before. Raises what `read` raises."""
        ...

    async def find_damage(self, batch: BatchId) -> Damage | None:
        """What is damaged in its records; None where nothing is. Raises UnknownBatch."""
        ...

    async def set_aside(self, batch: BatchId, keep: int) -> None:
        """Move its records after the first `keep` out of the ledger, never to delete them; its number stays used.

        With none kept the batch is closed, and unknown from then on.
        """
        ...

    async def close(self, batch: BatchId) -> None:
        """Say that a batch which is over has also been settled; doing it again changes nothing."""
        ...

    async def open_batches(self, *, may_lag: bool = False) -> tuple[BatchId, ...]:
        """Batches in which something may still have to happen, oldest first.

        Where it `may_lag`, as somebody in this process saw them a moment ago: enough for whoever looks again soon.
        """
        ...

    async def record_counts(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        """How many records each batch has, 0 where there is none; nothing is read or checked."""
        ...

    async def batches(self) -> tuple[BatchId, ...]:
        """Every batch, oldest first."""
        ...


class Leases(Protocol):
    """One worker at a time per batch. The ledger stays safe without it; this saves doing work twice."""

    def hold(self, batch: BatchId) -> AbstractAsyncContextManager[bool]:
        """Hold the batch for the time of the block; False when a living worker holds it already."""
        ...


class Freezes(Protocol):
    """Where somebody froze sealing. What cannot be read counts as frozen."""

    async def begin(self, freeze: Freeze) -> None:
        """Freeze its route, or everything; an earlier freeze of the same is replaced."""
        ...

    async def lift(
        self, route: RouteName | None, *, at: datetime, by: str, person: PersonalCode | None = None
    ) -> LiftedFreeze | None:
        """End the freeze of the route, or of everything, and keep who did; None where there was none."""
        ...

    async def find(self, route: RouteName) -> Freeze | None:
        """What holds the route at this moment; None where nothing does."""
        ...

    async def all(self, *, may_lag: bool = False) -> tuple[Freeze, ...]:
        """Every freeze, that of everything first, then by route; where it `may_lag`, as they were a moment ago."""
        ...

    async def past(self) -> tuple[LiftedFreeze, ...]:
        """Every freeze that was lifted, in the order of that."""
        ...


class Standstills(Protocol):
    """What does not move, and why; written by whoever tried last, read by whoever tells people."""

    async def record(self, standstill: Standstill) -> Standstill:
        """Note one more failure; returned as it stands now, counted on from those before it. Raises nothing."""
        ...

    async def clear(self, subject: str) -> None:
        """Forget the subject: it moves again. What never stood still is fine."""
        ...

    async def keep(self, subjects: Collection[str]) -> None:
        """Forget all other subjects: they are over. Raises nothing."""
        ...

    async def all(self) -> tuple[Standstill, ...]:
        """Everything that stands still, by subject."""
        ...


class Seals(Protocol):
    """Enrolled seals."""

    async def find(self, label: str) -> Seal:
        """Find by the label the route names. Raises NotEnrolled."""
        ...

    async def save(self, seal: Seal) -> None:
        """Keep a seal under its label; an older one is replaced."""
        ...

    async def all(self, *, may_lag: bool = False) -> tuple[Seal, ...]:
        """Every enrolled seal, by label; where it `may_lag`, as they were half a minute ago."""
        ...
