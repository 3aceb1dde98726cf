"""Files and what is said to be the container that seals them: the worker's own judgement, without a ledger."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.digest import Digest
from jobs.model.documents import DataFile, Document
from jobs.model.names import RouteName, document_id
from jobs.model.seals import Proof
from worker.verification.asice.inspection import read_expectation
from worker.verification.chains import Chains
from worker.verification.judgement import SealJudge
from worker.verification.refusal import reading, require


def judge_container(
    originals: Sequence[Path], sealed: Path, *, anchors: Iterable[x509.Certificate], now: datetime
) -> Proof:
    """Say whether `sealed` holds exactly these files under one seal, and nothing else, as of `now`. Raises Rejected.

    Digest, signature value and certificate are those of the container itself; all else is what the worker asks
    before it delivers. Raises OSError where a file cannot be read.
    """
    document = _document(originals, now)
    with reading("the container"):
        expectation = read_expectation(sealed, document)
    return SealJudge(Chains(anchors), now).judge(sealed, document, expectation)


def _document(originals: Sequence[Path], now: datetime) -> Document:
    files = []
    for path in originals:
        size = path.stat().st_size
        require(size, f"{path.name} is empty, and nobody seals an empty file")
        with path.open("rb") as file:
            digest = Digest.of(hashlib.file_digest(file, "sha256").digest())
        files.append(DataFile(name=path.name, size=size, sha256=digest, media_type="application/octet-stream"))
    require(files, "there is no original to compare with")
    return Document(
        id=document_id(now, bytes(6)),
        route=RouteName("pair"),
        name="original",
        size=sum(one.size for one in files),
        sha256=files[0].sha256,
        data_files=tuple(files),
        received_at=now,
    )
