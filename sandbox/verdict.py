"""What a validation says of one signature, in the words of ETSI EN 319 102-1 §5.1.3."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import cms, ocsp


class Indication(StrEnum):
    """Whether a signature holds; `INDETERMINATE` means that the file alone cannot tell."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature: who made it and when, in which format, what it covers, and whether it is intact and trusted."""

    indication: Indication
    format: str
    common_name: str
    organisation_id: str  # empty for a person
    serial_number: str
    signed_at: datetime | None  # as the timestamp says
    scopes: tuple[str, ...]  # names of what is covered
    sub_indication: str = ""  # why not, EN 319 102-1 table 5
    imprint: bytes = b""  # what the timestamp stamps: MessageImprint in DER (RFC 3161 §2.4.1)
    answered_at: datetime | None = None  # when the responder answered for the signer's certificate

    @property
    def has_passed(self) -> bool:
        """Say whether the signature holds."""
        return self.indication is Indication.PASSED


def stamped_imprint(token: cms.SignedData) -> bytes:
    """Return the MessageImprint of a timestamp token in DER."""
    imprint: bytes = token["encap_content_info"]["content"].parsed["message_imprint"].dump()
    return imprint


def time_of_answer(responses: Iterable[ocsp.OCSPResponse], serial_number: int) -> datetime | None:
    """Return when an OCSP response for the certificate of this number was produced, None where there is none."""
    # RFC 6960 §4.2.1: any other status comes without an answer.
    for response in (one for one in responses if one["response_status"].native == "successful"):
        told = response.basic_ocsp_response["tbs_response_data"]
        if any(single["cert_id"]["serial_number"].native == serial_number for single in told["responses"]):
            produced_at: datetime = told["produced_at"].native
            return produced_at
    return None


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


# ETSI EN 319 102-1 §5.1.3: what is missing may still come, so nothing is proved against the signature.
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
