"""Revocation: from when, and why, a certificate counts no more (RFC 5280 §5.3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RevocationReason(StrEnum):
    """Why a certificate was revoked (RFC 5280 §5.3.1), those that concern a certificate's holder."""

    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate's end before its time; `at` is aware of its time zone."""

    at: datetime
    reason: RevocationReason


class Revoked(ValueError):
    """The certificate was revoked, so nothing can prove it good."""
