"""What a signature is worth, in whatever form it is written: its faults, its certificates, timestamps and level."""

from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto.x509 import Certificate

from jobs.model.levels import Form, SealLevel
from worker.audit.cms import StampToken
from worker.audit.report import CLOCK_SKEW, AuditOutcome, Problem, Problems, SignatureReport
from worker.audit.trust import CertificateStanding, CertificateUse, Material, Trust

_LEVELS = (SealLevel.B, SealLevel.T, SealLevel.LT, SealLevel.LTA)
"""By how many a signature has of timestamp, proofs and archive timestamp, each of which asks for those before."""
_ANSWERED_EARLY = "the answer that its certificate was not revoked is older than its timestamp"
"""Where other validators, as libdigidocpp, are stricter: an earlier answer proves less than a later one.

It still is an answer until its nextUpdate (RFC 6960 §4.2.2.1), and ETSI EN 319 102-1 §5.2.5 asks for no more.
"""


@dataclass(frozen=True, slots=True)
class ArchiveProof:
    """A timestamp over a signature and what proves it, and the proofs that it covers."""

    token: StampToken
    material: Material


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """One signature, taken apart and checked as far as its bytes go; nobody is trusted yet."""

    form: Form
    certificate: Certificate | None
    """None where none can be read."""
    claimed_at: datetime | None
    faults: Problems
    """What is wrong with content, value and attributes."""
    uncovered: Problems = ()
    """What the signature leaves out, or what was added to it."""
    tokens: tuple[StampToken, ...] = ()
    """Timestamps over the signature value."""
    material: Material = field(default_factory=Material)
    archives: tuple[ArchiveProof, ...] = ()
    remarks: tuple[str, ...] = ()
    """What is odd and decides nothing."""

    def is_answered_early(self) -> bool:
        """Whether what an OCSP responder says of the signer is older than the timestamp over the signature."""
        if self.certificate is None or not self.tokens:
            return False
        answers = (one.response_data for one in self.material.ocsp_responses)
        moments = [
            one["produced_at"].native
            for one in answers
            if one["responses"][0]["cert_id"]["serial_number"].native == self.certificate.serial_number
        ]
        return bool(moments) and max(moments) < self.tokens[0].at.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class SignatureAssessor:
    """Assesses signatures at the moment `now`, by these anchors."""

    trust: Trust
    now: datetime

    async def report(self, claim: SignatureClaim) -> SignatureReport:
        """Judge one signature by itself."""
        stamps = [await self._stamp(token, claim.material, "the timestamp") for token in claim.tokens]
        stamp_faults = tuple(dict.fromkeys(fault for faults, _ in stamps for fault in faults))
        stamped_at = claim.tokens[0].at if claim.tokens else None
        is_stamped = stamped_at is not None and not stamp_faults
        standing = await self._stand(claim, stamped_at if is_stamped else None)
        is_proven = is_stamped and standing.is_proven and all(proven for _, proven in stamps)
        archive_faults, is_archived = await self._archives(claim) if is_proven else ((), False)
        is_early = claim.form is Form.XADES and claim.is_answered_early()
        return SignatureReport(
            sealed_by=_attribute_of(claim.certificate, "common_name") or "unknown",
            organisation=_attribute_of(claim.certificate, "organization_identifier"),
            sealed_at=stamped_at or claim.claimed_at,
            form=claim.form,
            level=_LEVELS[is_stamped + is_proven + is_archived],
            intact=not claim.faults,
            trusted=standing.problem is None,
            covers_whole_file=not claim.faults and not claim.uncovered,
            problems=(
                *claim.faults,
                *((standing.problem,) if standing.problem else ()),
                *claim.uncovered,
                *(() if claim.tokens else (Problem(AuditOutcome.UNPROVEN, "there is no timestamp"),)),
                *stamp_faults,
                *_find_lack(standing, is_stamped=is_stamped, is_proven=is_proven),
                *archive_faults,
            ),
            remarks=(*claim.remarks, *((_ANSWERED_EARLY,) if is_early else ())),
        )

    async def _stand(self, claim: SignatureClaim, stamped_at: datetime | None) -> CertificateStanding:
        if claim.certificate is None:
            return CertificateStanding(
                Problem(AuditOutcome.CANNOT_TELL, "the signer's certificate cannot be read"), is_proven=False
            )
        moment, is_stamped = stamped_at or self.now, stamped_at is not None
        return await self.trust.judge(
            claim.certificate, CertificateUse.SEALING, claim.material, moment, is_stamped=is_stamped
        )

    async def _stamp(self, token: StampToken, material: Material, which: str) -> tuple[Problems, bool]:
        """What is wrong with a timestamp, and whether the material proves its certificates good."""
        known = material.with_certificates(token.signer.certificates)
        standing = await self.trust.judge(token.signer.certificate, CertificateUse.TIMESTAMPING, known, token.at)
        faults = [*token.problems, *((standing.problem,) if standing.problem else ())]
        found = [Problem(outcome, f"{which} is not to be trusted: {why}") for outcome, why in faults]
        if token.at > self.now + CLOCK_SKEW:
            found.append(Problem(AuditOutcome.EXPIRED, f"{which} lies in the future"))
        return tuple(found), standing.is_proven

    async def _archives(self, claim: SignatureClaim) -> tuple[Problems, bool]:
        """What is wrong with archive timestamps, and whether one of them covers all proofs."""
        faults: list[Problem] = []
        is_archived = False
        earliest = claim.tokens[0].at
        for archive in claim.archives:
            wrong, _ = await self._stamp(archive.token, claim.material, "an archive timestamp")
            faults += wrong
            if archive.token.at < earliest - CLOCK_SKEW:
                faults.append(Problem(AuditOutcome.EXPIRED, "an archive timestamp is older than what it covers"))
            earliest = archive.token.at
            if not wrong and not is_archived:
                # This material alone has to prove the seal and its timestamp.
                bare = SignatureClaim(claim.form, claim.certificate, None, (), material=archive.material)
                standing = await self._stand(bare, claim.tokens[0].at)
                is_archived = standing.is_proven and all(
                    [(await self._stamp(token, archive.material, ""))[1] for token in claim.tokens]
                )
        return tuple(faults), is_archived


def _find_lack(standing: CertificateStanding, *, is_stamped: bool, is_proven: bool) -> Problems:
    """Said only when nothing graver is: a trusted and timestamped seal that the file does not prove."""
    if is_proven or not is_stamped or standing.problem:
        return ()
    return (Problem(AuditOutcome.UNPROVEN, "nothing in the file proves that its certificates were not revoked"),)


def _attribute_of(certificate: Certificate | None, attribute: str) -> str | None:
    """This attribute of the name that the certificate speaks for."""
    try:
        subject = certificate.subject.native if certificate else {}
    except ValueError:
        return None
    value = subject.get(attribute)
    return value if isinstance(value, str) else None
