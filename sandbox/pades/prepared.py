"""What lies between the two halves of a seal: the digest to sign, and the file with a placeholder for the answer."""

from dataclasses import dataclass, field

from pydantic import ConfigDict, TypeAdapter, with_config

from sandbox.pades.dss import Catalogue
from sandbox.pades.placeholder import Placeholder
from sandbox.pades.revision import Tail
from sandbox.variants.signapi import PdfWriter


class NotSealable(Exception):
    """This document cannot carry a seal; `reason` says why, in words for its owner."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@with_config(ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
@dataclass(frozen=True, slots=True)
class EmptySignature:
    """What is known of a signature before its value: the digest it is to be made over, and where it will stand."""

    digest: bytes  # of the signed attributes: SHA-384 for a P-384 certificate, otherwise SHA-256
    signed_attributes: bytes = field(repr=False)  # DER, as hashed
    certificates: tuple[bytes, ...] = field(repr=False)  # DER, the signer's first: what the CMS will carry
    placeholder: Placeholder
    tail: Tail = field(repr=False)
    catalogue: Catalogue | None = field(repr=False)
    writer: PdfWriter = PdfWriter.PYHANKO  # whose hand goes on with the store


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A PDF with an empty signature, waiting for the signature value over its digest."""

    signature: EmptySignature
    document: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """The digest that the signer's key shall sign."""
        return self.signature.digest

    def to_bytes(self) -> bytes:
        """Return it for keeping: one line of JSON, and the document behind it."""
        return b"".join((SIGNATURES.dump_json(self.signature), b"\n", self.document))

    @classmethod
    def from_bytes(cls, kept: bytes) -> "PreparedPdf":
        """Read what `to_bytes` returned; raises `ValueError` for anything else."""
        line, _, document = kept.partition(b"\n")
        return cls(SIGNATURES.validate_json(line), document)


SIGNATURES = TypeAdapter(EmptySignature)
