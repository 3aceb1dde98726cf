"""The worker's verifier: strict, offline, and a few milliseconds for a document."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from jobs.digest import Digest, SignatureValue
from jobs.errors import Rejected
from jobs.model import Document, Proof, Seal
from jobs.ports import Expectation
from worker.verification import values
from worker.verification.chains import Chains, Purpose
from worker.verification.cms import Signer
from worker.verification.evidence import Evidence
from worker.verification.inspection import Inspected, inspect
from worker.verification.level import Level
from worker.verification.refusal import refused, require
from worker.verification.timestamps import Timestamp

Place = Callable[[Document], tuple[Path, Path]]
"""Where a document's original and its sealed file stand."""

_CLOCK_SKEW = timedelta(minutes=5)


class LocalVerifier:
    """Implements `jobs.ports.Verifier` with files on the shelf and the given trust anchors; never uses a network.

    Give it a `thread` of its own, for more would only wait for each other; whoever opened that also closes it.
    """

    def __init__(
        self,
        place: Place,
        anchors: Iterable[x509.Certificate],
        now: Callable[[], datetime],
        required: Level = Level.LT,
        thread: Executor | None = None,
    ) -> None:
        self._place = place
        self._chains = Chains(anchors)
        self._now = now
        self._required = required
        self._thread = thread

    async def values(self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]) -> tuple[SignatureValue, ...]:
        """Check each value against its own digest; returns them in the form finalize wants. Raises Permanent."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, values.verified, seal.certificate, signed)

    async def sealed(self, document: Document, expectation: Expectation) -> Proof:
        """Check the sealed file on the shelf against what was approved. Raises Rejected."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._sealed, document, expectation)

    def _sealed(self, document: Document, expectation: Expectation) -> Proof:
        _, path = self._place(document)
        try:
            return self._proof(inspect(path, document, expectation))
        except (Rejected, OSError, MemoryError):
            raise
        except Exception as error:
            # A parser may stumble in any way over a hostile file; whatever it was, the file is not verified.
            raise refused(f"the sealed file cannot be understood: {error!r}") from error

    def _proof(self, found: Inspected) -> Proof:
        level, why = self._level(found)
        require(level.reaches(self._required), f"the seal is only {level}, {self._required} is required: {why}")
        at = found.timestamp.at if found.timestamp else self._now()
        return Proof(sha256=found.hashes.whole, size=found.size, level=level, sealed_at=at)

    def _level(self, found: Inspected) -> tuple[Level, str]:
        """The level reached, and why not the next one. Raises Rejected when a chain cannot be trusted."""
        if found.timestamp is None:
            self._unproven(found.seal, Purpose.SEALING, found.store.evidence, self._now())
            return Level.B, "it has no timestamp"
        self._require_past(found.timestamp)
        gaps = [self._unproven(found.seal, Purpose.SEALING, found.store.evidence, found.timestamp.at)]
        for stamp in (found.timestamp, *found.later):
            self._require_past(stamp)
            gaps.append(self._unproven(stamp.signer, Purpose.TIMESTAMPING, found.store.evidence, stamp.at))
        missing = [gap for gap in gaps if gap]
        return (Level.T, "; ".join(missing)) if missing else (Level.LT, "")

    def _unproven(self, signer: Signer, purpose: Purpose, evidence: Evidence, moment: datetime) -> str | None:
        certificates = evidence.certificates | signer.certificates
        complete = Evidence(certificates, evidence.ocsp_responses, evidence.crls)
        return self._chains.standing(signer.party.certificate, purpose, complete, moment).unproven

    def _require_past(self, stamp: Timestamp) -> None:
        if stamp.at > self._now() + _CLOCK_SKEW:
            raise refused(f"the timestamp lies in the future: {stamp.at:%Y-%m-%d %H:%M} UTC")
