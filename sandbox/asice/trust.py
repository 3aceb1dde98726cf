"""Whether a certificate or a timestamp leads to the sandbox's root, by the proofs that a signature carries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, crl, ocsp, tsp
from asn1crypto.x509 import Certificate
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)

from sandbox.asice.layout import SignatureElement
from sandbox.asice.xml import Malformed, binary, ds, xades
from sandbox.verdict import NotPassed, SubIndication

# The first that fits decides, so the narrow kinds of pyHanko's errors stand before the wide ones.
REASONS: tuple[tuple[type[Exception], SubIndication], ...] = (
    (RevokedError, SubIndication.REVOKED),
    (ExpiredError, SubIndication.EXPIRED),
    (NotYetValidError, SubIndication.NOT_YET_VALID),
    (InsufficientRevinfoError, SubIndication.TRY_LATER),
    (PathBuildingError, SubIndication.NO_CHAIN),
    (PathValidationError, SubIndication.CONSTRAINTS),
    (InvalidCertificateError, SubIndication.CONSTRAINTS),
)
PROVED = "hard-fail"  # every certificate that names a responder or a list must be answered for
# For the last timestamp of a signature, whose own proofs only a later one brings.
UNPROVED = "soft-fail"


@dataclass(frozen=True, slots=True)
class CarriedProofs:
    """What a signature carries for its own verification, and the root, which it is not asked about."""

    root: Certificate
    certificates: tuple[Certificate, ...]
    responses: tuple[ocsp.OCSPResponse, ...]
    lists: tuple[crl.CertificateList, ...]

    @classmethod
    def of(cls, signature: SignatureElement, root_der: bytes) -> "CarriedProofs":
        """Collect them from KeyInfo and the unsigned properties; raises `Malformed` for what is not DER."""
        names = (ds("X509Certificate"), xades("EncapsulatedX509Certificate"))
        return cls(
            root=Certificate.load(root_der),
            certificates=tuple(_load(signature, Certificate, *names)),
            responses=tuple(_load(signature, ocsp.OCSPResponse, xades("EncapsulatedOCSPValue"))),
            lists=tuple(_load(signature, crl.CertificateList, xades("EncapsulatedCRLValue"))),
        )

    def at(self, moment: datetime, revocation: str) -> ValidationContext:
        """Return a context that trusts the root alone, at this moment, and fetches nothing."""
        return ValidationContext(
            trust_roots=[self.root],
            other_certs=self.certificates,
            ocsps=self.responses,
            crls=self.lists,
            moment=moment,
            allow_fetching=False,
            revocation_mode=revocation,
            retroactive_revinfo=True,  # a later answer says as much of the moment (EN 319 102-1 §5.2.5)
        )


def _load(signature: SignatureElement, kind: Any, *names: str) -> Iterator[Any]:
    for element in signature.element.iter(*names):
        try:
            yield kind.load(binary(element), strict=True)
        except (ValueError, TypeError) as cause:
            raise Malformed("a proof is not DER") from cause


async def check_chain(certificate_der: bytes, context: ValidationContext) -> None:
    """Raise `Fault` unless the certificate may sign documents, leads to the root, and was good at the moment."""
    validator = CertificateValidator(Certificate.load(certificate_der), validation_context=context)
    try:
        await validator.async_validate_usage({"non_repudiation"})  # type: ignore[no-untyped-call]
    except tuple(kind for kind, _ in REASONS) as cause:
        raise NotPassed(next(reason for kind, reason in REASONS if isinstance(cause, kind))) from cause


@dataclass(frozen=True, slots=True)
class UncheckedTimestamp:
    """An RFC 3161 token, read but not believed yet."""

    signed: cms.SignedData
    at: datetime

    @classmethod
    def of(cls, token: bytes) -> "UncheckedTimestamp":
        """Read a token; raises `Malformed`."""
        try:
            signed = cms.ContentInfo.load(token, strict=True)["content"]
            told = signed["encap_content_info"]["content"].parsed
            if not isinstance(told, tsp.TSTInfo):
                raise Malformed("a timestamp tells no time")
            return cls(signed, told["gen_time"].native)
        except (ValueError, TypeError, KeyError, AttributeError) as cause:
            raise Malformed("a timestamp cannot be read") from cause

    async def check(self, imprint: Callable[[str], bytes], context: ValidationContext) -> None:
        """Raise `Fault` unless it stamps this imprint, given by hash name, and its authority leads to the root."""
        try:
            status = await validate_tst_signed_data(self.signed, context, imprint)
        except (SignatureValidationError, ValueError) as cause:
            raise NotPassed(SubIndication.VALUE) from cause
        if not status["valid"]:
            raise NotPassed(SubIndication.VALUE)
        if not status["intact"]:
            raise NotPassed(SubIndication.HASH)
        if status["trust_problem_indic"]:
            raise NotPassed(SubIndication.NO_CHAIN)
