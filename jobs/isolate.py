"""Finding the documents that spoil a whole set: CalculateDigest refuses all when one is bad, and names none."""

from collections.abc import Awaitable, Callable, Sequence

from jobs.model.digest import DigestSet
from jobs.model.errors import Permanent, Rejected

Calculate = Callable[[Sequence[str]], Awaitable[DigestSet]]
Culprits = dict[str, Rejected]


async def isolated(sessions: Sequence[str], calculate: Calculate) -> tuple[DigestSet | None, Culprits]:
    """Calculate digests for all sessions that can be sealed; tell which cannot, and why.

    Halving finds k culprits among n in about k·log2(n) calls. When all of several are refused, the fault is
    not in the documents (an expired seal certificate, say): then it raises Permanent and blames none of them.
    """
    try:
        return await calculate(sessions), {}
    except Rejected as error:
        culprits = await _culprits(sessions, calculate, error)
    if len(culprits) == len(sessions) > 1:
        raise Permanent(f"the vendor refuses every document of this batch: {culprits[sessions[0]].detail}")
    accepted = [session for session in sessions if session not in culprits]
    return (await calculate(accepted) if accepted else None), culprits


async def _culprits(sessions: Sequence[str], calculate: Calculate, error: Rejected) -> Culprits:
    if len(sessions) == 1:
        return {sessions[0]: error}
    middle = len(sessions) // 2
    found: Culprits = {}
    for half in (sessions[:middle], sessions[middle:]):
        try:
            await calculate(half)
        except Rejected as cause:
            found |= await _culprits(half, calculate, cause)
    return found
