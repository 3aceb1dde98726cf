"""Entries of which no document can be made, and why."""

from enum import StrEnum


class PoisonReason(StrEnum):
    """Why an entry is put aside among the dead ones. Programs read the values."""

    BAD_ENTRY = "bad-entry"
    """A field is missing, unknown or wrong."""
    UNKNOWN_ROUTE = "unknown-route"
    NOT_ALLOWED = "not-allowed"
    """The file, address or bucket lies where the settings let nothing be taken from."""
    UNREADABLE = "unreadable"
    """The file, address or object cannot be read."""
    TOO_LARGE = "too-large"
    KEY_REUSED = "key-reused"
    """Another document came under the same idempotency key."""
    TOO_MANY_DELIVERIES = "too-many-deliveries"
    """Each process that began with it came to its end before it was taken."""
    UNEXPECTED = "unexpected"
    """zimogs met a fault of its own with it."""


class Poison(Exception):
    """No document can be made of the entry. The message says what to change, and holds no address and no content."""

    def __init__(self, reason: PoisonReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
