"""How far our clock is from the vendor's, told by any answer of its."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from worker.clock import utc_now

TOLERATED_SKEW = timedelta(seconds=5)
"""What a network and the whole seconds of a Date header may make of two clocks that agree."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)


async def measure_skew(url: str) -> timedelta | None:
    """Our time less that in the Date header of an answer from `url` (RFC 9110 §6.6.1), which counts whole seconds.

    None when it tells no time. Raises aiohttp.ClientError, TimeoutError or OSError when it is not reached.
    """
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(url, allow_redirects=False) as reply:
        try:
            return utc_now() - parsedate_to_datetime(reply.headers["Date"])
        except (KeyError, ValueError, TypeError):
            # TypeError: a date without a time zone, which HTTP does not know.
            return None
