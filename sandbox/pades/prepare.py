"""The first half of a seal: an empty signature in the file, and the digest that its key shall sign."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pades.original import planned
from sandbox.pades.prepared import EmptySignature, PreparedPdf, Room
from sandbox.pades.revision import PdfObject, Revision, revision
from sandbox.pki.cms import DATA, signer_of
from sandbox.pki.keys import hashed

CONTENTS_BYTES = 8192  # a CMS with chain and timestamp takes about 5,000; fixed, so that nothing is asked to find out
EMPTY = b"<%b>" % (b"00" * CONTENTS_BYTES)
BYTE_RANGE = b"[0 %010d %010d %010d]"  # always as wide, so that it can be filled in last
UNKNOWN_RANGE = BYTE_RANGE % (0, 0, 0)


def prepare(document: bytes, certificate_der: bytes, chain: Sequence[x509.Certificate], now: datetime) -> PreparedPdf:
    """Return the document with an empty PAdES signature, and the digest of its signed attributes.

    `chain` holds the certificates above the signer's; a self-signed one is left out of the file. Raises `NotSealable`
    for what is no PDF, encrypted, damaged or certified against changes, and `ValueError` for a bad certificate.
    """
    signer = signer_of(_parsed(certificate_der))
    plan = planned(document)
    signature = PdfObject(plan.signature_number, 0, _signature_dictionary(now))
    update = revision(plan.tail, [*plan.objects, signature])
    sealed, room = _with_byte_range(document, update, signature)
    attributes = signer.signed_attributes(DATA, hashed(signer.hash_name, sealed[: room.start], sealed[room.end :]))
    empty = EmptySignature(
        digest=hashed(signer.hash_name, attributes),
        signed_attributes=attributes,
        certificates=(signer.certificate_der, *_intermediates(tuple(chain))),
        room=room,
        tail=update.tail,
        catalogue=plan.catalogue,
    )
    return PreparedPdf(empty, sealed)


@lru_cache(maxsize=1024)
def _parsed(certificate_der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate_der)


@lru_cache(maxsize=64)
def _intermediates(chain: tuple[x509.Certificate, ...]) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in chain if one.subject != one.issuer)


def _signature_dictionary(now: datetime) -> bytes:
    """Return the signature dictionary of PAdES (ETSI EN 319 142-1 §5.3): the claimed signing time stands in `/M`."""
    return (
        b"<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%bZ) /ByteRange %b /Contents %b>>"
        % (
            now.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode("ascii"),
            UNKNOWN_RANGE,
            EMPTY,
        )
    )


def _with_byte_range(document: bytes, update: Revision, signature: PdfObject) -> tuple[bytes, Room]:
    """Fill in which bytes are signed: all of the file but the `/Contents` value itself (ISO 32000-1 §12.8.1)."""
    begin = update.appended.index(EMPTY, update.offsets[signature.number] - len(document))
    room = Room(len(document) + begin, len(document) + begin + len(EMPTY))
    spoken_for = BYTE_RANGE % (room.start, room.end, update.tail.length - room.end)
    before, _, after = update.appended.rpartition(UNKNOWN_RANGE)
    return b"".join((document, before, spoken_for, after)), room
