"""The worker's verifier: strict, offline, and a few milliseconds for a document."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.seals import Expectation, Proof, Seal
from worker.verification import values
from worker.verification.chains import Chains
from worker.verification.inspected import ObservePath
from worker.verification.judgement import SealJudge

Locate = Callable[[Document], tuple[Path, Path]]
"""Where a document's original and its sealed file stand."""


class LocalVerifier:
    """Implements `jobs.ports.Verifier` with files on the shelf and the given trust anchors; never uses a network.

    `observe` is told how each file was read. Give it a `thread` of its own, for more would only wait for each other;
    whoever opened that also closes it.
    """

    def __init__(
        self,
        place: Locate,
        anchors: Iterable[x509.Certificate],
        now: Callable[[], datetime],
        thread: Executor | None = None,
        observe: ObservePath = lambda _: None,
    ) -> None:
        self._place = place
        self._chains = Chains(anchors)
        self._now = now
        self._thread = thread
        self._observe = observe

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        """Check each value against its own digest; returns them in the form finalize wants. Raises Permanent."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, values.verify_values, seal.certificate, signed)

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        """Check the sealed file on the shelf against what was approved. Raises Rejected."""
        _, path = self._place(document)
        judge = SealJudge(self._chains, self._now(), self._observe)
        return await asyncio.get_running_loop().run_in_executor(self._thread, judge.judge, path, document, expectation)
