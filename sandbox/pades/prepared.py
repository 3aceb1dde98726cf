"""What lies between the two halves of a seal: the digest to sign, and the file with room for the answer."""

from dataclasses import dataclass, field

from sandbox.pades.dss import Catalogue
from sandbox.pades.revision import Tail


class NotSealable(Exception):
    """This document cannot carry a seal; `reason` says why, in words for its owner."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Room:
    """Where `/Contents` stands in the file: from its `<` up to and including its `>`."""

    start: int
    end: int

    @property
    def capacity(self) -> int:
        """How many bytes of CMS fit in, written as hexadecimal."""
        return (self.end - self.start - 2) // 2


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A PDF with an empty signature, waiting for the signature value over `digest`."""

    digest: bytes  # of the signed attributes: SHA-384 for a P-384 certificate, otherwise SHA-256
    signed_attributes: bytes = field(repr=False)  # DER, as hashed
    certificates: tuple[bytes, ...] = field(repr=False)  # DER, the signer's first: what the CMS will carry
    document: bytes = field(repr=False)
    room: Room
    tail: Tail = field(repr=False)
    catalogue: Catalogue = field(repr=False)
