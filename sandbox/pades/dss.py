"""The document security store (ISO 32000-2 §12.8.4.3, ETSI EN 319 142-1 §5.4): proofs kept inside the file."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.pades.revision import PdfObject, Tail
from sandbox.pki import ValidationData


@dataclass(frozen=True, slots=True)
class EarlierStore:
    """What an earlier seal left in the store: references as written in its arrays, and its `/VRI` entry whole."""

    certificates: bytes = b""
    ocsp_responses: bytes = b""
    crls: bytes = b""
    vri: bytes = b""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The document catalogue: its entries as serialised, without brackets and without `/DSS`."""

    number: int
    generation: int
    entries: bytes
    earlier: EarlierStore

    def name_store(self, store_number: int) -> PdfObject:
        """Return the catalogue as it is once its store is written."""
        return PdfObject(self.number, self.generation, b"<<%b /DSS %d 0 R>>" % (self.entries, store_number))


def store_objects(catalogue: Catalogue, tail: Tail, proofs: ValidationData) -> list[PdfObject]:
    """Return the objects of one more revision: the catalogue, the store, and a stream for each proof."""
    number = tail.next_number
    first = number + 1
    certificates = _streams(first, proofs.certificates)
    responses = _streams(first + len(certificates), proofs.ocsp_responses)
    lists = _streams(first + len(certificates) + len(responses), proofs.crls)
    earlier = catalogue.earlier
    store = b"<</Type /DSS /Certs [%b] /OCSPs [%b] /CRLs [%b]%b>>" % (
        earlier.certificates + _references(certificates),
        earlier.ocsp_responses + _references(responses),
        earlier.crls + _references(lists),
        earlier.vri,
    )
    return [
        catalogue.name_store(number),
        PdfObject(number, 0, store),
        *certificates,
        *responses,
        *lists,
    ]


def _streams(first: int, contents: Sequence[bytes]) -> list[PdfObject]:
    return [
        PdfObject(number, 0, b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content))
        for number, content in enumerate(contents, first)
    ]


def _references(objects: Sequence[PdfObject]) -> bytes:
    return b" ".join(b"%d 0 R" % one.number for one in objects)
