"""What is remembered of a session over a restart: its record, written anew behind the earlier ones at each change."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from os import SEEK_END
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import AwareDatetime, ConfigDict, PlainSerializer, PlainValidator, TypeAdapter, with_config

from sandbox.encoding import decode_base64, encode_base64
from sandbox.signapi.files import SessionPath, Stored, StoredFile

RECORDS = "session.jsonl"


class SignatureForm(StrEnum):
    """What a signature is put into, as `signatureForm` of a validation report names it."""

    PADES = "PAdES"
    ASIC_E = "ASiC-E"


StoredCertificate = Annotated[
    x509.Certificate,
    PlainValidator(lambda text: x509.load_der_x509_certificate(decode_base64(text))),
    PlainSerializer(lambda certificate: encode_base64(certificate.public_bytes(Encoding.DER)), return_type=str),
]
"""A certificate, which a record holds as base64 of its DER."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A digest handed out and not yet finalized; the prepared document waits in `prepared`, as its form writes it."""

    form: SignatureForm
    digest: bytes
    certificate: StoredCertificate
    name: str  # of the file that will be sealed
    prepared: SessionPath

    @property
    def draft(self) -> Path:
        """Return where a container waits, complete but for its signature."""
        return self.prepared.with_suffix(".draft")

    def discard(self) -> None:
        """Remove what waited for the value, once the sealed file is held."""
        self.prepared.unlink()
        self.draft.unlink(missing_ok=True)


@with_config(ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session between two calls: whose it is, since when, what it holds, and which digest waits for its value."""

    client_id: str
    started_at: AwareDatetime
    files: tuple[Stored, ...] = ()
    pending: Pending | None = None
    sealed: StoredFile | None = None


RECORD = TypeAdapter(SessionRecord)


def begin_records(folder: Path, record: SessionRecord) -> None:
    """Write the first record in a session's folder."""
    (folder / RECORDS).write_bytes(b"\n" + RECORD.dump_json(record))


def keep_record(folder: Path, record: SessionRecord) -> None:
    """Write the record on a line of its own behind those before it, which is far cheaper than a new file.

    Raises `FileNotFoundError` where there are none: the session was closed, and must not come back.
    """
    with (folder / RECORDS).open("r+b", buffering=0) as records:
        records.seek(0, SEEK_END)
        # The line break comes first, so that a record that was cut short is ended by the next one.
        records.write(b"\n" + RECORD.dump_json(record))


def read_record(folder: Path) -> SessionRecord:
    """Return the last record in a session's folder that was written whole: a later one may have been cut short.

    Raises `OSError` or `ValueError` where there is none to be read.
    """
    for line in reversed((folder / RECORDS).read_bytes().split(b"\n")):
        with suppress(ValueError):
            return RECORD.validate_json(line, context=folder)
    raise ValueError("no record was written whole")
