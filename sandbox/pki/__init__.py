"""The practice vendor's certificates, OCSP answers and timestamps: real cryptography under a root nobody trusts."""

from sandbox.pki.authority import Authority, NotIssuedHere, ValidationData
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind, hash_name_for, verifies
from sandbox.pki.revocation import Revocation, RevocationReason, Revoked
from sandbox.pki.timestamps import TimeStampToken

__all__ = [
    "Authority",
    "KeyKind",
    "NotIssuedHere",
    "Revocation",
    "RevocationReason",
    "Revoked",
    "SigningIdentity",
    "TimeStampToken",
    "ValidationData",
    "hash_name_for",
    "verifies",
]
