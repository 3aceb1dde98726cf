"""Whom the timestamps and proofs of a sealed file come from, and the level that they make together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from jobs.model.errors import Rejected
from jobs.model.levels import Form, SealLevel
from worker.verification.chains import Chains, Purpose
from worker.verification.evidence import Evidence
from worker.verification.inspected import Inspected
from worker.verification.refusal import refused, require
from worker.verification.timestamps import Timestamp

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Assessor:
    """Assesses sealed files at the moment `now`."""

    chains: Chains
    now: datetime
    approved_at: datetime | None = None
    """When a person approved; nothing was sealed before."""

    def level(self, found: Inspected) -> tuple[SealLevel, str]:
        """The level reached, and why not LT. Raises Rejected when a chain cannot be trusted."""
        if found.timestamp is None:
            self._unproven(found.certificate, Purpose.SEALING, found.evidence, self.now)
            return SealLevel.B, "it has no timestamp"
        stamps = [found.timestamp, *(one.timestamp for one in found.archives)]
        self._require_order(stamps)
        missing = self._gaps(found, found.timestamp, found.evidence)
        archive_gaps = [self._stamp_unproven(one.timestamp, found.evidence) for one in found.archives]
        # The newest archive timestamp needs no proof: only what follows it could hold one.
        missing += [gap for gap in archive_gaps[:-1] if gap]
        if missing:
            return SealLevel.T, "; ".join(missing)
        # Some writers store what they know of every signature in the file, whole or not; that decides nothing of ours.
        if not found.signed_before:
            held = found.evidence.all_certificates.union(*(one.signer.certificates for one in stamps))
            self.chains.require_issued(held - found.inherited, found.inherited)
        archived = any(self._is_proven(found, found.timestamp, one.evidence) for one in found.archives)
        return (SealLevel.LTA if archived else SealLevel.LT), ""

    def is_only_early(self, found: Inspected) -> bool:
        """Whether all that a container lacks of LT is an answer given after its timestamp, and none was forged."""
        stamp = found.timestamp
        if stamp is None or found.form is not Form.XADES:
            return False
        if self._unproven(found.certificate, Purpose.SEALING, found.evidence, stamp.at):
            return False
        stamps = [stamp, *(one.timestamp for one in found.archives[:-1])]
        if any(self._stamp_unproven(one, found.evidence) for one in stamps):
            return False
        return found.evidence.since(stamp.at, found.certificate).is_silent_about(found.certificate)

    def _is_proven(self, found: Inspected, timestamp: Timestamp, evidence: Evidence) -> bool:
        """Whether this part of the evidence suffices: without the rest, a chain may even be incomplete."""
        try:
            return not self._gaps(found, timestamp, evidence)
        except Rejected:
            return False

    def _gaps(self, found: Inspected, timestamp: Timestamp, evidence: Evidence) -> list[str]:
        """What this evidence does not prove of the seal and its timestamp."""
        gaps = (self._seal_unproven(found, timestamp, evidence), self._stamp_unproven(timestamp, evidence))
        return [gap for gap in gaps if gap]

    def _seal_unproven(self, found: Inspected, stamp: Timestamp, evidence: Evidence) -> str | None:
        """Why nothing proves that the seal's certificate was good.

        In a container the proof must not be older than the timestamp: between the two the certificate could have been
        revoked (ETSI EN 319 102-1 §5.2.5 with no maximum age), and libdigidocpp, with which containers are opened in
        the Baltics, calls such a seal invalid. Readers of PDFs take an answer until its nextUpdate (RFC 6960
        §4.2.2.1), which is what the same clause does where no maximum is set.
        """
        unproven = self._unproven(found.certificate, Purpose.SEALING, evidence, stamp.at)
        if unproven or found.form is not Form.XADES:
            return unproven
        timely = evidence.since(stamp.at, found.certificate)
        if timely == evidence or not self._unproven(found.certificate, Purpose.SEALING, timely, stamp.at):
            return None
        return (
            "the answer that its certificate was not revoked is older than its timestamp of "
            f"{stamp.at:%Y-%m-%d %H:%M:%S} UTC, so that DigiDoc calls the seal invalid"
        )

    def _stamp_unproven(self, stamp: Timestamp, evidence: Evidence) -> str | None:
        known = evidence.with_certificates(stamp.signer.certificates)
        return self._unproven(stamp.signer.party.certificate, Purpose.TIMESTAMPING, known, stamp.at)

    def _unproven(self, certificate: bytes, purpose: Purpose, evidence: Evidence, moment: datetime) -> str | None:
        return self.chains.find_standing(certificate, purpose, evidence, moment).unproven

    def _require_order(self, stamps: list[Timestamp]) -> None:
        """No timestamp lies in the future, nor before what it covers (ETSI EN 319 102-1 §5.6.2) or the approval."""
        for stamp in stamps:
            if stamp.at > self.now + _CLOCK_SKEW:
                raise refused(f"the timestamp lies in the future: {stamp.at:%Y-%m-%d %H:%M} UTC")
        if self.approved_at is not None:
            late_enough = stamps[0].at >= self.approved_at - _CLOCK_SKEW
            require(late_enough, f"the timestamp is older than the approval: {stamps[0].at:%Y-%m-%d %H:%M} UTC")
        for earlier, later in pairwise(stamps):
            require(earlier.at <= later.at + _CLOCK_SKEW, "an archive timestamp is older than what it covers")
