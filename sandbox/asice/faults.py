"""Why a signature does not hold, in the words of ETSI EN 319 102-1 table 5."""

from enum import StrEnum

from sandbox.verdict import Indication


class SubIndication(StrEnum):
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


UNDECIDED = {
    SubIndication.NO_DATA,
    SubIndication.NO_CERTIFICATE,
    SubIndication.NO_CHAIN,
    SubIndication.CONSTRAINTS,
    SubIndication.TRY_LATER,
}


class NotPassed(Exception):
    """The signature does not hold, or it cannot be told whether it does."""

    def __init__(self, reason: SubIndication) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.sub_indication = reason

    @property
    def indication(self) -> Indication:
        """Return `INDETERMINATE` where something is missing, `FAILED` where something is wrong."""
        return Indication.INDETERMINATE if self.sub_indication in UNDECIDED else Indication.FAILED
