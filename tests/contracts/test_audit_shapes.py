"""The second opinion over every shape that the worker's own judgement has a test for: neither stricter nor blind."""

from pathlib import Path

import pytest

from tests.contracts.test_verifier_shapes import REFUSED, TOLERATED
from tests.support.pki import NOON, the_authority
from worker.audit import AuditOutcome, FileReport, audit

# Bytes that no reader shows: the worker's judgement alone asks what they are for, and `--original` asks it too.
UNSEEN_BY_READERS = {
    "other-root",
    "object-written-twice",
    "object-that-nothing-refers-to",
    "object-stream-that-extends-another",
    "comment-that-looks-like-an-object",
    "string-that-looks-like-an-object",
    "number-beyond-the-size",
    "entry-of-the-trailer-added",
    "bytes-between-packed-objects",
    "object-listed-twice",
    "rank-of-another-object",
    "string-that-looks-like-a-trailer",
}


async def compared(folder: Path, original: bytes, content: bytes) -> FileReport:
    (folder / "original.pdf").write_bytes(original)
    (folder / "sealed.pdf").write_bytes(content)
    anchors, sources = [the_authority().root.certificate], [folder / "original.pdf"]
    return await audit(folder / "sealed.pdf", anchors, NOON, original=sources)


def faults(report: FileReport) -> list[str]:
    """What is wrong with the structure; the signatures in these files are stand-ins."""
    since = [one for seal in report.signatures for one in seal.sentences if "added" in one or "compared" in one]
    return [*report.sentences, *since]


@pytest.mark.parametrize("name", TOLERATED)
async def test_what_the_worker_tolerates_is_nothing_else_than_a_sealing(tmp_path: Path, name: str) -> None:
    assert faults(await compared(tmp_path, *TOLERATED[name]())) == []


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - UNSEEN_BY_READERS))
async def test_what_the_worker_refuses_is_something_else_than_a_sealing(tmp_path: Path, name: str) -> None:
    report = await compared(tmp_path, *REFUSED[name]())
    assert report.outcome in (AuditOutcome.ALTERED, AuditOutcome.CANNOT_TELL)
    assert faults(report) != []
