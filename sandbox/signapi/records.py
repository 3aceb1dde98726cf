"""What is remembered of a session over a restart: one small JSON file in its folder, always whole."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import AwareDatetime, ConfigDict, PlainSerializer, PlainValidator, TypeAdapter, with_config

from sandbox.encoding import decoded, encoded
from sandbox.signapi.files import Kept, Stored, StoredFile

RECORD = "session.json"


class SignatureForm(StrEnum):
    """What a signature is put into, as `signatureForm` of a validation report names it."""

    PADES = "PAdES"
    ASIC_E = "ASiC-E"


def _written(certificate: x509.Certificate) -> str:
    return encoded(certificate.public_bytes(Encoding.DER))


def _read(text: Any) -> x509.Certificate:
    return x509.load_der_x509_certificate(decoded(text))


Certificate = Annotated[x509.Certificate, PlainValidator(_read), PlainSerializer(_written, return_type=str)]


@dataclass(frozen=True, slots=True)
class Pending:
    """A digest handed out and not yet finalized; the prepared document waits in `prepared`, as its form writes it."""

    form: SignatureForm
    digest: bytes
    certificate: Certificate
    name: str  # of the file that will be sealed
    prepared: Kept


@with_config(ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session between two calls: whose it is, since when, what it holds, and which digest waits for its value."""

    client_id: str
    started_at: AwareDatetime
    files: tuple[Stored, ...] = ()
    pending: Pending | None = None
    sealed: StoredFile | None = None


RECORDS = TypeAdapter(SessionRecord)


def keep_record(folder: Path, record: SessionRecord) -> None:
    """Write the session's record aside and put it in the place of the one before, so that it is never half there."""
    draft = folder / f"{RECORD}.draft"
    draft.write_bytes(RECORDS.dump_json(record))
    draft.replace(folder / RECORD)


def read_record(folder: Path) -> SessionRecord:
    """Return the record kept in a session's folder; raises `OSError` or `ValueError` where there is none to be read."""
    return RECORDS.validate_json((folder / RECORD).read_bytes(), context=folder)
