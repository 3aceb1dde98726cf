"""Calls about many documents, in as few parts as the vendor takes: what it refuses for its size is made smaller."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from jobs.model.digest import Digest
from jobs.model.errors import ConsentVoid, CredentialsRefused, Permanent, SealingError, Uncertain
from jobs.model.text import Text
from jobs.model.vendor_limits import SUSPICION, LearnedLimit, LimitKind, next_figure
from jobs.ports import VendorLimits
from worker.eparaksts.failures import PerhapsTooMany

EVER_TAKEN = 100
"""So many are suspected of being too many only where the vendor says so: it opens as many sessions in one call."""
_STATUSES = frozenset({400, 413, 422})
"""Figures that refusals begin with, whatever they are about."""
_FIGURE = re.compile(r"(?<![\w.-])\d{1,5}(?![\w-]|\.\d)")

Results = Mapping[str, str | None]


def suggest_size(count: int, refusal: PerhapsTooMany) -> int | None:
    """How many to try instead of `count`; None where nothing says that their number is what was refused.

    A figure in the vendor's own words is tried first, since it may save a person's consent; but what is learned from it
    stays, so it has to look like a limit, and not like the number of an error or of a document.
    """
    named = [figure for figure in map(int, _FIGURE.findall(refusal.said)) if _is_likely(figure, count)]
    if named:
        return max(named)
    return next_figure(count) or (count // 2 or None if refusal.is_of_size else None)


def _is_likely(figure: int, count: int) -> bool:
    is_round = figure >= EVER_TAKEN or (count <= EVER_TAKEN and figure % 10 == 0)
    return 0 < figure < count and is_round and figure not in _STATUSES


class Parts:
    """Makes calls in parts, and has what it learns kept."""

    def __init__(self, limits: VendorLimits, now: Callable[[], datetime]) -> None:
        self._limits = limits
        self._now = now

    async def call(
        self, kind: LimitKind, sessions: Sequence[str], call: Callable[[Sequence[str]], Awaitable[Results]]
    ) -> Results:
        """Make the call for all sessions, each in one part only; gives all results.

        Raises what the call raises, and Uncertain instead of a refusal where other parts were done before.
        """
        size, said = await self._known_size(kind, len(sessions)), ""
        results: dict[str, str | None] = {}
        while len(results) < len(sessions):
            part = sessions[len(results) : len(results) + size]
            try:
                results |= await call(part)
            except PerhapsTooMany as refusal:
                smaller = suggest_size(len(part), refusal)
                if smaller is None:
                    raise _doubt(refusal, results) from None
                size, said = smaller, str(refusal)
            except CredentialsRefused:
                raise
            except Permanent as refusal:
                raise _doubt(refusal, results) from None
            else:
                said = await self._learn(kind, size, said)
        return results

    async def sign(
        self,
        digests: Sequence[Digest],
        ends_at: datetime,
        call: Callable[[Sequence[Digest]], Awaitable[Sequence[bytes]]],
    ) -> tuple[bytes, ...]:
        """Sign all digests with one token, which ends at `ends_at`: in one call, or where that is too large in several.

        Raises ConsentVoid where one token does not serve so many calls; what was signed until then is worth nothing and
        is forgotten. Raises what the call raises.
        """
        size, said = await self._known_size(LimitKind.SIGNATURE, len(digests)), ""
        values: list[bytes] = []
        began = self._now()
        while len(values) < len(digests):
            part = digests[len(values) : len(values) + size]
            left = len(digests) - len(values)
            if values and self._now() + (self._now() - began) / len(values) * left > ends_at:
                why = Text("its token ends before all digests can be signed")
                # It may be slower than it is as a rule.
                await self._keep(size, len(values) // size, said, why, until=self._now() + SUSPICION)
                raise _void(why)
            try:
                values += await call(part)
            except PerhapsTooMany as refusal:
                smaller = suggest_size(len(part), refusal)
                if smaller is None:
                    raise
                size, said = smaller, str(refusal)
            except Permanent as refusal:
                if len(part) == len(digests):
                    raise
                await self._keep(size, len(values) // size, said, refusal)
                raise _void(refusal) from None
            else:
                said = await self._learn(LimitKind.SIGNATURE, size, said)
        return tuple(values)

    async def learn_life(self, life: timedelta) -> None:
        """Keep how long a consent can be used, by which batches are planned."""
        seconds = int(life.total_seconds())
        if seconds > 0:
            await self._limits.learn(LearnedLimit(kind=LimitKind.LIFE, most=seconds, learned_at=self._now()))

    async def _known_size(self, kind: LimitKind, count: int) -> int:
        return (await self._limits.known()).most(kind) or count

    async def _keep(self, size: int, calls: int, said: str, why: object, until: datetime | None = None) -> None:
        """Keep what one authorization turned out to be good for, so that the next one is asked for no more."""
        await self._learn(LimitKind.SIGNATURE, size, said)
        await self._learn(LimitKind.CALLS, max(calls, 1), str(why), until)

    async def _learn(self, kind: LimitKind, most: int, said: str, until: datetime | None = None) -> str:
        """Keep a limit where something was `said`; gives what is left to be said, which is nothing."""
        if said:
            limit = LearnedLimit(kind=kind, most=most, learned_at=self._now(), said=said, until=until)
            await self._limits.learn(limit)
        return ""


def _doubt(refusal: Permanent, done: Results) -> SealingError:
    """The refusal of a part; where others were done, nobody may take it for one of the whole."""
    return Uncertain(str(refusal)) if done else refusal


def _void(why: object) -> ConsentVoid:
    return ConsentVoid(Text("one approval is not good for so many signature calls: {why}", why=why))
