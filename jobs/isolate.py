"""Finding what spoils a whole set: CalculateDigest answers for all of a set or for none, and names no document.

A refusal says that one of the set is bad. So does an answer that is lost each time: some documents make the vendor fail
(500) instead of refuse. Both are told apart from an outage by their neighbours, which get their digests.

Where every part is taken and the whole is not, though no two of them are at odds, it is too large. That is told by what
is taken: nobody knows the words in which the vendor would say so.
"""

from collections.abc import Awaitable, Callable, Sequence

from jobs.model.digest import DigestSet
from jobs.model.errors import Permanent, Rejected, TooMany, Uncertain
from jobs.model.reasons import Reason
from jobs.model.text import Text

Calculate = Callable[[Sequence[str]], Awaitable[DigestSet]]
Culprits = dict[str, Rejected]

_EVER_TAKEN = 100
"""Sessions that no vendor fails on for being many: it opens as many in one call (vendor §4.1)."""
_STEPS = (1000, 500, 100, 50)
"""Limits are round figures as a rule, so these are tried first."""


async def isolate(sessions: Sequence[str], calculate: Calculate) -> tuple[DigestSet | None, Culprits]:
    """Calculate digests for all sessions that can be sealed; tell which cannot, and why.

    Halving finds k culprits among n in about k·log2(n) calls. When all of several are refused, the fault is
    not in the documents (an expired seal certificate, say): then it raises Permanent and blames none of them.
    Raises TooMany where all are taken in parts, and not together; Uncertain when the vendor fails whatever it is asked,
    and for a lone document, which has no neighbour.
    """
    try:
        return await calculate(sessions), {}
    except Rejected as error:
        culprits = await _Halving(sessions, calculate).search(sessions, error)
    except Uncertain as error:
        if len(sessions) == 1:
            raise
        culprits = await _Halving(sessions, calculate).search(sessions, error)
    if len(culprits) == len(sessions) > 1:
        raise Permanent(
            Text("the vendor refuses every document of this batch: {why}", why=culprits[sessions[0]].detail)
        )
    accepted = [session for session in sessions if session not in culprits]
    while accepted:
        try:
            return await calculate(accepted), culprits
        except Rejected as error:
            # Each is taken by itself, and not all together: two of one name, say.
            odd = await _find_odd(accepted, calculate, error)
            culprits[odd] = Rejected(error.reason, Text("together with others of its batch: {why}", why=error.detail))
            accepted.remove(odd)
        except Uncertain as error:
            # Lost twice, while both halves were taken.
            if len(accepted) <= _EVER_TAKEN:
                raise
            raise TooMany(str(error), len(accepted) // 2) from error
    return None, culprits


async def _find_odd(sessions: Sequence[str], calculate: Calculate, error: Rejected) -> str:
    """The first session with which those before it are refused. Raises TooMany where it is not at odds with any."""
    most = await _count_accepted(sessions, calculate)
    if not most:
        raise error
    odd = sessions[most]
    if await _is_odd_with_none(odd, sessions[:most], calculate):
        raise TooMany(error.detail, most)
    return odd


async def _count_accepted(sessions: Sequence[str], calculate: Calculate) -> int:
    """How many of them, from the first on, are taken together; with one more they are refused. About log2(n) calls."""
    good, bad = 0, len(sessions)
    while bad - good > 1:
        probe = _next_probe(good, bad)
        try:
            await calculate(sessions[:probe])
            good = probe
        except Rejected:
            bad = probe
    return good


def _next_probe(good: int, bad: int) -> int:
    """A number between the two: one more than a round figure that was taken, else a round figure, else the middle."""
    if good and not good % _STEPS[-1]:
        return good + 1
    middle = (good + bad) // 2
    for step in _STEPS:
        rounds = range((good // step + 1) * step, bad, step)
        if rounds:
            return min(rounds, key=lambda figure: abs(figure - middle))
    return middle


async def _is_odd_with_none(odd: str, others: Sequence[str], calculate: Calculate) -> bool:
    """Whether a session that is refused with all the others is taken with either half of them."""
    middle = len(others) // 2
    try:
        for half in (others[:middle], others[middle:]):
            await calculate((*half, odd))
    except Rejected:
        return False
    return len(others) > 1


class _Halving:
    """The search for culprits, bounded: an outage must not be asked about every subset of a batch."""

    def __init__(self, sessions: Sequence[str], calculate: Calculate) -> None:
        self._calculate = calculate
        self._lost = 0
        # Depth first, a lone culprit is met after log2(n) losses; twice that leaves room for neighbours alike.
        self._most_lost = 2 * len(sessions).bit_length() + 4

    async def search(self, sessions: Sequence[str], error: Rejected | Uncertain) -> Culprits:
        """The culprits in a set that met this error. Raises Uncertain after too many lost answers in a row."""
        if isinstance(error, Uncertain):
            self._lost += 1
            if self._lost > self._most_lost:
                raise error
        if len(sessions) == 1:
            why = Text("the sealing service fails each time it is given this document: {why}", why=error)
            blamed = error if isinstance(error, Rejected) else Rejected(Reason.REFUSED_BY_VENDOR, why)
            return {sessions[0]: blamed}
        middle = len(sessions) // 2
        found: Culprits = {}
        for half in (sessions[:middle], sessions[middle:]):
            try:
                await self._calculate(half)
            except (Rejected, Uncertain) as cause:
                found |= await self.search(half, cause)
            else:
                self._lost = 0
        return found
