"""PAdES baseline levels."""

from enum import StrEnum


class Level(StrEnum):
    """How long a seal can be verified (ETSI EN 319 142-1 §6), lowest first."""

    B = "PAdES B-B"
    """Signed."""
    T = "PAdES B-T"
    """And timestamped by a third party."""
    LT = "PAdES B-LT"
    """And the file itself holds the proof that every certificate was good."""

    def reaches(self, other: "Level") -> bool:
        """Whether this is at least the other."""
        levels = list(Level)
        return levels.index(self) >= levels.index(other)
