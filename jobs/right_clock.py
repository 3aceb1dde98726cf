"""Nothing is asked, sealed or judged by a wrong clock: it would call good timestamps bad, and bad ones good."""

from datetime import timedelta

from jobs.model.errors import WrongClock
from jobs.model.text import Text
from jobs.ports import Tools


async def require_right_clock(tools: Tools) -> None:
    """Compare our clock with the vendor's. Raises WrongClock when they are too far apart."""
    offset = await tools.service.clock_offset()
    if offset is not None and abs(offset) > tools.patience.clock:
        apart = timedelta(seconds=round(abs(offset).total_seconds()))
        if offset > timedelta(0):
            raise WrongClock(
                Text(
                    "our clock is {apart} (h:mm:ss) ahead of the vendor's: nothing is asked or sealed until the clock "
                    "of this machine is right; switch on its time synchronisation",
                    apart=apart,
                )
            )
        raise WrongClock(
            Text(
                "our clock is {apart} (h:mm:ss) behind the vendor's: nothing is asked or sealed until the clock of "
                "this machine is right; switch on its time synchronisation",
                apart=apart,
            )
        )
