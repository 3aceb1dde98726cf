"""Where people find what could not be sealed, byte-identical, with the reason."""

from worker.quarantine.disk import DiskQuarantine
from worker.quarantine.explanation import Entry, Explanation, NotQuarantined

__all__ = ["DiskQuarantine", "Entry", "Explanation", "NotQuarantined"]
