"""Which queued jobs begin: the last stage first, and of each stage so many at once that the others have room beside it.

Otherwise the uploads of a thousand batches would stand before the delivery of the first, and each job that has begun
holds its documents in memory. Where several workers live, none takes more than its share of what there is (guided
self-scheduling, Polychronopoulos and Kuck 1987): the first to look would take all of the last batches, for which its
slots at the vendor are too few, while those of the others are idle.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil
from types import MappingProxyType

from jobs.ports import Story

MOST_JOBS = 18
"""At once in one queue."""
_MOST: Mapping[str, int] = MappingProxyType({Story.DELIVER: 8, Story.PREPARE: 6, Story.RECOVER: 2})
"""Of these at most; what is left is for gathering, which is short, and for which everybody waits."""
_LAST = frozenset[str]({Story.PREPARE, Story.RECOVER})
"""What begins with uploads."""


def find_shares(queued: Iterable[str], workers: int) -> Mapping[str, int]:
    """How many jobs of a stage one of so many workers may have under way; those that run, anywhere, are queued as well.

    Never none: a worker that hangs counts as one that lives, and what it does not take is left for the others.
    """
    there = Counter(map(_story_of, queued))
    return {story: min(most, max(1, ceil(there[story] / workers))) for story, most in _MOST.items()}


def choose(
    queued: Iterable[str], running: Callable[[], Iterable[str]], most: Mapping[str, int] = _MOST
) -> Iterator[str]:
    """The queued jobs (by id, which begins with the story) that may begin beside those that run, in their order.

    Of a story there are at `most` so many. Each is begun, or left, before the next is asked for: what another worker
    runs stands in the queue as well, and takes no place here.
    """
    under_way = Counter(map(_story_of, running()))
    for job in sorted(queued, key=lambda job: _story_of(job) in _LAST):
        if under_way[_story_of(job)] < most.get(_story_of(job), MOST_JOBS) and under_way.total() < MOST_JOBS:
            yield job
            under_way = Counter(map(_story_of, running()))


def _story_of(job: str) -> str:
    return job.partition(":")[0]
