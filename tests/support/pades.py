"""A PAdES maker for tests, built on pyHanko's own writer, so that not all files come from one hand."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pikepdf
from asn1crypto import cms, crl, keys, ocsp, tsp
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

from jobs.model.digest import Digest, SignatureValue
from jobs.model.seals import Expectation
from sandbox.pki import Authority, ValidationData
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import hash_name_for
from sandbox.pki.timestamps import timestamp
from tests.support.pki import NOON, the_authority, the_proofs

Stamp = Callable[[bytes, str], bytes]
"""Gives a token in DER over an imprint made with the hash of that name."""

Change = Callable[[IncrementalPdfFileWriter], None]
"""What somebody does to a document in an incremental update."""


class _Stamper(TimeStamper):
    def __init__(self, stamp: Stamp) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call]
        self._stamp = stamp

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        imprint = req["message_imprint"]
        token = self._stamp(imprint["hashed_message"].native, imprint["hash_algorithm"]["algorithm"].native)
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)})


def an_original(*, packed: bool = False) -> bytes:
    """An invoice of one page with XMP metadata; packed, its objects lie in object streams (ISO 32000-1 §7.5.7)."""
    drawn, out = BytesIO(), BytesIO()
    canvas = Canvas(drawn, invariant=1)
    canvas.drawString(100, 700, "Invoice 1: 100.00 EUR")
    canvas.save()
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with pikepdf.open(drawn) as pdf:
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "Invoice 1"
        pdf.save(out, object_stream_mode=mode, deterministic_id=True)
    return out.getvalue()


def stamped_at(moment: datetime, authority: Authority | None = None) -> Stamp:
    """The stamp of the trusted authority, or of another."""
    return stamped_by((authority or the_authority()).timestamping, moment)


def stamped_by(unit: SigningIdentity, moment: datetime = NOON) -> Stamp:
    """The stamp of any identity."""
    return lambda imprint, hash_name: timestamp(unit, imprint, hash_name, moment).der


async def signed(
    pdf: bytes,
    seal: SigningIdentity,
    stamp: Stamp | None = None,
    *,
    field: str = "Seal",
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
    change: Change | None = None,
    hash_name: str | None = None,
    certify: MDPPerm | None = None,
) -> bytes:
    """The PDF with one more signature: B-T with a stamp, B-B without; `change` happens in the same revision.

    With `certify` it is a certification (ISO 32000-2, 12.8.2.2), which allows others that much.
    """
    signer = SimpleSigner(
        Certificate.load(seal.certificate_der),
        keys.PrivateKeyInfo.load(seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=hash_name or hash_name_for(seal.certificate),
        subfilter=subfilter,
        certify=certify is not None,
        docmdp_permissions=certify or MDPPerm.FILL_FORMS,
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    if change:
        change(writer)
    maker = PdfSigner(metadata, signer, timestamper=_Stamper(stamp) if stamp else None)
    out: BytesIO = await maker.async_sign_pdf(writer, bytes_reserved=16384)
    return out.getvalue()


def with_store(pdf: bytes, proofs: ValidationData) -> bytes:
    """The PDF with these proofs in its document security store, as one more revision."""
    stream = BytesIO(pdf)
    contents = PdfFileReader(stream, strict=False).embedded_signatures[-1].pkcs7_content
    DocumentSecurityStore.add_dss(
        stream,
        contents.hex().upper().encode(),
        certs=[Certificate.load(one) for one in proofs.certificates],
        ocsps=[ocsp.OCSPResponse.load(one) for one in proofs.ocsp_responses],
        crls=[crl.CertificateList.load(one) for one in proofs.crls],
        strict=False,
    )
    return stream.getvalue()


async def sealed(pdf: bytes, seal: SigningIdentity, *answers: bytes, field: str = "Seal") -> bytes:
    """The PDF sealed at level B-LT, as it should be; `answers` replace the usual OCSP response about the seal."""
    return with_store(await signed(pdf, seal, stamped_at(NOON), field=field), the_proofs(seal, *answers))


async def with_document_timestamp(pdf: bytes, stamp: Stamp) -> bytes:
    """The PDF with a document timestamp (B-LTA) behind everything."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    stamped = await PdfTimeStamper(_Stamper(stamp)).async_timestamp_pdf(writer, "sha256", bytes_reserved=16384)
    content: bytes = stamped.getvalue()
    return content


def changed(pdf: bytes, change: Change) -> bytes:
    """The PDF with one more revision in which somebody did that."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    change(writer)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def expected_of(pdf: bytes, seal: SigningIdentity) -> Expectation:
    """What a person would have approved for the newest seal in this file."""
    info = PdfFileReader(BytesIO(pdf), strict=False).embedded_regular_signatures[-1].signer_info
    attributes = info["signed_attrs"].untag().dump()
    return Expectation(
        digest=Digest.of(hashlib.new(info["digest_algorithm"]["algorithm"].native, attributes).digest()),
        value=SignatureValue.of(info["signature"].native),
        certificate=base64.b64encode(seal.certificate_der).decode(),
    )


def signatures_of(pdf: bytes) -> list[bytes]:
    """The CMS of each signature in this file, oldest first."""
    return [one.pkcs7_content for one in PdfFileReader(BytesIO(pdf), strict=False).embedded_signatures]
