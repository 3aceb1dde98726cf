"""A PAdES maker for tests, built on pyHanko's own writer, so that files do not all come from one hand."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from asn1crypto import cms, keys, tsp
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from jobs.digest import Digest, SignatureValue
from jobs.ports import Expectation
from sandbox.pki import Authority, ValidationData
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import hash_name_for

Stamp = Callable[[bytes, str], bytes]
"""Gives a token in DER over an imprint."""


class _Stamper(TimeStamper):
    def __init__(self, stamp: Stamp) -> None:
        super().__init__(include_nonce=False)
        self._stamp = stamp

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        imprint = req["message_imprint"]
        token = self._stamp(imprint["hashed_message"].native, imprint["hash_algorithm"]["algorithm"].native)
        return tsp.TimeStampResp(
            {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)},
        )


def stamped_by(authority: Authority, at: datetime) -> Stamp:
    """A stamp of that authority."""
    return lambda imprint, hash_name: authority.timestamp(imprint, hash_name, at).der


async def signed(
    pdf: bytes,
    seal: SigningIdentity,
    stamp: Stamp | None = None,
    *,
    field: str = "Seal",
    hash_name: str | None = None,
) -> bytes:
    """The PDF with one PAdES signature: B-T with a stamp, B-B without."""
    signer = SimpleSigner(
        Certificate.load(seal.certificate_der),
        keys.PrivateKeyInfo.load(seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        SimpleCertificateStore(),
    )
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=hash_name or hash_name_for(seal.certificate),
        subfilter=SigSeedSubFilter.PADES,
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    made = PdfSigner(metadata, signer, timestamper=_Stamper(stamp) if stamp else None)
    out: BytesIO = await made.async_sign_pdf(writer, bytes_reserved=16384)
    return out.getvalue()


def with_store(pdf: bytes, proofs: ValidationData) -> bytes:
    """The PDF with these proofs in its document security store, as one more revision."""
    stream = BytesIO(pdf)
    contents = PdfFileReader(stream, strict=False).embedded_signatures[-1].pkcs7_content
    DocumentSecurityStore.add_dss(
        stream,
        contents.hex().upper().encode(),
        certs=[Certificate.load(one) for one in proofs.certificates],
        ocsps=[_ocsp(one) for one in proofs.ocsp_responses],
        crls=[_crl(one) for one in proofs.crls],
        strict=False,
    )
    return stream.getvalue()


def expected_of(pdf: bytes, seal: SigningIdentity) -> Expectation:
    """What a person would have approved for the newest signature in this file."""
    info = PdfFileReader(BytesIO(pdf), strict=False).embedded_signatures[-1].signer_info
    attributes = info["signed_attrs"].untag().dump()
    digest = hashlib.new(info["digest_algorithm"]["algorithm"].native, attributes).digest()
    import base64

    return Expectation(
        digest=Digest.of(digest),
        value=SignatureValue.of(info["signature"].native),
        certificate=base64.b64encode(seal.certificate_der).decode(),
    )


def _ocsp(der: bytes) -> object:
    from asn1crypto import ocsp

    return ocsp.OCSPResponse.load(der)


def _crl(der: bytes) -> object:
    from asn1crypto import crl

    return crl.CertificateList.load(der)
