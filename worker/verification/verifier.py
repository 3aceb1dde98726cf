"""The worker's verifier: strict, offline, and a few milliseconds for a document."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, SealFormat, SealLevel
from jobs.model.errors import Rejected
from jobs.model.levels import Level
from jobs.model.seals import Expectation, Proof, Seal
from worker.verification import values
from worker.verification.asice.inspection import inspect as inspect_container
from worker.verification.assessor import Assessor
from worker.verification.chains import Chains
from worker.verification.inspected import Inspected
from worker.verification.pades.inspection import inspect as inspect_pdf
from worker.verification.refusal import refused, require

Place = Callable[[Document], tuple[Path, Path]]
"""Where a document's original and its sealed file stand."""


_INSPECT: dict[SealFormat, Callable[[Path, Document, Expectation], Inspected]] = {
    SealFormat.PDF: inspect_pdf,
    SealFormat.EDOC: inspect_container,
}


class LocalVerifier:
    """Implements `jobs.ports.Verifier` with files on the shelf and the given trust anchors; never uses a network.

    Give it a `thread` of its own, for more would only wait for each other; whoever opened that also closes it.
    """

    def __init__(
        self,
        place: Place,
        anchors: Iterable[x509.Certificate],
        now: Callable[[], datetime],
        thread: Executor | None = None,
    ) -> None:
        self._place = place
        self._chains = Chains(anchors)
        self._now = now
        self._thread = thread

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        """Check each value against its own digest; returns them in the form finalize wants. Raises Permanent."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, values.verified, seal.certificate, signed)

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        """Check the sealed file on the shelf against what was approved. Raises Rejected."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._sealed, document, expectation)

    def _sealed(self, document: Document, expectation: Expectation) -> Proof:
        _, path = self._place(document)
        try:
            return self._proof(_INSPECT[expectation.profile.format](path, document, expectation))
        except (Rejected, OSError, MemoryError):
            raise
        except Exception as error:
            # A parser may stumble in any way over a hostile file; whatever it was, the file is not verified.
            raise refused(f"the sealed file cannot be understood: {error!r}") from error

    def _proof(self, found: Inspected) -> Proof:
        level, why = Assessor(self._chains, self._now()).level(found)
        require(level.reaches(Level.LT), f"the seal is only {level.of(found.form)}, B-LT is required: {why}")
        return Proof(
            sha256=found.whole,
            size=found.size,
            level=level.of(found.form),
            reached=SealLevel.LTA if level is Level.LTA else SealLevel.LT,
            sealed_at=found.timestamp.at if found.timestamp else self._now(),
        )
