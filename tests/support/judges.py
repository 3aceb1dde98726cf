"""Two who judge a container, the worker and `zimogs verify`, and what they and libdigidocpp are asked about."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.seals import Proof
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.revocation import Revocation, RevocationReason, ocsp_response
from tests.support.asice import FILES
from tests.support.pki import NOON, the_authority, the_proofs, the_seal
from tests.support.xades import Recipe
from worker.audit import FileReport, audit
from worker.verification.asice.pair import judge_container

_AFTER = NOON + timedelta(days=3)


def write(folder: Path, content: bytes) -> Path:
    """The container in a file of the folder."""
    container = folder / "sealed.asice"
    container.write_bytes(content)
    return container


def judge(folder: Path, container: Path, files: Mapping[str, bytes] = FILES) -> Proof:
    """What the worker finds, whose originals are written into the folder. Raises Rejected."""
    originals = [folder / name for name in files]
    for path, content in zip(originals, files.values(), strict=True):
        path.write_bytes(content)
    return judge_container(originals, container, anchors=[the_authority().root.certificate], now=_AFTER)


def delivered(folder: Path, container: Path) -> str:
    """The level at which the worker delivers it, or why it does not."""
    try:
        return judge(folder, container).level_name
    except Rejected as refusal:
        return refusal.reason


def audited(container: Path) -> FileReport:
    """What `zimogs verify` says of it."""
    return asyncio.run(audit(container, [the_authority().root.certificate], _AFTER))


def an_answer_at(
    after: timedelta, *, responder: SigningIdentity | None = None, revocation: Revocation | None = None
) -> bytes:
    """An OCSP answer about the seal that is so much younger than its timestamp, by the responder unless told."""
    authority, number = the_authority(), the_seal().certificate.serial_number
    signer = responder or authority.responder
    return ocsp_response(signer, authority.issuing.certificate, number, NOON + after, revocation)


def revoked(after: timedelta) -> bytes:
    """An answer a day later, that the seal was revoked so long after the timestamp."""
    at = Revocation(NOON + after, RevocationReason.KEY_COMPROMISE)
    return an_answer_at(timedelta(days=1), revocation=at)


def answered(*after: timedelta) -> Recipe:
    """A seal with answers of the responder that are so much younger than its timestamp."""
    return proven_by(*map(an_answer_at, after))


def proven_by(*answers: bytes) -> Recipe:
    """A seal with these answers about it."""
    return Recipe(proofs=the_proofs(the_seal(), *answers))
