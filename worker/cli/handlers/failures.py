from redis.exceptions import RedisError

from jobs.model.standstill import WORDS
from worker.error_text import error_text
from worker.queue.causes import cause_of


def tell_failure(error: BaseException) -> str:
    """The error's own sentence; of Redis', which may quote what it was given, what it means and what to do."""
    if not isinstance(error, RedisError):
        return str(error)
    meaning, advice = WORDS[cause_of(error)]
    return f"{meaning} {advice} ({error_text(error)})"
