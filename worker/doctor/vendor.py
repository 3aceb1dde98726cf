"""Whether the vendor is reached, accepts our credentials, and agrees with our clock."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from jobs.model.errors import SealingError
from worker.doctor.finding import Finding, fault, fine, warning

_TOLERATED = timedelta(seconds=5)
_TIMEOUT = aiohttp.ClientTimeout(total=10)


async def examine_clock(url: str) -> Finding:
    """Compare our clock with the Date header of the platform (RFC 9110 §6.6.1), which counts whole seconds."""
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(url, allow_redirects=False) as reply:
            theirs = parsedate_to_datetime(reply.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return fault(
            "vendor", f"{url} is not reached: {error}", "Check eparaksts.platform_url, the network and the proxy."
        )
    except (KeyError, ValueError):
        return warning("clock", f"{url} does not tell the time", "Check by hand that this machine's clock is right.")
    skew = abs(datetime.now(UTC) - theirs)
    if skew > _TOLERATED:
        return fault(
            "clock", f"{skew.total_seconds():.0f} s apart from the vendor's", "Turn time synchronisation on (NTP)."
        )
    return fine("clock", "agrees with the vendor's")


async def examine_service(limit: Awaitable[int]) -> Finding:
    """Ask SignAPI for its configuration, which needs working credentials on both services."""
    try:
        size = await limit
    except SealingError as error:
        advice = "Check eparaksts.signapi_url, eparaksts.client_id and the client secret with the vendor."
        return fault("vendor", str(error), advice)
    return fine("vendor", f"accepts our credentials; files up to {size / 1e6:.1f} MB")
