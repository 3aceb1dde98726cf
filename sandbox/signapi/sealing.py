"""The slow work on one PDF, done beside the event loop: preparing it for a seal, and sealing it.

Between the two a person is asked, which may take long. The prepared document waits on disk, never in memory.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pades import PreparedPdf, finish, prepare, verifies
from sandbox.pki import Authority
from sandbox.signapi.files import StoredFile
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.variants.signapi import ContainerWriter, PdfWriter
from sandbox.weather.acts import HostileAct
from sandbox.weather.hostile_pdf import change_for


class WrongValue(ValueError):
    """The signature value was not made over this digest with this certificate's key."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes: with which library's habits, and with which hostile act, if any."""

    writer: PdfWriter
    act: HostileAct | None = None
    container_writer: ContainerWriter = ContainerWriter.BASELINE


HONEST = Hand(PdfWriter.PYHANKO)


def prepare_pdf(
    file: StoredFile,
    target: Path,
    certificate: x509.Certificate,
    authority: Authority,
    now: datetime,
    *,
    hand: Hand = HONEST,
) -> Pending:
    """Prepare the file and leave it at `target`; raises `NotSealable` for what is no sound PDF."""
    document, der = file.path.read_bytes(), certificate.public_bytes(Encoding.DER)
    prepared = prepare(document, der, authority.chain, now, writer=hand.writer, change=change_for(hand.act))
    target.write_bytes(prepared.to_bytes())
    return Pending(SignatureForm.PADES, prepared.digest, certificate, file.name, target)


def seal_pdf(
    pending: Pending, document_id: str, target: Path, value: bytes, *, authority: Authority, now: datetime
) -> StoredFile:
    """Write the sealed file to `target`; raises `WrongValue` unless the value fits digest and certificate."""
    if not verifies(pending.certificate, pending.digest, value):
        raise WrongValue
    prepared = PreparedPdf.from_bytes(pending.prepared.read_bytes())
    sealed = finish(prepared, value, authority, pending.certificate, now)
    target.write_bytes(sealed)
    return StoredFile(document_id, pending.name, len(sealed), target)
