"""How long a batch may take."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take before they are given up."""

    approval: timedelta = timedelta(hours=24)
    """Digests older than this are prepared anew even if nobody asks."""
    look: timedelta = timedelta(seconds=60)
    """How long to keep looking for sealed files after a lost finalize."""
    clock: timedelta = timedelta(minutes=5)
    """How far our clock and the vendor's may be apart."""
