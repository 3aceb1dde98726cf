"""The first half of a seal: an empty signature in the file, and the digest that its key shall sign."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pades.placeholder import TO_BE_FILLED, leave_placeholder
from sandbox.pades.prepared import EmptySignature, PreparedPdf
from sandbox.pades.revision import PdfObject
from sandbox.pades.writer import RevisionPlan
from sandbox.pades.writers import WRITERS
from sandbox.pki.cms import DATA, signer_of
from sandbox.pki.keys import compute_hash
from sandbox.variants.signapi import PdfWriter

FIELD = "Seal"

Change = Callable[[bytes, RevisionPlan], RevisionPlan]
"""What a hand that is not honest does to the plan for this document before it is written."""


def prepare(
    document: bytes,
    certificate_der: bytes,
    chain: Sequence[x509.Certificate],
    now: datetime,
    *,
    writer: PdfWriter = PdfWriter.PYHANKO,
    change: Change | None = None,
) -> PreparedPdf:
    """Return the document with an empty PAdES signature, and the digest of its signed attributes.

    `chain` holds the certificates above the signer's; a self-signed one is left out of the file. Raises `NotSealable`
    for what is no PDF, encrypted, damaged or certified against changes, and `ValueError` for a bad certificate.
    """
    signer = signer_of(_parse(certificate_der))
    plan = WRITERS[writer].plan(document, FIELD, now)
    if change:
        plan = change(document, plan)
    signature = PdfObject(plan.signature_number, 0, _signature_dictionary(now))
    update = plan.lay_out([*plan.objects, signature])
    sealed, placeholder = leave_placeholder(document, update, signature)
    attributes = signer.signed_attributes(DATA, compute_hash(signer.hash_name, *placeholder.around(sealed)))
    empty = EmptySignature(
        digest=compute_hash(signer.hash_name, attributes),
        signed_attributes=attributes,
        certificates=(signer.certificate_der, *_intermediates(tuple(chain))),
        placeholder=placeholder,
        writer=writer,
        tail=update.tail,
        catalogue=plan.catalogue,
    )
    return PreparedPdf(empty, sealed)


@lru_cache(maxsize=1024)
def _parse(certificate_der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate_der)


@lru_cache(maxsize=64)
def _intermediates(chain: tuple[x509.Certificate, ...]) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in chain if one.subject != one.issuer)


def _signature_dictionary(now: datetime) -> bytes:
    """Return the signature dictionary of PAdES (ETSI EN 319 142-1 §5.3): the claimed signing time stands in `/M`."""
    claimed = now.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode("ascii")
    kind = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
    return b"<<%b /M (D:%bZ) %b>>" % (kind, claimed, TO_BE_FILLED)
