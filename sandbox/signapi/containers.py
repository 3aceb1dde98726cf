"""The slow work on one container, done beside the event loop: preparing it for a seal, and sealing it.

Between the two the container waits on disk, complete but for its signature, beside the prepared signature file.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from shutil import copyfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.asice import (
    Document,
    NotAContainer,
    PreparedSignature,
    append_signature,
    finish,
    hash_document,
    media_type_of,
    prepare,
    read_container,
    write_container,
)
from sandbox.pki import Authority, verifies
from sandbox.signapi.files import IncludedDocument, Stored, StoredFile, StoredHash
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.signapi.sealing import HONEST, Hand, WrongValue
from sandbox.weather.hostile_container import claim_for, substitute

EDOC, ASICE = ".edoc", ".asice"


def is_container(file: Stored) -> bool:
    """Say whether the vendor takes this file for a container: its name decides (vendor §4.3)."""
    return isinstance(file, StoredFile) and file.name.lower().endswith((EDOC, ASICE))


def rename_to_asice(file: StoredFile) -> StoredFile:
    """Return an `.edoc` under the name that ends with `.asice`, and every other file as it is (vendor §4.5)."""
    stem, ending = file.name[: -len(EDOC)], file.name[-len(EDOC) :]
    return replace(file, name=stem + ASICE) if ending.lower() == EDOC else file


def list_included(path: Path) -> tuple[IncludedDocument, ...]:
    """Return what the container at this path includes; nothing where it is no sound container."""
    try:
        container = read_container(path)
    except NotAContainer:
        # It is stored all the same; calculating its digest is what fails.
        return ()
    held = [IncludedDocument(token_hex(16), name, size) for name, size in container.documents.items()]
    return (*held, *(IncludedDocument(token_hex(16), name, 0, "hash") for name in container.absent))


def wrap(
    files: Sequence[Stored],
    target: Path,
    certificate: x509.Certificate,
    authority: Authority,
    now: datetime,
    *,
    hand: Hand = HONEST,
) -> Pending:
    """Prepare a new container around these files and hashes; raises `UnfitDocument` where that cannot be."""
    sources = {file.name: file.path for file in files if isinstance(file, StoredFile)}
    documents = [
        Document(file.name, file.sha256, media_type_of(file.name))
        if isinstance(file, StoredHash)
        else hash_document(file.name, file.path)
        for file in files
    ]
    documents, sources = substitute(hand.act, documents, sources, target)
    index = max((file.signature_index for file in files if isinstance(file, StoredHash)), default=0)
    claim = claim_for(hand.act)
    der, writer = _der(certificate), hand.container_writer
    signature = prepare(documents, der, authority.chain, now, number=index, claim=claim, writer=writer)
    name = PurePosixPath(files[0].name).stem + EDOC
    pending = Pending(SignatureForm.ASIC_E, signature.digest, certificate, name, target)
    write_container(pending.draft, documents, sources, now, writer=hand.container_writer)
    target.write_bytes(signature.to_bytes())
    return pending


def extend(
    file: StoredFile,
    target: Path,
    certificate: x509.Certificate,
    authority: Authority,
    now: datetime,
    *,
    hand: Hand = HONEST,
) -> Pending:
    """Prepare one more signature in an uploaded container; raises `NotAContainer` or `UnfitDocument`."""
    container = read_container(file.path)
    documents = container.hash_documents()
    number, claim, writer = container.next_number, claim_for(hand.act), hand.container_writer
    der = _der(certificate)
    signature = prepare(documents, der, authority.chain, now, number=number, claim=claim, writer=writer)
    pending = Pending(SignatureForm.ASIC_E, signature.digest, certificate, file.name, target)
    copyfile(file.path, pending.draft)
    target.write_bytes(signature.to_bytes())
    return pending


def seal_container(
    pending: Pending, document_id: str, target: Path, value: bytes, *, authority: Authority, now: datetime
) -> StoredFile:
    """Leave the sealed container at `target`; raises `WrongValue` unless the value fits digest and certificate."""
    if not verifies(pending.certificate, pending.digest, value):
        raise WrongValue
    signature = PreparedSignature.from_bytes(pending.prepared.read_bytes())
    xml = finish(signature, value, authority, pending.certificate, now)
    # The draft stays as it is until the session holds the sealed file, so that after a crash this can be done again.
    copyfile(pending.draft, target)
    append_signature(target, signature.number, xml, now, writer=signature.writer)
    return StoredFile(document_id, pending.name, target.stat().st_size, target, list_included(target))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
