"""What a signature is worth, in whatever form it is written: its faults, its certificates, timestamps and level."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto.x509 import Certificate

from jobs.model.levels import Form, SealLevel
from worker.audit.cms import StampToken
from worker.audit.report import CLOCK_SKEW, AuditOutcome, Problem, Problems, SignatureReport
from worker.audit.trust import CertificateStanding, CertificateUse, Material, Trust, answer_time

_LEVELS = (SealLevel.B, SealLevel.T, SealLevel.LT, SealLevel.LTA)
"""By how many a signature has of timestamp, proofs and archive timestamp, each of which asks for those before."""
_UNANSWERED = "nothing in the file proves that its certificates were not revoked"
_ANSWERED_EARLY = "the answer that its certificate was not revoked is older than its timestamp"
_LONGEST_DELAY = timedelta(minutes=15)
"""After which libdigidocpp warns of an answer. A later one says more of the moment of sealing, not less."""


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

    def timely_material(self, stamped_at: datetime) -> Material:
        """What may prove the signer's certificate good: in a container, nothing that was said before the timestamp.

        Between the two it could have been revoked (ETSI EN 319 102-1 §5.2.5 with no maximum age), and libdigidocpp
        calls such a signature invalid. Readers of PDFs take an answer until its nextUpdate (RFC 6960 §4.2.2.1), as the
        same clause does where no maximum is set.
        """
        if self.form is not Form.XADES or self.certificate is None:
            return self.material
        return self.material.since(stamped_at, self.certificate)

    @property
    def stamped_at(self) -> datetime | None:
        """The earliest moment that a timestamp names, None without any: it existed then (ETSI EN 319 102-1 §5.5.4)."""
        return min((one.at for one in self.tokens), default=None)

    @property
    def answer_delay(self) -> timedelta | None:
        """How long after its timestamp a responder spoke of the signer, below zero if only before; None if unknown."""
        if self.certificate is None or self.stamped_at is None:
            return None
        second = self.stamped_at.replace(microsecond=0)
        delays = [answer_time(one) - second for one in self.material.answers_about(self.certificate)]
        return min((one for one in delays if one >= timedelta()), default=max(delays, default=None))


@dataclass(frozen=True, slots=True)
class SignatureAssessor:
    """Assesses signatures at the moment `now`, by these anchors."""

    trust: Trust
    now: datetime

    async def report(self, claim: SignatureClaim) -> SignatureReport:
        """Judge one signature by itself."""
        stamps = [await self._stamp(token, claim.material, "the timestamp") for token in claim.tokens]
        stamp_faults = tuple(dict.fromkeys(fault for faults, _ in stamps for fault in faults))
        stamped_at = claim.stamped_at
        is_stamped = stamped_at is not None and not stamp_faults
        standing = await self._stand(claim, stamped_at if is_stamped else None)
        is_proven = is_stamped and standing.is_proven and all(proven for _, proven in stamps)
        archive_faults, is_archived = await self._archives(claim) if is_proven else ((), False)
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
                *_find_lack(claim, standing, is_proven=is_proven or not is_stamped),
                *archive_faults,
            ),
            remarks=(*claim.remarks, *(_find_remarks(claim) if is_proven else ())),
        )

    async def _stand(self, claim: SignatureClaim, stamped_at: datetime | None) -> CertificateStanding:
        if claim.certificate is None:
            return CertificateStanding(
                Problem(AuditOutcome.CANNOT_TELL, "the signer's certificate cannot be read"), is_proven=False
            )
        moment, is_stamped = stamped_at or self.now, stamped_at is not None
        standing = await self.trust.judge(
            claim.certificate, CertificateUse.SEALING, claim.material, moment, is_stamped=is_stamped
        )
        timely = claim.timely_material(moment)
        if not standing.is_proven or timely == claim.material:
            return standing
        return await self.trust.judge(claim.certificate, CertificateUse.SEALING, timely, moment)

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
        sealed_at = earliest = claim.stamped_at
        for archive in claim.archives:
            wrong, _ = await self._stamp(archive.token, claim.material, "an archive timestamp")
            faults += wrong
            if earliest and archive.token.at < earliest - CLOCK_SKEW:
                faults.append(Problem(AuditOutcome.EXPIRED, "an archive timestamp is older than what it covers"))
            earliest = archive.token.at
            if not wrong and not is_archived:
                # This material alone has to prove the seal and its timestamp.
                bare = SignatureClaim(claim.form, claim.certificate, None, (), material=archive.material)
                standing = await self._stand(bare, sealed_at)
                is_archived = standing.is_proven and all(
                    [(await self._stamp(token, archive.material, ""))[1] for token in claim.tokens]
                )
        return tuple(faults), is_archived


def _find_lack(claim: SignatureClaim, standing: CertificateStanding, *, is_proven: bool) -> Problems:
    """Said only when nothing graver is: a trusted and timestamped seal that the file does not prove."""
    if is_proven or standing.problem:
        return ()
    delay = claim.answer_delay
    is_early = claim.form is Form.XADES and delay is not None and delay < timedelta()
    sentence = f"{_ANSWERED_EARLY}, so that DigiDoc calls it invalid" if is_early else _UNANSWERED
    return (Problem(AuditOutcome.UNPROVEN, sentence),)


def _find_remarks(claim: SignatureClaim) -> Iterator[str]:
    """Say where another validator will not be as content as this one, and why this one is."""
    delay = claim.answer_delay
    if delay is not None and delay < timedelta():
        yield _ANSWERED_EARLY
    elif claim.form is Form.XADES and delay is not None and delay > _LONGEST_DELAY:
        yield "the answer that its certificate was not revoked came long after its timestamp, of which DigiDoc warns"
    elif claim.form is Form.XADES and delay is None:
        yield "a list, and no answer, says that its certificate was not revoked, and DigiDoc reads answers alone"
    if claim.form is Form.XADES and len(claim.tokens) > 1:
        yield "it has several timestamps, for which DigiDoc calls it invalid"


def _attribute_of(certificate: Certificate | None, attribute: str) -> str | None:
    """This attribute of the name that the certificate speaks for."""
    try:
        subject = certificate.subject.native if certificate else {}
    except ValueError:
        return None
    value = subject.get(attribute)
    return value if isinstance(value, str) else None
