"""One original and what is said to be its sealing: the worker's own judgement, for somebody who has no ledger."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile
from jobs.model.names import RouteName, document_id
from jobs.model.seals import Expectation, Proof
from worker.verification.chains import Chains
from worker.verification.inspected import ObservePath
from worker.verification.judgement import SealJudge
from worker.verification.pades.inspection import read_expectation
from worker.verification.pades.judging import judge_structure
from worker.verification.pades.structure import opened
from worker.verification.refusal import reading, require


def judge_pair(
    original: Path, sealed: Path, *, anchors: Iterable[x509.Certificate], now: datetime, visible: bool = False
) -> Proof:
    """Say whether `sealed` is the sealing of the PDF `original` and nothing else, as of `now`. Raises Rejected.

    Digest, signature value and certificate are those of the file itself; all else is what the worker asks
    before it delivers. Raises OSError where a file cannot be read. Runs an event loop of its own: call it in a thread.
    """
    return SealJudge(Chains(anchors), now).judge(sealed, *pair_of(original, sealed, now, Profile(visible=visible)))


def pair_of(original: Path, sealed: Path, now: datetime, profile: Profile) -> tuple[Document, Expectation]:
    """What the ledger would know of a pair, by the files' own word. Raises Rejected and OSError."""
    with original.open("rb") as file:
        digest = Digest.of(hashlib.file_digest(file, "sha256").digest())
    document = Document(
        id=document_id(now, bytes(6)),
        route=RouteName("pair"),
        name="original.pdf",
        size=original.stat().st_size,
        sha256=digest,
        received_at=now,
    )
    with reading("the sealed file"):
        return document, read_expectation(sealed, document.size, profile)


def judge_revisions(
    original: Path, sealed: Path, *, visible: bool = False, observe: ObservePath = lambda _: None
) -> None:
    """Say whether what was appended to the PDF `original` is a sealing in form, whatever its cryptography is worth.

    Raises Rejected, and OSError where a file cannot be read.
    """
    before = original.read_bytes()
    with opened(sealed, len(before)) as file:
        require(file.head[:] == before, "the sealed file does not begin with the original")
        judge_structure(file, Profile(visible=visible), observe)
