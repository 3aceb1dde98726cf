"""Whether a certificate can be trusted, asked of pyhanko_certvalidator: offline, with what the file holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathError,
    RevokedError,
    ValidationError,
)

from worker.audit.report import AuditOutcome, Problem

_MAX_ANSWERS = 32
"""Asked one by one about a certificate. Who adds more of his own to hide an older one could as well leave that out."""


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates and the answers about them."""

    certificates: tuple[Certificate, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[OCSPResponse, ...] = field(default=(), repr=False)
    crls: tuple[CertificateList, ...] = field(default=(), repr=False)

    def with_certificates(self, certificates: Sequence[Certificate]) -> "Material":
        """This, and these certificates too."""
        return Material((*self.certificates, *certificates), self.ocsp_responses, self.crls)

    def since(self, moment: datetime, certificate: Certificate) -> "Material":
        """This without what was said of this certificate before the second of that moment."""
        second = moment.replace(microsecond=0)
        return Material(
            self.certificates,
            tuple(one for one in self.ocsp_responses if not _is_about(one, certificate) or answer_time(one) >= second),
            tuple(
                one
                for one in self.crls
                if one.issuer != certificate.issuer or one["tbs_cert_list"]["this_update"].native >= second
            ),
        )

    def answers_about(self, certificate: Certificate) -> list[OCSPResponse]:
        """The OCSP responses about this certificate, the newest first."""
        found = [one for one in self.ocsp_responses if _is_about(one, certificate)]
        return sorted(found, key=answer_time, reverse=True)

    def with_only(self, answer: OCSPResponse, certificate: Certificate) -> "Material":
        """This with one answer about this certificate, and all those about others."""
        others = (one for one in self.ocsp_responses if not _is_about(one, certificate))
        return Material(self.certificates, (*others, answer), self.crls)


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate so far that the library will not stumble over it later. Raises ValueError."""
    certificate = Certificate.load(der, strict=True)
    sound = certificate.subject.hashable and certificate.issuer.hashable and certificate.public_key.algorithm
    if not sound or certificate.critical_extensions is None:
        raise ValueError("a certificate has no names or key")
    return certificate


def read_answer(der: bytes) -> OCSPResponse:
    """Read an OCSP response that is an answer. Raises ValueError."""
    response = OCSPResponse.load(der, strict=True)
    if response["response_status"].native != "successful" or not list(response.response_data["responses"]):
        raise ValueError("an OCSP response is no answer")
    return response


def read_list(der: bytes) -> CertificateList:
    """Read a CRL. Raises ValueError."""
    found = CertificateList.load(der, strict=True)
    if not found.issuer.hashable:
        raise ValueError("a CRL has no issuer")
    return found


def answer_time(response: OCSPResponse) -> datetime:
    """When the responder gave this answer (RFC 6960 §2.4, producedAt)."""
    moment: datetime = response.response_data["produced_at"].native
    return moment


def _is_about(response: OCSPResponse, certificate: Certificate) -> bool:
    numbers = [one["cert_id"]["serial_number"].native for one in response.response_data["responses"]]
    return certificate.serial_number in numbers


class CertificateUse(Enum):
    """What a certificate is used for; the value is how a sentence names it."""

    SEALING = "the certificate"
    TIMESTAMPING = "the timestamp's certificate"


@dataclass(frozen=True, slots=True)
class CertificateStanding:
    """Where a certificate stands: what is wrong with it or a certificate above, and whether the file proves it good."""

    problem: Problem | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Trust:
    """The trust anchors, and how certificates are held against them."""

    anchors: Sequence[x509.Certificate]

    async def judge(
        self,
        certificate: Certificate,
        purpose: CertificateUse,
        material: Material,
        moment: datetime,
        *,
        is_stamped: bool = True,
    ) -> CertificateStanding:
        """Judge a certificate as of that moment; `is_stamped` says whether a timestamp proves the moment.

        Of several answers about it the newest that tells something decides: one that calls it revoked before that
        moment knows more than an older one that did not know it yet, and than one from before a suspension ended.
        """
        problem = _find_misuse(certificate, purpose, moment, is_stamped=is_stamped)
        if problem:
            return CertificateStanding(problem, is_proven=False)
        answers = material.answers_about(certificate)
        for answer in answers[:_MAX_ANSWERS] if len(answers) > 1 else ():
            told = await self._judge(certificate, purpose, material.with_only(answer, certificate), moment)
            if told.is_proven or (told.problem and told.problem.outcome is AuditOutcome.REVOKED):
                return told
        return await self._judge(certificate, purpose, material, moment)

    async def _judge(
        self, certificate: Certificate, purpose: CertificateUse, material: Material, moment: datetime
    ) -> CertificateStanding:
        try:
            await self._validate(certificate, material, moment, "require")
        except InsufficientRevinfoError:
            bare = Material(material.certificates)
            return CertificateStanding(await self._problem(certificate, purpose, bare, moment), is_proven=False)
        except (ValidationError, PathError) as error:
            return CertificateStanding(_problem_of(error, purpose), is_proven=False)
        return CertificateStanding(None, is_proven=True)

    async def _problem(
        self, certificate: Certificate, purpose: CertificateUse, material: Material, moment: datetime
    ) -> Problem | None:
        """What is wrong when nobody asks for proof that nothing is revoked."""
        try:
            await self._validate(certificate, material, moment, "soft-fail")
        except (ValidationError, PathError) as error:
            return _problem_of(error, purpose)
        return None

    async def _validate(self, certificate: Certificate, material: Material, moment: datetime, revocation: str) -> None:
        context = ValidationContext(
            trust_roots=[Certificate.load(anchor.public_bytes(Encoding.DER)) for anchor in self.anchors],
            other_certs=list(material.certificates),
            ocsps=list(material.ocsp_responses),
            crls=list(material.crls),
            moment=moment,
            revocation_mode=revocation,
            # An answer given later says even more about the moment of sealing (ETSI EN 319 102-1 §5.2.5).
            retroactive_revinfo=True,
            allow_fetching=False,
        )
        await CertificateValidator(certificate, validation_context=context).async_validate_path()


def _find_misuse(
    certificate: Certificate, purpose: CertificateUse, moment: datetime, *, is_stamped: bool
) -> Problem | None:
    """Say whether a certificate was not issued for this, or not for that moment.

    A seal is meant to last, and its key usage says so (RFC 5280 §4.2.1.3); a timestamping unit does nothing but stamp
    (RFC 3161 §2.3).
    """
    if purpose is CertificateUse.SEALING:
        usage = certificate.key_usage_value
        fits = usage is not None and "non_repudiation" in usage.native
    else:
        extended = certificate.extended_key_usage_value
        is_critical = "extended_key_usage" in certificate.critical_extensions
        fits = extended is not None and extended.native == ["time_stamping"] and is_critical
    if not fits:
        return Problem(AuditOutcome.WEAK, f"{purpose.value} was not issued for that")
    end, begin = certificate.not_valid_after, certificate.not_valid_before
    if moment > end:
        when = "when it was used" if is_stamped else "and no timestamp proves that it was used before"
        return Problem(AuditOutcome.EXPIRED, f"{purpose.value} had ended on {end:%Y-%m-%d}, {when}")
    if moment < begin:
        return Problem(AuditOutcome.EXPIRED, f"{purpose.value} was only valid from {begin:%Y-%m-%d}, after it was used")
    return None


def _problem_of(error: Exception, purpose: CertificateUse) -> Problem:
    if isinstance(error, RevokedError):
        return Problem(AuditOutcome.REVOKED, "a certificate was revoked")
    if isinstance(error, ExpiredError | NotYetValidError):
        return Problem(AuditOutcome.EXPIRED, f"a certificate above {purpose.value} was not valid at the time")
    if isinstance(error, DisallowedAlgorithmError):
        return Problem(AuditOutcome.WEAK, f"the chain of {purpose.value} uses an algorithm or key that is too weak")
    return Problem(AuditOutcome.UNTRUSTED, f"{purpose.value} leads to no trust anchor")
