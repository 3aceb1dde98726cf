"""Finding the documents that spoil a whole set: CalculateDigest answers for all of a set or for none, and names none.

A refusal says that one of the set is bad. So does an answer that is lost each time: some documents make the vendor fail
(500) instead of refuse. Both are told apart from an outage by their neighbours, which get their digests.
"""

from collections.abc import Awaitable, Callable, Sequence

from jobs.model.digest import DigestSet
from jobs.model.errors import Permanent, Rejected, Uncertain
from jobs.model.reasons import Reason
from jobs.model.text import Text

Calculate = Callable[[Sequence[str]], Awaitable[DigestSet]]
Culprits = dict[str, Rejected]


async def isolate(sessions: Sequence[str], calculate: Calculate) -> tuple[DigestSet | None, Culprits]:
    """Calculate digests for all sessions that can be sealed; tell which cannot, and why.

    Halving finds k culprits among n in about k·log2(n) calls. When all of several are refused, the fault is
    not in the documents (an expired seal certificate, say): then it raises Permanent and blames none of them.
    Raises Uncertain when the vendor fails whatever it is asked, and for a lone document, which has no neighbour.
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
            odd = await _find_odd(accepted, calculate)
            if odd is None:
                raise
            culprits[odd] = Rejected(error.reason, Text("together with others of its batch: {why}", why=error.detail))
            accepted.remove(odd)
    return None, culprits


async def _find_odd(sessions: Sequence[str], calculate: Calculate) -> str | None:
    """The first session with which those before it are refused, in log2(n) calls; None when nothing is taken."""
    good, bad = 0, len(sessions)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            await calculate(sessions[:middle])
            good = middle
        except Rejected:
            bad = middle
    return sessions[good] if good else None


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
