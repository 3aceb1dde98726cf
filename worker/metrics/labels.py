"""Values of labels that only metrics know."""

from enum import StrEnum


class TimestampKind(StrEnum):
    """What a timestamp was made for."""

    SEAL = "seal"
    """Every finalized document has one."""
    ARCHIVE = "archive"
    """A document of a route with `level = "LTA"` has one more."""


class WaitsFor(StrEnum):
    """On whom the next step of a batch depends."""

    PERSON = "person"
    MACHINE = "machine"
    """Ours or the vendor's."""
