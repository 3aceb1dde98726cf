"""Calls about many documents, in as few parts as the vendor takes: what it refuses for its size is made smaller."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from jobs.model.digest import Digest
from jobs.model.errors import ConsentVoid, Permanent
from jobs.model.text import Text
from jobs.model.vendor_limits import LearnedLimit, LimitKind
from jobs.ports import VendorLimits
from worker.eparaksts.failures import PerhapsTooMany

EVER_TAKEN = 100
"""So many are suspected of being too many only where the vendor says so: it opens as many sessions in one call."""
_FIGURE = re.compile(r"(?<![\w.-])\d{1,5}(?![\w-]|\.\d)")

Results = Mapping[str, str | None]


def suggest_size(count: int, refusal: PerhapsTooMany) -> int | None:
    """How many to try instead of `count`; None where nothing says that their number is what was refused.

    A figure in the vendor's own words is tried first: it may save a person's consent, and decides nothing else.
    """
    named = [figure for figure in map(int, _FIGURE.findall(refusal.said)) if 0 < figure < count]
    if named:
        return max(named)
    if count > EVER_TAKEN:
        return EVER_TAKEN
    return count // 2 or None if refusal.is_of_size else None


class Parts:
    """Makes calls in parts, and has what it learns kept."""

    def __init__(self, limits: VendorLimits, now: Callable[[], datetime]) -> None:
        self._limits = limits
        self._now = now

    async def call(
        self, kind: LimitKind, sessions: Sequence[str], call: Callable[[Sequence[str]], Awaitable[Results]]
    ) -> Results:
        """Make the call for all sessions, each in one part only; gives all results.

        Raises what the call raises: then some parts may have been done.
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
                    raise
                size, said = smaller, str(refusal)
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
                await self._keep(size, len(values) // size, said, why)
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

    async def _known_size(self, kind: LimitKind, count: int) -> int:
        return (await self._limits.known()).most(kind) or count

    async def _keep(self, size: int, calls: int, said: str, why: object) -> None:
        """Keep what one authorization turned out to be good for, so that the next one is asked for no more."""
        await self._learn(LimitKind.SIGNATURE, size, said)
        await self._learn(LimitKind.CALLS, max(calls, 1), str(why))

    async def _learn(self, kind: LimitKind, most: int, said: str) -> str:
        """Keep a limit where something was `said`; gives what is left to be said, which is nothing."""
        if said:
            await self._limits.learn(LearnedLimit(kind=kind, most=most, learned_at=self._now(), said=said))
        return ""


def _void(why: object) -> ConsentVoid:
    return ConsentVoid(Text("one approval is not good for so many signature calls: {why}", why=why))
