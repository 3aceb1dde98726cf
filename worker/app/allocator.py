"""How the C library keeps the memory of a process that runs for months: in few pools."""

import ctypes

_POOLS = 2
_M_ARENA_MAX = -8
"""mallopt(3)."""


def keep_few_pools() -> None:
    """Have all threads take from two pools; to be called before the first of them starts.

    Left to itself, glibc gives each thread a pool of its own, up to eight for each core, and what was once needed in
    one stays there: a batch of a thousand documents leaves its largest buffers behind in each. Other libraries have no
    such pools, and nothing is told them.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_M_ARENA_MAX, _POOLS)
