"""The slow work on one PDF, done beside the event loop: preparing it for a seal, and sealing it.

Between the two a person is asked, which may take long. The prepared document waits on disk, never in memory.
"""

import pickle
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pades import finish, prepare, verifies
from sandbox.pki import Authority
from sandbox.signapi.sessions import Pending, StoredFile


class WrongValue(ValueError):
    """The signature value was not made over this digest with this certificate's key."""


def prepare_pdf(
    file: StoredFile, target: Path, certificate: x509.Certificate, authority: Authority, now: datetime
) -> Pending:
    """Prepare the file and leave it at `target`; raises `NotSealable` for what is no sound PDF."""
    certificate_der = certificate.public_bytes(Encoding.DER)
    prepared = prepare(file.path.read_bytes(), certificate_der, authority.chain, now)
    target.write_bytes(pickle.dumps(prepared))
    return Pending(prepared.digest, certificate, file.name, target)


def seal_pdf(
    pending: Pending, document_id: str, target: Path, value: bytes, *, authority: Authority, now: datetime
) -> StoredFile:
    """Write the sealed file to `target`; raises `WrongValue` unless the value fits digest and certificate."""
    if not verifies(pending.certificate, pending.digest, value):
        raise WrongValue
    prepared = pickle.loads(pending.path.read_bytes())  # noqa: S301 - it is read from where `prepare_pdf` wrote it
    sealed = finish(prepared, value, authority, pending.certificate, now)
    target.write_bytes(sealed)
    pending.path.unlink()
    return StoredFile(document_id, pending.name, len(sealed), target)
