"""Why a signature does not hold, in the words of ETSI EN 319 102-1 table 5."""

from enum import StrEnum

from sandbox.verdict import Indication


class Reason(StrEnum):
    """The sub-indications that are met here."""

    FORMAT = "FORMAT_FAILURE"
    HASH = "HASH_FAILURE"
    VALUE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    NO_DATA = "SIGNED_DATA_NOT_FOUND"
    NO_CERTIFICATE = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CHAIN = "NO_CERTIFICATE_CHAIN_FOUND"
    CONSTRAINTS = "CHAIN_CONSTRAINTS_FAILURE"
    TRY_LATER = "TRY_LATER"


UNDECIDED = {Reason.NO_DATA, Reason.NO_CERTIFICATE, Reason.NO_CHAIN, Reason.CONSTRAINTS, Reason.TRY_LATER}


class Fault(Exception):
    """The signature does not hold, or it cannot be told whether it does."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason

    @property
    def indication(self) -> Indication:
        """Return `INDETERMINATE` where something is missing, `FAILED` where something is wrong."""
        return Indication.INDETERMINATE if self.reason in UNDECIDED else Indication.FAILED
