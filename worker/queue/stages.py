"""Which queued jobs begin: the last stage first, and of each stage so many at once that the others have room beside it.

Otherwise the uploads of a thousand batches would stand before the delivery of the first, and each job that has begun
holds its documents in memory.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from jobs.ports import Story

MOST_JOBS = 16
"""At once in one queue."""
_MOST: Mapping[str, int] = MappingProxyType({Story.DELIVER: 8, Story.PREPARE: 6})
"""Of these at most; what is left is for gathering and for whatever has to be recovered."""


def choose(queued: Iterable[str], running: Iterable[str]) -> list[str]:
    """The queued jobs (by id, which begins with the story) that may begin beside those that run, in their order."""
    under_way = Counter(map(_story_of, running))
    chosen: list[str] = []
    for job in queued:
        story = _story_of(job)
        if under_way[story] < _MOST.get(story, MOST_JOBS):
            under_way[story] += 1
            chosen.append(job)
    return sorted(chosen, key=lambda job: _story_of(job) == Story.PREPARE)


def _story_of(job: str) -> str:
    return job.partition(":")[0]
